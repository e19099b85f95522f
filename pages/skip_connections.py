"""Skip connections: why very deep networks can be trained."""

import streamlit as st

from core.concepts import residual
from pages.components.frame import question
from pages.components.learn import frame as learn
from pages.components.learn import skips as learn_skips

PAGE = {"group": "Learn", "title": "Skip connections", "order": 7}

opened = learn.begin(
    "Skip connections",
    "A plain and a residual network of the same depth, on patches of this micrograph: what "
    "gradients reach the first layers, how both learn, and what one block is worth.",
)
learn_skips.lesson(opened)
learn.formulas(
    r"y = x + F(x)",
    r"\frac{\partial L}{\partial x} = "
    r"\frac{\partial L}{\partial y}\left(1 + \frac{\partial F}{\partial x}\right)",
)
st.markdown(
    "**The vanishing gradient**: in a plain network each layer multiplies the gradient, so it "
    "shrinks, or grows, with depth; batch norm or a careful start keeps its size in hand. "
    "**Degradation**, which He et al. answered, is another thing: with batch norm, a plain network "
    "of 56 layers has a higher *training* error than one of 20. A residual block has only to learn "
    "a correction; with a branch of zeros it is the identity, exactly:"
)
learn.check(residual.snippet())
question.predict(
    "skips",
    question.Question(
        "The branch of a residual block is all zeros. By how much does its output differ from its "
        "input, both not negative?",
        truth="not at all",
        choices=("not at all", "by rounding", "it depends on the input"),
        why="x + 0 = x, bit for bit, so a deeper network can always do what a shallower one does.",
    ),
)
learn.end(
    "Skip connections",
    "He et al. 2016, arXiv:1512.03385; blocks taken out: Veit et al. 2016, arXiv:1605.06431",
)

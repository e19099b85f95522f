"""Skip connections: why very deep networks can be trained."""

import streamlit as st

from core.concepts import residual
from pages.components.frame import question
from pages.components.learn import frame as learn
from pages.components.learn import skips as learn_skips

PAGE = {"group": "Learn", "title": "Skip connections", "order": 7}

opened = learn.begin(
    "Skip connections",
    "A plain and a residual network of the same depth, on patches of this micrograph: how large "
    "the gradients of the first layers are, how both networks train, and what one block is worth.",
    why="Networks that segment micrographs are dozens of layers deep. Skip connections are what "
    "makes such depth trainable.",
)
learn_skips.lesson(opened)
learn.formulas(
    r"y = x + F(x)",
    r"\frac{\partial L}{\partial x} = "
    r"\frac{\partial L}{\partial y}\left(1 + \frac{\partial F}{\partial x}\right)",
)
st.markdown(
    "**Vanishing and exploding gradients**: in a plain network each layer multiplies the gradient, "
    "so it shrinks or grows with depth. A careful initialization (He et al. 2015) keeps its size. "
    "Batch norm keeps the size of the *signal*; at initialization it makes the gradients of a deep "
    "plain network explode (Yang et al. 2019), as the chart above shows when it is switched on. "
    "**Degradation**, the problem that residual networks address, is something else: trained with "
    "batch norm, a plain network of 56 layers has a higher *training* error than one of 20. A "
    "residual block only has to learn a correction; with a branch of zeros it is exactly the "
    "identity, so more depth need not hurt. It still can: He et al.'s network of 1,202 layers had "
    "a higher test error than the one of 110."
)
learn.check(residual.snippet())
question.predict(
    "skips",
    question.Question(
        "The branch of a residual block is all zeros. By how much does its output differ from its "
        "input, both not negative?",
        truth="not at all",
        choices=("not at all", "by rounding", "it depends on the input"),
        why="x + 0 = x, bit for bit: a deeper residual network can represent what a shallower one "
        "does. Whether training finds that is another question.",
    ),
)
learn.end(
    "Skip connections",
    "He et al. 2016, arXiv:1512.03385; batch norm at initialization: Yang et al. 2019, "
    "arXiv:1902.08129; removing blocks: Veit et al. 2016, arXiv:1605.06431",
)

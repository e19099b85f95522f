"""Skip connections: why very deep networks can be trained."""

import streamlit as st

from core.concepts.depth import residual
from pages.components.frame import question
from pages.components.learn import depths as learn_depths
from pages.components.learn import frame as learn
from pages.components.learn import skips as learn_skips

PAGE = {"group": "Learn", "title": "Skip connections", "order": 7}
TOPICS = {
    "Plain or residual": learn_skips.block,
    "Train them": learn_skips.train,
    "Hundreds of layers": learn_depths.hundreds,
    "U-Net": learn_depths.unet,
    "Gradients": learn_skips.gradients,
}

opened = learn.begin(
    "Skip connections",
    "The residual block, what its skip does for training with 20, 56 and 1,202 layers, and the "
    "skips of a U-Net.",
    why="Networks that segment micrographs are dozens of layers deep. Skip connections make such "
    "depth trainable.",
)
topic = st.segmented_control(
    "Topic",
    list(TOPICS),
    default="Plain or residual",
    required=True,
    key="skips_topic",
    bind="query-params",
    label_visibility="collapsed",
)
TOPICS[topic](opened)
question.predict(
    "skips",
    question.Question(
        "All weights in the branch of a residual block are zero. By how much does its output "
        "differ from its input, if the input is not negative?",
        truth="not at all",
        choices=("not at all", "by rounding errors", "it depends on the input"),
        why="x + 0 = x, bit for bit: a deeper residual network can represent whatever a shallower "
        "one can. Whether training finds it is another question.",
    ),
)
with learn.check_yourself():
    learn.formulas(
        r"y = x + F(x)",
        r"\frac{\partial L}{\partial x} = "
        r"\frac{\partial L}{\partial y}\left(1 + \frac{\partial F}{\partial x}\right)",
    )
    st.caption(
        "x: input of the block. F(x): output of its two convolutions. y: output of the block, "
        "before the last ReLU. L: the loss. The 1 comes from the skip: it passes the gradient on "
        "unchanged, whatever F does."
    )
    learn.lines(residual.snippet())
learn.end(
    "Skip connections",
    "He et al. 2016, arXiv:1512.03385; batch norm at initialization: Yang et al. 2019, "
    "arXiv:1902.08129; removing blocks: Veit et al. 2016, arXiv:1605.06431",
)

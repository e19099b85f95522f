"""Sharing: one kernel for all positions, and so the feature map moves with the image."""

import streamlit as st

from pages.components.frame import question
from pages.components.frame.question import Question
from pages.components.learn import frame as learn
from pages.components.learn import sharing as learn_sharing

PAGE = {"group": "Learn", "title": "Sharing", "order": 3}

opened = learn.begin(
    "Sharing",
    "One kernel is applied everywhere in the image: few weights, and the feature map moves with "
    "the image.",
    why="A grain boundary looks the same wherever it lies: what a network learns in one corner "
    "of a micrograph should hold in every other.",
    has_picture=False,
)
image = learn.middle(opened)

learn_sharing.shift(opened, image)

st.subheader("The layer as a matrix")
learn_sharing.matrix(image)

st.subheader("The trained network")
learn_sharing.network(opened)

question.predict(
    "share_predict",
    Question(
        "Max pooling the line 0 0 1 1 0 0 1 1 in pairs gives 0 1 0 1. The line is shifted to the "
        "right by one pixel, and what leaves it at the end returns at the beginning. What does max "
        "pooling give now?",
        truth="1 1 1 1",
        why="The pairs are now 1 0, 0 1, 1 0 and 0 1: each contains a one. The pattern is gone.",
        choices=("0 1 0 1", "1 0 1 0", "1 1 1 1", "0 0 0 0"),
    ),
)
learn.end(
    "Sharing", "Zhang 2019, Making convolutional networks shift-invariant again, arXiv:1904.11486"
)

"""Sharing: one kernel for all places, and so the feature map moves with the image."""

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
    why="A grain boundary looks like one wherever it lies: what a network has learned in one "
    "corner of a micrograph should hold in every other.",
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
        "Max pooling of 2 on the line 0 0 1 1 0 0 1 1 gives 0 1 0 1. The line moves by one pixel "
        "to the right, around the end. What does max pooling give now?",
        truth="1 1 1 1",
        why="The pairs are now 1 0, 0 1, 1 0 and 0 1: each holds a one. The pattern is gone.",
        choices=("0 1 0 1", "1 0 1 0", "1 1 1 1", "0 0 0 0"),
    ),
)
learn.end(
    "Sharing", "Zhang 2019, Making convolutional networks shift-invariant again, arXiv:1904.11486"
)

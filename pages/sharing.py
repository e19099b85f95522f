"""Sharing: one kernel for all places, and so the feature map moves with the image."""

import streamlit as st

from core.concepts.equivariance import pooling_snippet
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
)
image = learn.middle(opened)

st.subheader("The layer as a matrix")
learn_sharing.matrix(image)

st.subheader("Shift the micrograph")
learn.formulas(r"\text{equivariant: } f(T\,x) = T\,f(x)", r"\text{invariant: } f(T\,x)=f(x)")
learn_sharing.shift(opened, image)
st.markdown(
    "Zero padding breaks equivariance, and so does every stride above 1; pooling breaks it through "
    "its stride, not through the maximum or the mean. Blurring before subsampling restores a part: "
    "Zhang measured that the predictions of ResNet-18 for two shifts of an ImageNet image then "
    "agree in 88.3 % of the cases instead of 85.1 %, about a fifth of what was missing to 100 %."
)
learn.check(pooling_snippet())

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

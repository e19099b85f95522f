"""The image problem: why an image is too much for fully connected layers."""

import streamlit as st

from pages.components.frame import question
from pages.components.frame.memory import Opened
from pages.components.frame.question import Question
from pages.components.learn import frame as learn
from pages.components.learn import image_problem as learn_image_problem
from pages.components.learn import link as learn_link

PAGE = {"group": "Learn", "title": "The image problem", "order": 1}


@learn_link.part
def snapshots(opened: Opened) -> None:
    """Draw what an MLP and a CNN make of shuffled and of shifted snapshots."""
    st.subheader("No neighbours")
    learn_image_problem.structure()
    st.subheader("No invariance")
    learn_image_problem.invariance(learn.middle(opened))


opened = learn.begin(
    "The image problem",
    "A fully connected layer reads an image as a list: too many weights, no neighbours, no "
    "invariance.",
    why="A micrograph has a million pixels or more. How the first layer of a network reads them "
    "decides whether the network can learn from it at all.",
)

st.subheader("Too many weights")
learn_image_problem.memory()

question.predict(
    "image_predict",
    Question(
        "The width and the height of an image double. By what factor does the number of weights "
        "of a fully connected layer grow?",
        truth=4,
        why="Every unit has one weight per pixel, and there are four times as many pixels. A "
        "convolution needs no additional weight.",
        low=0,
        high=16,
    ),
)

snapshots(opened)

learn.end(
    "The image problem",
    "LeCun et al. 1998, doi:10.1109/5.726791; snapshots to train on: MDS-2 of mdsdata, Sandfeld "
    "and Bompas, MIT",
)

"""Receptive field: which part of the micrograph one unit of a layer can see."""

import streamlit as st

from pages.components.frame import question
from pages.components.learn import fields as learn_fields
from pages.components.learn import frame as learn

PAGE = {"group": "Learn", "title": "Receptive field", "order": 5}

opened = learn.begin(
    "Receptive field",
    "What one unit can see of the image: build a stack of layers, click a pixel, and compare the "
    "field with the structures that the unit should recognize.",
    why="A network can tell a particle from a pore only by what its units see, so their field "
    "of view has to be as large as the structures in your micrograph.",
    has_picture=False,
)
learn_fields.explorer(opened)
st.caption(
    "The receptive field is the largest area that can matter; most of the influence comes from "
    "near its centre."
)
question.predict(
    "field",
    question.Question(
        "One 7 × 7 convolution has 49 weights. How many 3 × 3 convolutions in a row see the same "
        "7 × 7 px?",
        truth=3,
        why="Each adds 2 px: 3, 5, 7. Together they have 27 weights, and two more nonlinearities: "
        "the idea behind VGG. Build it above.",
    ),
)
learn.end("Receptive field", "Araujo, Norris and Sim 2019, doi 10.23915/distill.00021")

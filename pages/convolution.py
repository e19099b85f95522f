"""Convolution: a small kernel slides over the micrograph, and a feature map comes out."""

import streamlit as st

from core.concepts.convolution.convolution import feature_map
from pages.components.frame import question
from pages.components.frame.memory import Opened
from pages.components.frame.question import Question
from pages.components.learn import convolution as learn_convolution
from pages.components.learn import frame as learn
from pages.components.learn import link as learn_link
from pages.components.learn.convolution_topics import TOPICS

PAGE = {"group": "Learn", "title": "Convolution", "order": 2}


@learn_link.part
def stage(opened: Opened) -> None:
    """Draw the kernel at work, the whole feature map, and all that follows from them."""
    image = learn.middle(opened)
    wanted = learn_convolution.controls()
    walk = learn.last_good(
        f"convolution_{image.shape}",
        lambda: learn_convolution.usable(image, wanted()),
        learn_convolution.first_walk,
    )
    found = feature_map(image, walk)
    place = learn_convolution.patch_place(opened, image)
    chosen = learn_convolution.sliding(opened, image, walk, found, place)
    learn_convolution.whole(opened, image, walk, found, place)
    fold = st.container()
    st.subheader("Look closer")
    topic = st.segmented_control(
        "Look closer",
        list(TOPICS),
        default="Output size",
        required=True,
        key="conv_topic",
        bind="query-params",
        label_visibility="collapsed",
    )
    TOPICS[topic](opened, image, walk)
    with fold:
        # Last, so that torch's slow first import does not hold up the page.
        learn_convolution.verified(image, walk, found, chosen)


stage(
    learn.begin(
        "Convolution",
        "A small kernel slides over the micrograph; each position yields one pixel of a feature "
        "map.",
        why="The rim of a particle, a grain boundary, a lattice fringe: each is a small pattern of "
        "grey levels, and a convolution responds wherever the micrograph resembles its kernel.",
        has_picture=False,
    )
)
question.predict(
    "conv_predict",
    Question(
        "Image 32 px, kernel 5 px, stride 2, no padding: how many outputs along a side?",
        truth=14,
        why="(32 - 5) / 2 = 13.5, rounded down to 13, plus 1 for the first position. The kernel "
        "stops one pixel short of the edge, so the last row and column are never read.",
        high=32,
    ),
)
learn.end("Convolution", "Dumoulin and Visin 2016, arXiv:1603.07285")

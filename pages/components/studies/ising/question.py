"""The Ising study, step 2: the question, and how far one number with physics in it goes."""

from __future__ import annotations

import streamlit as st

from pages.components.frame import question, screen
from pages.components.frame.page_link import PageLink
from pages.components.frame.question import Question
from pages.components.studies import study
from pages.components.studies.ising.data import KINDS, SIDES

FEATURES = {"magnetisation": "Magnetization |m|", "energy": "Bond energy e"}
AXES = {"magnetisation": "1 - |m|", "energy": "energy a site (J)"}
ENDS = {"magnetisation": (0.0, 1.0, 0.5, 0.01), "energy": (-2.0, 0.0, -0.8, 0.01)}


def draw(link: PageLink) -> None:
    """Draw the question, a threshold to move, and a question to the class."""
    st.markdown(
        "**One snapshot, no temperature given: was it taken below or above Tc?** Label 0 is T < Tc "
        "(domains or order), label 1 is T > Tc (disorder). The course's notebooks name the two "
        "labels the other way round; the data file settles it: its 2,507 images of label 0 are "
        "those below Tc, and their mean |m| is the larger one."
    )
    question.predict(
        "ising_feature",
        Question(
            "Before any network: which single number tells the lecture's snapshots apart best?",
            truth="the bond energy",
            choices=("the magnetization |m|", "the bond energy"),
            why="After a quench the domains are up and down alike, so |m| is small on both sides "
            "of Tc; the energy counts the walls, and they are few only below it.",
        ),
    )
    st.subheader("A threshold instead of a network")
    with st.container(horizontal=True):
        feature = link.choose("Number", "feature", FEATURES)
        kind = link.choose("Kind", "kind", KINDS)
        side = int(link.choose("Size", "size", SIDES))
    low, high, default, step = ENDS[feature]
    value = link.slider(f"Threshold on {AXES[feature]}", feature, default, low, high, step)
    _threshold(feature, kind, side, value)
    study.go_on({"image_problem": "The image problem"})


def _threshold(feature: str, kind: str, side: int, value: float) -> None:
    from core.synthesis.ising.baselines import FEATURES as FUNCTIONS
    from core.synthesis.ising.baselines import Threshold, best_threshold
    from studies.ising import figures
    from studies.ising.networks import results as ising

    data = ising.snapshots(kind, side)
    labels = data.labels
    best = best_threshold(feature, data.spins, labels)
    yours = (Threshold(feature, value).classes(data.spins) == labels).mean()
    possible = (best.classes(data.spins) == labels).mean()
    left, right = st.columns([2.2, 1], gap="medium")
    with left:
        screen.chart(
            figures.feature_figure(FUNCTIONS[feature](data.spins), labels, value, AXES[feature]),
            "ising_feature_chart",
            height=360,
        )
    with right:
        st.metric("Right with your threshold", f"{100 * yours:.1f} %")
        st.metric(f"Right with the best, {best.value:.3f}", f"{100 * possible:.1f} %")
        st.caption(f"Of {len(data):,} snapshots of {side} x {side}; above the line is T > Tc.")

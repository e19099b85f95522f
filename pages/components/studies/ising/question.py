"""The Ising study, step 2: the question, and how far one number with physics in it goes."""

from __future__ import annotations

import streamlit as st

from pages.components.frame import question, screen
from pages.components.frame.page_link import PageLink
from pages.components.frame.question import Question
from pages.components.studies import study
from pages.components.studies.ising.data import KINDS, SIDES

FEATURES = {"magnetization": "Magnetization |m|", "energy": "Bond energy e"}
AXES = {"magnetization": "1 - |m|", "energy": "energy per site (J)"}
ENDS = {"magnetization": (0.0, 1.0, 0.9, 0.01), "energy": (-2.0, 0.0, -1.4, 0.01)}


def draw(link: PageLink) -> None:
    """Draw the question, a threshold to move, and a question to the class."""
    st.markdown(
        "**One snapshot, no temperature given: was it taken below or above Tc?** Label 0 is T < Tc "
        "(domains or order), label 1 is T > Tc (disorder). The course's notebooks name the two "
        "labels the other way round; the data file settles it: its 2,507 images of label 0 are "
        "those below Tc, and their mean |m| is the larger."
    )
    question.predict(
        "ising_feature",
        Question(
            "Before any network: which single number separates the lecture's snapshots best?",
            truth="the bond energy",
            choices=("the magnetization |m|", "the bond energy"),
            why="After a quench there are as many up as down domains, so |m| is small on both "
            "sides of Tc; the energy counts the domain walls, and they are few only below it. In "
            "equilibrium the energy is even the sufficient statistic: see step 4.",
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
    from studies.ising import model_figures
    from studies.ising.networks import results as ising

    data = ising.snapshots(kind, side)
    labels = data.labels
    yours = (Threshold(feature, value).classes(data.spins) == labels).mean()
    left, right = st.columns([2.2, 1], gap="medium")
    with left:
        screen.chart(
            model_figures.feature_figure(
                FUNCTIONS[feature](data.spins), labels, value, AXES[feature]
            ),
            "ising_feature_chart",
            height=360,
        )
    with right:
        st.metric("Accuracy, your threshold", f"{100 * yours:.1f} %")
        for name, title in FEATURES.items():
            one = best_threshold(name, data.spins, labels)
            share = (one.classes(data.spins) == labels).mean()
            st.metric(f"Best threshold on {title[0].lower()}{title[1:]}", f"{100 * share:.1f} %")
            st.caption(f"{AXES[name]} = {one.value:.3f}")
        st.caption(
            f"Of {len(data):,} snapshots of {side} x {side}; right of the line is T > Tc. The best "
            "thresholds were chosen with the labels."
        )

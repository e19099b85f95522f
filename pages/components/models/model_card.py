"""One model on the page Models: what it is, how well it does and how that is known."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from core.evaluation import score_tables
from core.evaluation.initialization_scores import Initialization
from core.evaluation.measured import Measured, ObjectReliability
from core.evaluation.score_tables import ScoreRow
from core.types.model_card import ModelCard
from models import classifiers, interactive, zoo
from models.measured import initializations, measured, seeds
from models.running_facts import running_facts
from pages.components.frame import lab, screen
from pages.components.frame.sidebar import UNTRAINED
from pages.components.frame.words import capital

LINKS = {"segment.py": "Segment with this model", "inspect.py": "Inspect this network"}
PAGES = Path(__file__).resolve().parents[2]
ARROW = ":material/arrow_forward:"


def draw(card: ModelCard) -> None:
    """Draw the whole card of a model, and the ways on from it."""
    found, segments = measured(card.name), card.origin != "zoo" or card.name in zoo.CARDS
    card = lab.in_markdown(card)
    st.subheader(card.title)
    st.write(card.purpose)
    if card.untrained:
        st.warning(UNTRAINED)
    asked = {name: text for name, text in st.query_params.items() if name != "card"}
    asked["model" if segments else "network"] = card.name
    with st.container(horizontal=True):
        for page, label in LINKS.items():
            shows = card.build is not None and card.name not in interactive.CARDS
            if segments if page == "segment.py" else shows:
                st.page_link(PAGES / page, label=label, query_params=asked, icon=ARROW)
    about, how_well = st.columns([3, 2], gap="large")
    with about:
        facts(card)
        failures(card)
    with how_well:
        scores(card, found)
    if found:
        st.subheader("All scores and confidence calibration")
        all_scores(card, found)


def facts(card: ModelCard) -> None:
    """Draw what the model is, as a table."""
    rows = {
        "Classes" if card.name in classifiers.CARDS else "Phases": ", ".join(
            phase.name for phase in card.phases
        ),
        "Architecture": card.architecture,
        ("Trained on, by its own account" if card.origin == "foreign" else "Trained on"): card.data,
    }
    if card.pixel_range_nm is not None:
        low, high = card.pixel_range_nm
        rows["Training pixel size"] = f"{low:.4g} to {high:.4g} nm"
    rows |= running_facts(card)
    rows |= {
        name: words
        for name, words in (("Licence", card.licence), ("Reference", card.reference))
        if words or card.origin == "zoo"
    }
    rows["Name in commands"] = f"`{card.name}`"
    st.table(rows, border="horizontal", alt=f"What {card.title} is")


def scores(card: ModelCard, found: Measured | None) -> None:
    """Draw the card's scores with their intervals and on what they were measured, the first one
    large."""
    for number, (data, together) in enumerate(card.scores_by_data().items()):
        rows = score_tables.card_score_rows(
            together, found, {} if card.careful else seeds(card.name)
        )
        if number == 0:
            first, *rows = rows
            # A metric cuts its own label off in a narrow column.
            st.markdown(first.name)
            st.metric(first.name, first.value, label_visibility="collapsed")
            if first.interval:
                st.caption(f"{score_tables.interval_heading(found)}: {first.interval}")
        if rows:
            _table(rows, found)
        st.caption(f"Measured on {data}. {score_tables.test_set_note(together)}".strip())


def failures(card: ModelCard) -> None:
    """Draw what the model is not for and what it gets wrong."""
    if card.limits or card.failures:
        st.markdown(f"**Limitations.** {card.limits}")
        st.markdown("\n".join(f"- {one}" for one in card.failures))


def all_scores(card: ModelCard, found: Measured) -> None:
    """Draw every score of the model's file, by phase, and its calibration."""
    st.caption(
        f"On {score_tables.WHERE}, {found.images} in all. {score_tables.interval_note(found)}"
    )
    names = ["All phases", *(capital(phase) for phase in found.phases)]
    if found.robustness:
        names.append("Robustness")
    if compared := initializations(card.name):
        names.append("Initialization")
    overall, *phases = st.tabs(names)
    if compared:
        with phases.pop():
            _initializations(compared)
    if found.robustness:
        with phases.pop():
            _changed(found)
    with overall:
        _table(score_tables.overall_rows(found), found)
    for tab, phase in zip(phases, found.phases, strict=True):
        with tab:
            _table(score_tables.phase_rows(found, phase), found)
    if found.confidence_calibration:
        _confidence_calibration(card, found)
    if found.object_reliability:
        _object_confidence(card, found.object_reliability)


def _changed(found: Measured) -> None:
    first, second = score_tables.robustness_headings(found)
    st.caption(score_tables.robustness_caption(found))
    st.table(
        [
            {"perturbation": one.perturbation, first: one.score, second: one.foreground}
            for one in score_tables.robustness_rows(found)
        ],
        border="horizontal",
    )


def _initializations(compared: Sequence[Initialization]) -> None:
    st.caption(score_tables.initialization_caption(compared))
    st.table(
        [
            {
                "initialization": one.init,
                "encoder": one.encoder,
                "per seed": one.scores,
                "mean": one.mean,
            }
            for one in score_tables.initialization_rows(compared)
        ],
        border="horizontal",
    )


def _confidence_calibration(card: ModelCard, found: Measured) -> None:
    from core.figures.reliability import reliability_figure

    st.markdown("**Confidence calibration**")
    words, curve = st.columns([2, 3], gap="large")
    error = found.scores["expected_calibration_error"]
    words.markdown(
        score_tables.confidence_calibration_text(card, found.confidence_calibration, error)
    )
    words.caption(
        "Each point is one of 15 bins of confidence; its size is the bin's share of the pixels. On "
        "the dashed line accuracy equals confidence; below it the network is overconfident."
    )
    with curve:
        screen.chart(
            reliability_figure(found.confidence_calibration.bins), f"reliability_{card.name}"
        )


def _object_confidence(card: ModelCard, found: ObjectReliability) -> None:
    from core.evaluation.object_reliability import object_confidence_text
    from core.figures.reliability import reliability_figure

    st.markdown("**Confidence of objects**")
    words, curve = st.columns([2, 3], gap="large")
    words.markdown(object_confidence_text(found))
    with curve:
        screen.chart(reliability_figure(found.bins, "objects"), f"objects_{card.name}")


def _table(rows: Sequence[ScoreRow], found: Measured | None) -> None:
    heading = score_tables.interval_heading(found)
    with_interval = any(one.interval for one in rows)
    st.table(
        [
            {"score": one.name, "value": one.value}
            | ({heading: one.interval} if with_interval else {})
            for one in rows
        ],
        border="horizontal",
    )

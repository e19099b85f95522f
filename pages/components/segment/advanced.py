"""How a network runs, for those who want to choose: its precision, and the ensemble of a model."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from core.evaluation import choices
from core.execution import USUAL, PrecisionChoice, RunChoice
from core.types.model_card import ModelCard
from models.measured import measured, precisions

PRECISIONS: Mapping[str, PrecisionChoice] = {"Auto": "auto", "Exact": "exact", "Fast": "fast"}
EXPLAINED = (
    "Exact computes in float32. Fast computes in bfloat16, where the processor or GPU has it. Auto "
    "is fast only where that was measured to change neither labels nor score."
)
CAREFUL = "Careful ({:.0f} times slower)"


def choose(card: ModelCard) -> RunChoice:
    """Draw the choice of precision and, where the model has one, of its ensemble."""
    if card.build is None:
        return USUAL
    with st.expander("Advanced"):
        fast = choices.precision_text(card, precisions(card))
        precision = st.segmented_control(
            "Precision",
            list(PRECISIONS),
            default="Auto",
            required=True,
            key="precision",
            bind="query-params",
            persist_state="session",
            help=f"{EXPLAINED} Fast: {fast}." if fast else EXPLAINED,
            width="stretch",
        )
        careful = card.careful is not None and _careful(card, card.careful)
    return RunChoice(PRECISIONS[precision], careful)


def _careful(card: ModelCard, ensemble: ModelCard) -> bool:
    text = choices.careful_text(card, measured(card.name), measured(card.name, careful=True))
    return st.toggle(
        CAREFUL.format(ensemble.passes / card.passes),
        key="careful",
        bind="query-params",
        persist_state="session",
        help=text,
    )

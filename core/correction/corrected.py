"""An analysis once it was corrected: what everything after it works on."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np

from core.analysis.analysis import Analysis
from core.by_hand import ByHand
from core.correction.measured import ObjectTable, model_confidence
from core.correction.state import OUTSIDE, CorrectionState
from core.segmentation.grains.intercepts import intercepts_of
from core.types.segmentation import Segmentation


def counts(state: CorrectionState) -> ByHand:
    """Return what was corrected, from the list of objects alone."""
    records = state.objects.values()
    from_model = sum(number < state.first_new_id for number in state.objects)
    return ByHand(
        objects=len(records),
        corrected=sum(one.by_hand for one in records),
        drawn=sum(one.origin == "drawn" for one in records),
        clicked=sum(one.origin == "clicked" for one in records),
        removed=state.found - from_model,
        confirmed=sum(one.confirmed for one in records),
    )


def corrected(
    analysis: Analysis, state: CorrectionState, table: ObjectTable | None = None
) -> Analysis:
    """Return ``analysis``, of which ``state`` is the correction, with the corrected phases, objects
    and numbers.

    A corrected pixel has its phase with a probability of 1: a person said so. ``table``: of this
    state, where it is kept up to date already.
    """
    made = analysis.segmentation
    labels = np.where(state.labels == OUTSIDE, np.uint8(0), state.labels)
    differs = labels != made.labels
    by_hand = replace(
        counts(state),
        changed_share=float(np.count_nonzero(differs | (state.ids != analysis.objects)))
        / max(1, int(state.phase_pixels[: len(state.phases)].sum())),
    )
    confidence = model_confidence(state, made, analysis.card, analysis.object_settings)
    table = table or ObjectTable(state, analysis.micrograph)
    segmentation = replace(
        made,
        labels=labels,
        probabilities=_certain(made, labels, differs),
        digest=_digest(made, state, labels),
    )
    return replace(
        analysis,
        segmentation=segmentation,
        objects=state.ids.copy(),
        table=table.table(state, confidence),
        intercepts=intercepts_of(
            analysis.micrograph, analysis.card, segmentation, analysis.object_settings, state.ids
        ),
        by_hand=by_hand,
    )


def _certain(made: Segmentation, labels: np.ndarray, differs: np.ndarray) -> np.ndarray:
    if not differs.any():
        return made.probabilities
    probabilities = made.probabilities.copy()
    for phase, values in enumerate(probabilities):
        values[differs] = labels[differs] == phase
    return probabilities


def _digest(made: Segmentation, state: CorrectionState, labels: np.ndarray) -> str:
    """Return what names the corrected labels, objects and what is known of them."""
    digest = hashlib.sha256(made.digest.encode())
    digest.update(state.ids.tobytes())
    digest.update(labels.tobytes())
    digest.update(repr(sorted(state.objects.items())).encode())
    return digest.hexdigest()

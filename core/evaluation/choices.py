"""What a user may choose about a model's run, and what it gains or costs, in words for its card."""

from __future__ import annotations

from collections.abc import Sequence

from core.evaluation.measured import Measured
from core.evaluation.precision_scores import PrecisionScore
from core.evaluation.score_tables import speed_text
from core.types.model_card import ModelCard, Score


def precision_text(card: ModelCard, measured: Sequence[PrecisionScore]) -> str | None:
    """Return what bfloat16 changes in the labels and the first score of ``card``; None where
    nothing was measured of it, as of a copy imported under another name."""
    first = _first(card)
    if first is None or not measured:
        return None
    return "; ".join(
        f"{100 * one.agreement:.2f} % of the labels are those of float32, {first.metric} "
        f"{one.bfloat16:.4f} in place of {one.float32:.4f} ({one.backend}, {one.processor}): "
        + ("taken by itself" if one.is_as_good else "only when asked for")
        for one in measured
    )


def careful_text(card: ModelCard, found: Measured | None, careful: Measured | None) -> str | None:
    """Return what the ensemble of ``card`` gains and costs, on the images of its first score; None
    where it has none, or nothing was measured of it."""
    first = _first(card)
    if card.careful is None or first is None or found is None or careful is None:
        return None
    one, mean_of = found.scores[first.key].value, careful.scores[first.key].value
    return (
        f"{first.metric} {mean_of:.3f} in place of {one:.3f}, in "
        f"{card.careful.passes / card.passes:.1f} times the work: the mean of "
        f"{len(card.careful.flips) * len(card.careful.tta_scales)} passes; {speed_text(careful)}"
    )


def _first(card: ModelCard) -> Score | None:
    return next((score for score in card.scores if score.key), None)

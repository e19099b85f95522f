"""Why the result of an image may be wrong, in sentences for the user."""

from __future__ import annotations

from core.types.micrograph import Micrograph
from core.types.model_card import ModelCard
from core.types.segmentation import Segmentation


def unlike_training(card: ModelCard, micrograph: Micrograph) -> tuple[str, ...]:
    """Return how the image alone differs from those that the model learned from."""
    from core.segmentation.out_of_distribution import (
        ONE_GREY_LEVEL,
        is_constant,
        out_of_distribution_warnings,
    )

    if is_constant(micrograph):
        return (ONE_GREY_LEVEL,)
    return out_of_distribution_warnings(card, micrograph)


def warnings_of(
    card: ModelCard,
    micrograph: Micrograph,
    segmentation: Segmentation,
    objects: int,
    unlike: tuple[str, ...],
) -> tuple[str, ...]:
    from core.segmentation.out_of_distribution import ONE_GREY_LEVEL, threshold_warning

    if unlike == (ONE_GREY_LEVEL,):
        return unlike
    return (
        *segmentation.execution.notes,
        *unlike,
        *threshold_warning(card, micrograph, segmentation.labels, objects),
    )

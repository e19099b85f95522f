"""What a classifier of micrographs is, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.types.arrays import read_only
from core.types.model_card import ModelCard
from core.types.segmentation import Phase


@dataclass(frozen=True)
class ClassifierCard(ModelCard):
    """A network that classifies whole images.

    ``phases``: the classes, and last "other". ``threshold``: the
    largest probability below which an image is "other". ``crop_px``: side of the square crops that
    the network sees. ``suggests``: the name of the model for each class but the last.
    ``part_of_other``: index of a class that the network parts from what is "other" alone, so that
    it takes from no other class; None = none.
    """

    threshold: float = 0.5
    crop_px: int = 128
    suggests: tuple[str, ...] = ()
    part_of_other: int | None = None


@dataclass(frozen=True, eq=False)
class Classification:
    """The class of an image: ``probabilities`` (K,) float64 over ``card.phases``, summing to 1."""

    probabilities: np.ndarray
    card: ClassifierCard

    def __post_init__(self) -> None:
        object.__setattr__(self, "probabilities", read_only(self.probabilities))

    @property
    def index(self) -> int:
        """Index of the predicted class; the last one where no other reaches the threshold."""
        winner = int(self.probabilities.argmax())
        sure = self.probabilities[winner] >= self.card.threshold
        return winner if sure else len(self.probabilities) - 1

    @property
    def image_class(self) -> Phase:
        """The predicted class."""
        return self.card.phases[self.index]

    @property
    def suggestion(self) -> str | None:
        """Name of the model for this class, None for "other"."""
        return self.card.suggests[self.index] if self.index < len(self.card.suggests) else None

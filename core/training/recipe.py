"""What a training run is made of, so that it can be repeated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, Literal, Protocol

import numpy as np
from torch import nn

from core.errors import LamellaError
from core.training.augmentation import Augmentation


@dataclass(frozen=True)
class Distillation:
    """Learning from a trained network as well as from the masks.

    ``teacher``: builds the trained teacher in eval mode, of the same outputs. ``weight``: of the
    cross-entropy against the teacher's probabilities, beside the loss against the masks.

    Source: Hinton et al. 2015, arXiv:1503.02531.
    """

    teacher: Callable[[], nn.Module]
    weight: float = 1.0


@dataclass(frozen=True)
class FeatureDistillation:
    """Learning another U-Net's feature maps first; see ``core.training.feature_distillation``.

    ``teacher``: builds the trained teacher in eval mode.
    """

    teacher: Callable[[], nn.Module]
    steps: int
    batch: int = 8
    crop_px: int = 128
    learning_rate: float = 2e-3


@dataclass(frozen=True)
class ObjectLearning:
    """Learning contact and normalized distance beside the phases, from masks of instances; see
    ``core.training.object_learning``.

    ``first``: the recipe of a run before this one, that learns the phases alone; this one goes on
    from its weights; None of one that goes on from a network that knows objects. ``crowds``: share
    of the crops that are drawn, not cut from the images; all are, of a recipe with a source.
    ``films``: share of the crops that show a film without particles, drawn too, as models see it.
    ``annotated``: share of the others that letters, arrows and scale bars are painted over, which
    are no objects. ``by_contact``: share of the crops whose image is drawn by the length of its
    contacts, the others evenly.
    """

    first: Recipe | None = None
    crowds: float = 0.2
    films: float = 0.0
    annotated: float = 0.15
    by_contact: float = 0.5


@dataclass(frozen=True)
class Recipe:
    """Everything that decides a training run but the data.

    ``masks``: "instances" (0 = background, every other value phase 1) or "classes" (the value is
    the phase). ``group``: column of ``index.csv`` whose values never lie on both sides of the
    validation split (two figures of one article). ``seed``: of the weights and the crops;
    ``split_seed``: of the validation split, so that runs of several seeds are scored on the same
    images and never on what one of them has seen. ``validation_tta_scales``: at which the step
    that is shipped is chosen; None for those of the card, which may have come later. ``frozen``:
    prefixes of parameter names that keep their initial values, batch statistics included.
    ``averaging``: decay of the exponential
    moving average of the weights, which is what is validated and shipped. ``source``: makes the
    images, when there is no data folder. ``objects``: of a network with outputs about objects.

    Raises:
        LamellaError: feature distillation, which needs a data folder, together with a source; or
            objects to learn from masks of classes.
    """

    steps: int
    initialize: Callable[[nn.Module], str]
    masks: Literal["instances", "classes"] = "classes"
    group: str | None = None
    validation_fraction: float = 0.15
    batch: int = 8
    crop_px: int = 256
    learning_rate: float = 1e-3
    weight_decay: float = 1e-4
    averaging: float = 0.995
    validate_every: int = 200
    patience: int = 5
    seed: int = 1
    split_seed: int = 1
    validation_tta_scales: tuple[float, ...] | None = None
    frozen: tuple[str, ...] = ()
    augmentation: Augmentation = field(default_factory=Augmentation)
    feature_distillation: FeatureDistillation | None = None
    distillation: Distillation | None = None
    source: Callable[[], TrainingData] | None = None
    objects: ObjectLearning | None = None

    def __post_init__(self) -> None:
        if self.objects is not None and self.masks != "instances":
            raise LamellaError(
                'A recipe that learns objects needs masks="instances", an id for each object; this '
                f'one has masks="{self.masks}".'
            )
        if self.source is not None and self.feature_distillation is not None:
            raise LamellaError(
                "A recipe has both a source of synthetic images and feature distillation, which "
                "needs the images of a data folder. Leave one of them out."
            )

    @property
    def of_phases(self) -> Recipe:
        """The recipe that learns the phases alone: the first run of one that learns objects."""
        return (self.objects.first if self.objects else None) or self

    def in_words(self) -> str:
        """Return every value of it that is no function, as text: the same for the same recipe."""
        return _in_words(self)


class TrainingData(Protocol):
    """What the training loop needs: a folder of micrographs, or images made on the fly."""

    @property
    def train(self) -> tuple[Any, ...]:
        """The images to learn from."""
        ...

    @property
    def validation(self) -> tuple[Any, ...]:
        """The images that choose the step."""
        ...

    def crops(
        self, recipe: Recipe, random: np.random.Generator
    ) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return one batch, the same for the same random generator."""
        ...


def _in_words(value: object) -> str:
    if not is_dataclass(value):
        return repr(value)
    named = ((one.name, getattr(value, one.name)) for one in fields(value))
    kept = (f"{name}={_in_words(inner)}" for name, inner in named if not callable(inner))
    return f"{type(value).__name__}({', '.join(kept)})"

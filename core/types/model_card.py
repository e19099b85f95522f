"""What a network is, what it learned from and how well it does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from core.types.segmentation import Phase

if TYPE_CHECKING:
    from torch import nn

    Network: TypeAlias = nn.Module


@dataclass(frozen=True)
class Weights:
    """A safetensors file and the SHA-256 that it must have."""

    path: Path
    sha256: str


@dataclass(frozen=True)
class Score:
    """One measured number: ``metric`` on ``data`` (which images, how split).

    ``key``: its name in the model's files of ``models/measured``, which have its interval and what
    other seeds give; a test compares them. ``test_set``: whose it is: our own split, the one that
    the data's authors published, or images made by us with a known answer; the card says so.
    ``command``: what measured it.
    """

    metric: str
    value: float
    data: str
    key: str = ""
    test_set: Literal["ours", "authors", "made"] = "ours"
    command: str = "lamella evaluate"


@dataclass(frozen=True)
class StatisticRange:
    """The smallest and the largest value of one of ``core.measurement.image_statistics`` over a
    model's training images, as its network sees them."""

    name: str
    low: float
    high: float


# Axes of (..., H, W) that are flipped: none, columns, rows, both.
FLIPS: tuple[tuple[int, ...], ...] = ((), (-1,), (-2,), (-2, -1))
# What a network may answer about objects, beside the phases; see core.training.object_targets.
OBJECT_OUTPUTS = ("contact", "normalized distance")


@dataclass(frozen=True)
class ObjectConfidence:
    """Weights of a logistic regression: the log odds that an object is right are ``intercept`` plus
    each other one times what ``core.segmentation.objects.confidence.features`` returns under its
    name. ``least_mean``: an image whose objects are less sure on average, weighted by width,
    holds none; 0 = any may.

    Source: Platt 1999, "Probabilistic outputs for support vector machines", section 2.
    """

    intercept: float
    probability: float
    middle: float
    cut: float
    contact: float
    size: float = 0.0
    indecision: float = 0.0
    least_mean: float = 0.0


ModelOrigin: TypeAlias = Literal["zoo", "trained", "forest", "foreign"]


@dataclass(frozen=True)
class ModelCard:
    """What a network is, what it learned from and how well it does.

    ``name``: as typed on the terminal. ``build``: the architecture only, no file and no network
    access. ``weights``: None means untrained, and the app says so. ``mean``, ``std``: of the grey
    levels in [0, 1] that the network expects. ``pixel_size_nm``: that every image is resampled to;
    None for images as they are. ``objects_phase``: index of the phase whose connected regions are
    counted as objects. ``boundary_phase``: index of the phase whose lines enclose grains.
    ``phase_of_interest``: index of the phase that is measured first where none is counted.
    ``pixel_range_nm``: smallest and largest pixel size of the training images, where they are
    known. ``ranges``: what the training images were like. ``method``: of a classic method, from
    grey levels (H, W) and which of them count, (H, W) bool or None for all, to labels (H, W); such
    a card has no ``build`` and no weights. ``object_outputs``: the network answers after the phases
    *contact*, the probability of the line where objects touch, and *normalized distance*, 0 at an
    object's edge and 1 at its middle. ``needs_marks``: it learns from marked pixels first.
    ``tta_flips``: test-time augmentation by flips, the mean over the image and its horizontal,
    vertical and double flip; of an ``upright`` model, whose images have an up and a down, over the
    image and its horizontal flip. ``tta_scales``: test-time augmentation by scale, the mean over
    the image resized by each factor. ``fine_scale``: the one factor where its objects are small,
    see ``core.segmentation.fine_scale``; None = no other. ``working_side_px``: the longer side that
    larger images are reduced to in place of those factors, and enlarged from by ``fine_scale``;
    None = they are not.
    ``careful_flips``, ``careful_scales``: of an ensemble that is better and slower, taken where it
    is asked for; () = there is none.
    ``is_careful``: it was.
    ``failures``: what it gets wrong and on which kind of image, one sentence each, seen by eye in
    the images it was scored on. ``training_cost``: hours and machine. ``temperature``: that the
    confidence shown is softened with, see ``core.evaluation.confidence_calibration``; 1 = none.
    ``overlap_px``: of the tiles that a large image is cut into: the smallest with which 99.5 % of
    the labels are those of the image in one piece, by ``research.overlap``.
    ``object_confidence``: how sure each object is, of a model with ``object_outputs``.
    ``origin``: whether it is of the zoo, or made by users of a workspace: trained on what they
    corrected, a forest that learned from strokes, or a foreign model that was imported.
    """

    name: str
    title: str
    purpose: str
    phases: tuple[Phase, ...]
    build: Callable[[], nn.Module] | None
    weights: Weights | None
    architecture: str
    mean: float
    std: float
    data: str
    licence: str
    reference: str
    scores: tuple[Score, ...] = ()
    limits: str = ""
    pixel_size_nm: float | None = None
    objects_phase: int | None = None
    boundary_phase: int | None = None
    pixel_range_nm: tuple[float, float] | None = None
    ranges: tuple[StatisticRange, ...] = ()
    method: Callable[[np.ndarray, np.ndarray | None], np.ndarray] | None = None
    needs_marks: bool = False
    tta_flips: bool = False
    upright: bool = False
    tta_scales: tuple[float, ...] = (1.0,)
    fine_scale: float | None = None
    working_side_px: int | None = None
    failures: tuple[str, ...] = ()
    training_cost: str = ""
    temperature: float = 1.0
    object_outputs: bool = False
    overlap_px: int = 384
    object_confidence: ObjectConfidence | None = None
    phase_of_interest: int | None = None
    careful_flips: bool = False
    careful_scales: tuple[float, ...] = ()
    is_careful: bool = False
    origin: ModelOrigin = "zoo"

    def scale_for(self, shape: tuple[int, int]) -> float | None:
        """Return the factor that reduces an image (H, W) to the working side; None where it is no
        larger, or there is none."""
        if self.working_side_px is None or max(shape) <= self.working_side_px:
            return None
        return round(self.working_side_px / max(shape), 4)

    @property
    def passes(self) -> float:
        """Work for an image in forward passes over it at its own size."""
        return len(self.flips) * sum(scale**2 for scale in self.tta_scales)

    @property
    def careful(self) -> ModelCard | None:
        """The same model with its ensemble; None where there is none."""
        if not self.careful_scales:
            return None
        flips, scales = self.careful_flips, self.careful_scales
        return replace(self, tta_flips=flips, tta_scales=scales, careful_scales=(), is_careful=True)

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the network's output channels: the phases, then the outputs about objects."""
        phases = tuple(phase.name for phase in self.phases)
        return (*phases, *OBJECT_OUTPUTS) if self.object_outputs else phases

    @property
    def flips(self) -> tuple[tuple[int, ...], ...]:
        """Axes of (..., H, W) that are flipped in each forward pass of test-time augmentation."""
        if not self.tta_flips:
            return FLIPS[:1]
        return FLIPS[:2] if self.upright else FLIPS

    @property
    def has_probabilities(self) -> bool:
        """Whether it says how likely each phase is: a network or a forest, not a threshold."""
        return self.method is None

    @property
    def untrained(self) -> bool:
        """Whether this is a network whose weights are random."""
        return self.build is not None and self.weights is None

    def scores_by_data(self) -> dict[str, tuple[Score, ...]]:
        """Return the scores under the data that they were measured on, in the card's order."""
        found: dict[str, tuple[Score, ...]] = {}
        for score in self.scores:
            found[score.data] = (*found.get(score.data, ()), score)
        return found

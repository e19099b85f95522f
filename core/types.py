"""The vocabulary: what every room of Lamella talks about.

Axis order is (row, column) everywhere; only the viewer speaks x, y. Arrays inside these types are
read-only, so that a value can be shared between users and cached by its digest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from core.errors import LamellaError
from core.execution import Execution

if TYPE_CHECKING:
    from torch import nn

    Network: TypeAlias = nn.Module


Array: TypeAlias = np.ndarray
"""An array of numpy, for the rooms that hand arrays on and do not compute with them."""


def read_only(array: np.ndarray) -> np.ndarray:
    """Return a view of ``array`` that cannot be written to."""
    view = array.view()
    view.flags.writeable = False
    return view


MOST_OBLONG = 10.0
"""Largest ratio of the sides of a pixel: a sample tilted by 80 degrees gives 5.8."""


@dataclass(frozen=True)
class PixelSize:
    """Width and height of a pixel.

    ``nm``: its width in nanometres, 1e-3 to 1e6 (1 pm to 1 mm). ``source``: where the number comes
    from, in words a user understands: "FEI tag 34682", "typed by user". ``height_nm``: None where
    the pixel is square, as nearly all are. ``note``: one sentence on why the number may be wrong,
    such as a value that the format has when nobody sets it; "" without such a doubt.
    ``error_percent``: half-width of its 95 % interval, None where that is not known.
    """

    nm: float
    source: str
    height_nm: float | None = None
    note: str = ""
    error_percent: float | None = None

    def __post_init__(self) -> None:
        sides = (self.nm, self.nm if self.height_nm is None else self.height_nm)
        for nm in sides:
            if not 1e-3 <= nm <= 1e6:
                raise LamellaError(
                    f"The pixel size is {nm:g} nm ({self.source}); it must lie between 0.001 nm "
                    "and 1 000 000 nm. Give the right one, or none to measure in px."
                )
        if max(sides) > MOST_OBLONG * min(sides):
            raise LamellaError(
                f"The pixel size is {self.in_words} ({self.source}); one side may be "
                f"{MOST_OBLONG:g} times the other, as at a steep tilt, not more. Give the right "
                "one, or none to measure in px."
            )

    @property
    def area_nm2(self) -> float:
        """Area of a pixel in square nanometres."""
        return self.nm * (self.nm if self.height_nm is None else self.height_nm)

    @property
    def in_words(self) -> str:
        """The width with its unit, and the height where that differs: "10 x 16 nm"."""
        height = "" if self.height_nm is None else f" x {self.height_nm:.5g}"
        return f"{self.nm:.5g}{height} nm"

    @property
    def is_square(self) -> bool:
        """Whether one number says how large a pixel is."""
        return self.height_nm is None


@dataclass(frozen=True, eq=False)
class Micrograph:
    """One greyscale image as it left the microscope, with what its file says about it.

    ``pixels``: (H, W) float32 in [0, 1], the info bar included. ``digest``: SHA-256 of the file's
    bytes and of the page chosen, the key of every cache. ``pixel_size_choices``: what the pixel
    may be where the file leaves it open, when two of its sources differ or the image may be either
    a crop or a smaller copy; empty otherwise, and ``pixel_size`` is None or one of them.
    ``info_bar_rows``, ``top_bar_rows``: rows at the bottom and at the top that are not image.
    ``valid``: (H, W) bool, False where the file holds no grey level (NaN, infinite or a fill
    value) and ``pixels`` are 0; None where every pixel holds one. ``file_shape``, ``dtype``: as
    stored in the file. ``notes``: sentences for the user about what was decided while reading.
    """

    pixels: np.ndarray
    name: str
    digest: str
    pixel_size: PixelSize | None = None
    info_bar_rows: int = 0
    metadata: Mapping[str, str] = field(default_factory=dict)
    file_shape: tuple[int, ...] = ()
    dtype: str = "float32"
    page: int = 0
    pages: int = 1
    notes: tuple[str, ...] = ()
    top_bar_rows: int = 0
    valid: np.ndarray | None = None
    pixel_size_choices: tuple[PixelSize, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "pixels", read_only(np.asarray(self.pixels, np.float32)))
        if self.valid is not None:
            object.__setattr__(self, "valid", read_only(np.asarray(self.valid, np.bool_)))
        object.__setattr__(self, "metadata", MappingProxyType(dict(self.metadata)))

    @property
    def shape(self) -> tuple[int, int]:
        """(H, W), the info bar included."""
        return self.pixels.shape

    @property
    def image_rows(self) -> slice:
        """The rows that are image: what lies between the info bars at the top and the bottom."""
        return slice(self.top_bar_rows, self.shape[0] - self.info_bar_rows)

    @property
    def bar_rows(self) -> tuple[int, int]:
        """Rows of the info bars at the top and at the bottom."""
        return self.top_bar_rows, self.info_bar_rows

    @property
    def measurable(self) -> np.ndarray:
        """(H, W) bool: the pixels that are image and hold a grey level; no other has a phase."""
        found = np.zeros(self.shape, np.bool_)
        found[self.image_rows] = True if self.valid is None else self.valid[self.image_rows]
        return found


@dataclass(frozen=True)
class Phase:
    """A phase or microconstituent; background, pores and boundaries count. ``color``: "#rrggbb"."""

    name: str
    color: str


@dataclass(frozen=True, eq=False)
class Segmentation:
    """Which phase each pixel belongs to.

    ``labels``: (H, W) uint8, index into ``phases``; 0, which means nothing there, where the
    micrograph is not ``measurable``. ``probabilities``: (C, H, W) float16, summing to 1 over C, in
    steps of 1/2048; (1, 0, ...) where it is not. ``contact``, ``distance``: (H, W) float16 in
    [0, 1], 0 where it is not measurable, of a model that tells touching objects apart (see
    :class:`ModelCard`), else None. ``model``: its name. ``digest``: the micrograph's, the model's,
    the settings' and the execution's together.
    """

    labels: np.ndarray
    probabilities: np.ndarray
    phases: tuple[Phase, ...]
    pixel_size: PixelSize | None
    model: str
    digest: str
    contact: np.ndarray | None = None
    distance: np.ndarray | None = None
    execution: Execution = Execution()

    def __post_init__(self) -> None:
        for name in ("labels", "probabilities", "contact", "distance"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, read_only(getattr(self, name)))


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
    name. ``least_mean``: an image whose objects are less sure on average holds none; 0 = any may.

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


ProgressCallback = Callable[[int, int], None]
"""Called with (done, total); raise ``core.errors.Cancelled`` in it to stop."""


def no_progress(done: int, total: int) -> None:
    """Ignore progress."""

"""The way of an image: from a micrograph and a model to a measured result, in one call.

The pages and the terminal both call :func:`analyse`, so they cannot disagree.
"""

from __future__ import annotations

import math
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from core.by_hand import ByHand
from core.errors import LamellaError
from core.segmentation.grains.intercepts import intercepts_of
from core.segmentation.objects.measured import lengths_of, measured_objects, table_of
from core.segmentation.objects.selection import Selection
from core.segmentation.settings import TOGETHER_PX, ObjectSettings, TileSettings, tiles_for
from core.types.arrays import read_only
from core.types.micrograph import Micrograph
from core.types.model_card import ModelCard
from core.types.pixel_size import PixelSize
from core.types.progress import ProgressCallback, no_progress
from core.types.segmentation import Segmentation

if TYPE_CHECKING:
    import pandas as pd

    from core.measurement.grain_size import Intercepts
    from core.segmentation.engines.classic_engine import ClassicEngine
    from core.segmentation.engines.engine import Engine
    from core.segmentation.engines.forest_engine import ForestEngine, ForestTraining

__all__ = ["Analysis", "ObjectSettings", "TileSettings", "analyse", "prepare", "regroup"]


@dataclass(frozen=True, eq=False)
class Analysis:
    """A segmented and measured micrograph.

    ``objects``: (H, W) uint32, 0 = none, same shape as the micrograph. ``table``: one row an
    object, units in the column names. ``seconds``: of the segmentation alone. ``warnings``:
    sentences for the user, where the network ran otherwise than asked, or the image is unlike those
    that the model learned from. ``doubts``: sentences of the kind, from a classifier of images
    (``core.classification.doubt``), where one was asked. ``intercepts``: of test lines over the
    grains, from a model that finds their boundaries. ``forest_training``: the marks that a forest
    was fitted to. ``selection``: how many objects were left out, and why. ``by_hand``: of one that
    was corrected, see :mod:`core.correction`; its ids need not follow each other.
    """

    micrograph: Micrograph
    card: ModelCard
    segmentation: Segmentation
    objects: np.ndarray
    table: pd.DataFrame
    object_settings: ObjectSettings
    seconds: float
    tile_settings: TileSettings = field(default_factory=TileSettings)
    warnings: tuple[str, ...] = ()
    intercepts: Intercepts | None = None
    forest_training: ForestTraining | None = None
    selection: Selection = field(default_factory=Selection)
    doubts: tuple[str, ...] = ()
    by_hand: ByHand | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "objects", read_only(self.objects))

    @property
    def object_phases(self) -> dict[int, int]:
        """Index of the phase of each object, by id; they differ where somebody corrected them."""
        ids = [int(one) for one in self.table["id"]]
        if "phase" in self.table:
            index = {phase.name: number for number, phase in enumerate(self.segmentation.phases)}
            return dict(zip(ids, map(index.__getitem__, self.table["phase"]), strict=True))
        return dict.fromkeys(ids, self.card.objects_phase or 0)

    @property
    def objects_digest(self) -> str:
        """Names the objects: other settings number them anew."""
        return f"{self.segmentation.digest} {self.object_settings}"

    @property
    def reasons_to_doubt(self) -> tuple[str, ...]:
        """Sentences on how the image differs from those that the model learned from."""
        from core.segmentation.out_of_distribution import ONE_GREY_LEVEL

        if ONE_GREY_LEVEL in self.warnings:
            return (ONE_GREY_LEVEL,)
        left_out, counted = self.selection.doubtful, len(self.table)
        unsure = (self.why_no_object,) if self.why_no_object else ()
        # What a higher limit than usual leaves out says nothing about the image.
        is_usual = self.object_settings.minimum_confidence <= ObjectSettings().minimum_confidence
        if not unsure and left_out > counted and is_usual:
            unsure = (
                f"{left_out} objects were left out for low confidence, more than the {counted} "
                "that count.",
            )
        return (*self.doubts, *self.warnings, *unsure)

    @property
    def why_no_object(self) -> str:
        """Why what was found is taken for no object, all of it; "" where it is not."""
        mean = self.selection.mean_confidence
        if mean is None:
            return ""
        return (
            f"What was found is more likely no object than one, with a mean confidence of "
            f"{mean:.2f}, so {self.selection.doubtful} are left out. To count them, set the least "
            "confidence to 0 (under Objects; --min-confidence on the terminal)."
        )

    @cached_property
    def phase_fractions(self) -> pd.DataFrame:
        """The table of :func:`core.measurement.phase_fraction.phase_fractions`."""
        from core.measurement.phase_fraction import phase_fractions

        made = self.segmentation
        measurable = self.micrograph.measurable
        return phase_fractions(made.labels, made.phases, made.pixel_size, measurable)

    @property
    def object_fraction(self) -> float:
        """Share of the measurable area, in [0, 1], that lies in objects that count."""
        measurable = int(np.count_nonzero(self.micrograph.measurable))
        return int(np.count_nonzero(self.objects)) / max(measurable, 1)

    @cached_property
    def mean_confidence(self) -> float:
        """How sure the network was, see :func:`core.segmentation.confidence.mean_confidence`."""
        from core.segmentation.confidence import mean_confidence

        measurable, temperature = self.micrograph.measurable, self.card.temperature
        return mean_confidence(self.segmentation.probabilities, measurable, temperature)

    @property
    def object_bytes(self) -> int:
        """Bytes of the objects and their table, which other object settings make anew."""
        return self.objects.nbytes + int(self.table.memory_usage(deep=True).sum())

    @property
    def image_bytes(self) -> int:
        """Bytes of the micrograph and its segmentation, which all object settings share."""
        shown, made = self.micrograph, self.segmentation
        of_network = (made.labels, made.probabilities, made.contact, made.distance)
        arrays = (shown.pixels, shown.valid, *of_network)
        return sum(array.nbytes for array in arrays if array is not None)


def prepare(
    micrograph: Micrograph,
    pixel_size: PixelSize | None = None,
    info_bar_rows: int | None = None,
    top_bar_rows: int | None = None,
) -> Micrograph:
    """Return ``micrograph`` with what the user knows better than the file; None keeps the file's.

    Raises:
        LamellaError: info bars of more rows than the image has, or of fewer than none.
    """
    bottom = micrograph.info_bar_rows if info_bar_rows is None else info_bar_rows
    top = micrograph.top_bar_rows if top_bar_rows is None else top_bar_rows
    if min(top, bottom) < 0 or top + bottom >= micrograph.shape[0]:
        raise LamellaError(
            f"{top + bottom} info-bar rows were asked for and {micrograph.name} has "
            f"{micrograph.shape[0]} rows; give 0 to {micrograph.shape[0] - 1}."
        )
    return replace(
        micrograph,
        pixel_size=pixel_size or micrograph.pixel_size,
        info_bar_rows=bottom,
        top_bar_rows=top,
    )


def analyse(
    micrograph: Micrograph,
    engine: Engine | ClassicEngine | ForestEngine,
    *,
    pixel_size: PixelSize | None = None,
    info_bar_rows: int | None = None,
    top_bar_rows: int | None = None,
    object_settings: ObjectSettings | None = None,
    tile_settings: TileSettings | None = None,
    progress: ProgressCallback = no_progress,
) -> Analysis:
    """Segment and measure ``micrograph``.

    ``pixel_size``, ``info_bar_rows``, ``top_bar_rows``: instead of the file's own. ``progress`` is
    called tile by tile and stops the work by raising ``core.errors.Cancelled``.

    Raises:
        LamellaError: an image too small to segment, or an info bar larger than the image.
    """
    micrograph = prepare(micrograph, pixel_size, info_bar_rows, top_bar_rows)
    return measure(segmented(micrograph, engine, tile_settings, progress), object_settings)


@dataclass(frozen=True, eq=False)
class Segmented:
    """A micrograph whose objects are not found yet, as :class:`Analysis` has it."""

    micrograph: Micrograph
    card: ModelCard
    segmentation: Segmentation
    seconds: float
    tile_settings: TileSettings
    forest_training: ForestTraining | None


def segmented(
    micrograph: Micrograph,
    engine: Engine | ClassicEngine | ForestEngine,
    tile_settings: TileSettings | None = None,
    progress: ProgressCallback = no_progress,
) -> Segmented:
    """Do the first half of :func:`analyse`, in which the network runs, for a micrograph that is
    :func:`prepare`d."""
    # torch is imported with it, and the pages import this module before their first paint.
    from core.segmentation.segment import segment

    settings = tile_settings or tiles_for(micrograph.shape, engine.execution.backend)
    begun = time.perf_counter()
    segmentation = segment(micrograph, engine, settings, progress)
    seconds = time.perf_counter() - begun
    training = engine.forest_training
    return Segmented(micrograph, engine.card, segmentation, seconds, settings, training)


def measure(found: Segmented, object_settings: ObjectSettings | None = None) -> Analysis:
    """Do the second half of :func:`analyse`, in which no network runs."""
    micrograph, card, segmentation = found.micrograph, found.card, found.segmentation
    settings = object_settings or ObjectSettings()
    with ThreadPoolExecutor(2) as beside:
        unlike = beside.submit(_unlike_training, card, micrograph)
        intercepts = beside.submit(intercepts_of, micrograph, card, segmentation, settings)
        if math.prod(micrograph.shape) > TOGETHER_PX:
            # Waits until both are done.
            for one in (unlike, intercepts):
                one.exception()
        objects, table, selection = measured_objects(micrograph, card, segmentation, settings)
    return Analysis(
        micrograph=micrograph,
        card=card,
        segmentation=segmentation,
        objects=objects,
        table=table,
        object_settings=settings,
        seconds=found.seconds,
        tile_settings=found.tile_settings,
        warnings=_warnings(card, micrograph, segmentation, len(table), unlike.result()),
        intercepts=intercepts.result(),
        forest_training=found.forest_training,
        selection=selection,
    )


def regroup(analysis: Analysis, object_settings: ObjectSettings) -> Analysis:
    """Return ``analysis`` with objects found anew under other settings; no network runs. Objects
    that were corrected by hand stay as they are."""
    if analysis.by_hand is not None:
        return analysis
    objects, table, selection = measured_objects(
        analysis.micrograph, analysis.card, analysis.segmentation, object_settings
    )
    intercepts = analysis.intercepts
    if object_settings.keep_second_phase or analysis.object_settings.keep_second_phase:
        intercepts = intercepts_of(
            analysis.micrograph, analysis.card, analysis.segmentation, object_settings
        )
    return replace(
        analysis,
        objects=objects,
        table=table,
        object_settings=object_settings,
        intercepts=intercepts,
        selection=selection,
    )


def remeasure(analysis: Analysis) -> Analysis:
    """Return ``analysis`` with the table that its objects give."""
    micrograph, size = analysis.micrograph, analysis.micrograph.pixel_size
    if size is not None and not size.is_square:
        # Such objects are measured in square pixels, not in those that the labels have.
        return regroup(analysis, analysis.object_settings)
    table = _table(analysis, micrograph, analysis.segmentation)
    return replace(analysis, table=table)


def recalibrate(analysis: Analysis, micrograph: Micrograph) -> Analysis:
    """Return ``analysis`` of the same pixels under the name and pixel size of ``micrograph``, all
    lengths measured anew; no network runs.

    Only where :func:`scale_is_free` holds: else the labels would not be those of the new size.
    """
    if micrograph.pixel_size == analysis.micrograph.pixel_size:
        return replace(analysis, micrograph=micrograph)
    segmentation = replace(analysis.segmentation, pixel_size=micrograph.pixel_size)
    table = analysis.table
    if analysis.card.objects_phase is not None:
        table = _table(analysis, micrograph, segmentation)
    return replace(
        analysis,
        micrograph=micrograph,
        segmentation=segmentation,
        table=table,
        warnings=_warnings(
            analysis.card,
            micrograph,
            segmentation,
            len(table),
            _unlike_training(analysis.card, micrograph),
        ),
    )


def scale_is_free(card: ModelCard, size: PixelSize | None) -> bool:
    """Return whether ``card`` labels an image of this pixel size alike under any other: it looks
    at images as they are, and the pixels are square."""
    return card.pixel_size_nm is None and not card.needs_marks and (size is None or size.is_square)


def _unlike_training(card: ModelCard, micrograph: Micrograph) -> tuple[str, ...]:
    """Return how the image alone differs from those that the model learned from."""
    from core.segmentation.out_of_distribution import (
        ONE_GREY_LEVEL,
        is_constant,
        out_of_distribution_warnings,
    )

    if is_constant(micrograph):
        return (ONE_GREY_LEVEL,)
    return out_of_distribution_warnings(card, micrograph)


def _warnings(
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


def _table(analysis: Analysis, micrograph: Micrograph, segmentation: Segmentation) -> pd.DataFrame:
    """Return the table of ``analysis`` measured anew; what was said by hand is kept."""
    if analysis.by_hand is None:
        return table_of(
            micrograph, analysis.card, segmentation, analysis.objects, analysis.object_settings
        )
    table, known = lengths_of(micrograph, analysis.objects), analysis.table
    others = ("confidence", "phase", "made_by", "confirmed")
    return table.assign(**{one: known[one] for one in others if one in known})

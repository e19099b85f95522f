"""The way of an image: from a micrograph and a model to a measured result, in one call.

The pages and the terminal both call :func:`analyse`, so they cannot disagree.
"""

from __future__ import annotations

import math
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from core.analysis.analysis import Analysis
from core.analysis.image_warnings import unlike_training, warnings_of
from core.errors import LamellaError
from core.segmentation.grains.intercepts import intercepts_of
from core.segmentation.objects.measured import measured_objects
from core.segmentation.settings import TOGETHER_PX, ObjectSettings, TileSettings, tiles_for
from core.types.micrograph import Micrograph
from core.types.model_card import ModelCard
from core.types.pixel_size import PixelSize
from core.types.progress import ProgressCallback, no_progress
from core.types.segmentation import Segmentation

if TYPE_CHECKING:
    from core.segmentation.engines.classic_engine import ClassicEngine
    from core.segmentation.engines.engine import Engine
    from core.segmentation.engines.forest_engine import ForestEngine, ForestTraining


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
        unlike = beside.submit(unlike_training, card, micrograph)
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
        warnings=warnings_of(card, micrograph, segmentation, len(table), unlike.result()),
        intercepts=intercepts.result(),
        forest_training=found.forest_training,
        selection=selection,
    )

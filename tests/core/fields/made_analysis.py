"""Analyses of drawn images, whose answer is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.ndimage import label

from core.analysis.analysis import Analysis
from core.measurement.regions import measure_objects
from core.segmentation.settings import ObjectSettings
from core.types.micrograph import Micrograph
from core.types.model_card import ModelCard
from core.types.pixel_size import PixelSize
from core.types.segmentation import Phase, Segmentation

PHASES = (Phase("background", "#000000"), Phase("particle", "#e69f00"))
CARD = ModelCard(
    name="drawn",
    title="Drawn",
    purpose="tests",
    phases=PHASES,
    build=None,
    weights=None,
    architecture="none",
    mean=0.0,
    std=1.0,
    data="none",
    licence="BSD-3-Clause",
    reference="none",
    objects_phase=1,
)


def card_of(*phases: str, objects: int | None = 1, boundary: int | None = None) -> ModelCard:
    """Return a card of these phases."""
    made = tuple(Phase(name, "#000000") for name in phases)
    return replace(CARD, phases=made, objects_phase=objects, boundary_phase=boundary)


def analysis_of(
    labels: np.ndarray,
    nm: float | None = 10.0,
    *,
    card: ModelCard = CARD,
    name: str = "field.png",
    bar: int = 0,
    objects: np.ndarray | None = None,
) -> Analysis:
    """Return the analysis of a drawn segmentation: ``labels`` (H, W) of phases, ``nm`` of a pixel,
    ``bar`` rows of an info bar at the bottom."""
    size = None if nm is None else PixelSize(nm, "typed by user")
    pixels = 0.1 + 0.8 * (labels > 0)
    micrograph = Micrograph(pixels, name, "digest", size, info_bar_rows=bar)
    labels = np.where(micrograph.measurable, labels, 0).astype(np.uint8)
    shares = np.stack([labels == phase for phase in range(len(card.phases))]).astype(np.float16)
    segmentation = Segmentation(labels, shares, card.phases, size, card.name, "digest")
    if objects is None:
        objects = label(labels == card.objects_phase)[0]
    objects = objects.astype(np.uint32)
    table = measure_objects(objects, micrograph.pixels, size, micrograph.measurable)
    return Analysis(micrograph, card, segmentation, objects, table, ObjectSettings(), 0.1)


def discs(
    centres: np.ndarray, radii: np.ndarray, shape: tuple[int, int] = (400, 400)
) -> np.ndarray:
    """Return (H, W) uint8: 1 in discs, drawn one by one, 0 elsewhere."""
    drawn = np.zeros(shape, np.uint8)
    down, right = np.indices(shape)
    for (row, column), radius in zip(centres, radii, strict=True):
        drawn[(down - row) ** 2 + (right - column) ** 2 < radius**2] = 1
    return drawn

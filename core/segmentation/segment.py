"""Micrograph + engine -> segmentation, tile by tile."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict

import numpy as np

from core.errors import LamellaError
from core.segmentation.classic_engine import ClassicEngine
from core.segmentation.engine import Engine
from core.segmentation.forest_engine import ForestEngine
from core.segmentation.preprocessing import crop_info_bar, grey_levels, resample
from core.segmentation.settings import TileSettings
from core.segmentation.tiles import Stitch, taper, tiles
from core.types import Micrograph, ProgressCallback, Segmentation, no_progress

AnyEngine = Engine | ClassicEngine | ForestEngine
STRIDE = 32
SHORTEST_SIDE = 16
# Axes of (..., H, W) that are turned round: none, columns, rows, both.
MIRRORS: tuple[tuple[int, ...], ...] = ((), (-1,), (-2,), (-2, -1))


def segment(
    micrograph: Micrograph,
    engine: AnyEngine,
    settings: TileSettings | None = None,
    progress: ProgressCallback = no_progress,
) -> Segmentation:
    """Return the phases of every pixel above the info bar; below it the label is 0.

    Crops the info bar, stretches the grey levels, resamples to the model's training pixel size
    when both are known, and blends overlapping tiles. ``progress`` is called after every tile
    with (done, total) and stops the work by raising ``core.errors.Cancelled``.

    Raises:
        LamellaError: an image shorter or narrower than 16 px without its info bar.
    """
    settings = settings or TileSettings()
    field = crop_info_bar(micrograph.pixels, micrograph.info_bar_rows)
    if min(field.shape) < SHORTEST_SIDE:
        raise LamellaError(
            f"{micrograph.name} is {field.shape[0]} x {field.shape[1]} px without its info bar; at "
            f"least {SHORTEST_SIDE} x {SHORTEST_SIDE} px are needed. Use a larger image, or set "
            "fewer info-bar rows."
        )
    grey = grey_levels(field)
    working = resample(grey, working_shape(micrograph, engine))
    probabilities = predict(working, engine, settings, progress)
    probabilities = np.stack([resample(p, grey.shape) for p in probabilities])
    return _segmentation(micrograph, engine, probabilities, settings)


def working_shape(micrograph: Micrograph, engine: AnyEngine) -> tuple[int, int]:
    """Return (H, W) at the model's training pixel size; the field's own where one is unknown."""
    height, width = micrograph.shape[0] - micrograph.info_bar_rows, micrograph.shape[1]
    wanted = engine.card.pixel_size_nm
    if wanted is None or micrograph.pixel_size is None:
        return height, width
    factor = np.clip(micrograph.pixel_size.nm / wanted, 0.25, 4)
    return max(SHORTEST_SIDE, round(height * factor)), max(SHORTEST_SIDE, round(width * factor))


def predict(
    grey: np.ndarray,
    engine: AnyEngine,
    settings: TileSettings,
    progress: ProgressCallback = no_progress,
) -> np.ndarray:
    """Return the probabilities (C, H, W) float32 of a field (H, W) of grey levels in [0, 1].

    A card that is ``mirrored`` gets the mean over the field and its three mirror images, since
    a micrograph has no up and no left; ``progress`` then counts each of them.
    """
    if engine.whole_image:
        return engine.whole(grey, progress)
    height, width = grey.shape
    padded = np.pad(grey, ((0, -height % STRIDE), (0, -width % STRIDE)), mode="reflect")
    cut = tiles(padded.shape, settings.side_px, settings.overlap_px)
    mirrors = MIRRORS if engine.card.mirrored else MIRRORS[:1]
    stitch = Stitch(len(engine.card.phases), padded.shape)
    progress(0, len(cut) * len(mirrors))
    for index, tile in enumerate(cut):
        values = np.zeros((len(engine.card.phases), *padded[tile.window].shape), np.float32)
        for turn, axes in enumerate(mirrors, start=1):
            seen = np.flip(padded[tile.window], axes)[None]
            values += np.flip(engine.probabilities(seen)[0], axes) / len(mirrors)
            progress(index * len(mirrors) + turn, len(cut) * len(mirrors))
        stitch.add(tile, values, taper(tile, padded.shape, settings.overlap_px))
    return stitch.result()[:, :height, :width]


def _segmentation(
    micrograph: Micrograph,
    engine: AnyEngine,
    probabilities: np.ndarray,
    settings: TileSettings,
) -> Segmentation:
    channels, height, width = probabilities.shape
    whole = np.zeros((channels, *micrograph.shape), np.float16)
    whole[:, :height] = probabilities
    whole[0, height:] = 1
    labels = np.zeros(micrograph.shape, np.uint8)
    labels[:height] = probabilities.argmax(0)
    weights = engine.card.weights.sha256 if engine.card.weights else "untrained"
    weights = engine.teaching.digest if engine.teaching else weights
    card = engine.card
    given = [micrograph.digest, card.name, weights, card.mirrored, micrograph.info_bar_rows]
    text = json.dumps([*given, asdict(settings)])
    return Segmentation(
        labels=labels,
        probabilities=whole,
        phases=engine.card.phases,
        pixel_size=micrograph.pixel_size,
        model=engine.card.name,
        digest=hashlib.sha256(text.encode()).hexdigest(),
    )

"""A network over a field of any size, tile by tile, in the memory of one row of tiles."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np

from core.pixels.resampling import resampled_rows
from core.segmentation.engines.engine import Engine
from core.segmentation.settings import MULTIPLE_PX, TileSettings
from core.segmentation.tiles import Stitch, Tile, taper, tiles
from core.types.progress import ProgressCallback, no_progress

Put = Callable[[np.ndarray], None]
Item = TypeVar("Item")


def predict(
    grey: np.ndarray,
    engine: Engine,
    settings: TileSettings,
    progress: ProgressCallback = no_progress,
) -> np.ndarray:
    """Return the card's outputs (C, H, W) float32 in [0, 1] for a field (H, W) of grey levels in
    [0, 1], see :func:`predict_bands`."""
    bands: list[np.ndarray] = []
    predict_bands(
        grey, grey.shape, engine, settings, progress, lambda band: bands.append(band.copy())
    )
    return np.concatenate(bands, 1)


def predict_bands(
    grey: np.ndarray,
    shape: tuple[int, int],
    engine: Engine,
    settings: TileSettings,
    progress: ProgressCallback,
    put: Put,
) -> None:
    """Hand the card's outputs for a field of grey levels in [0, 1] to ``put``, band by band from
    the top: (C, rows, W) float32 in [0, 1], which are overwritten afterwards.

    ``grey`` (H, W) is resampled to ``shape``, which is that of the outputs, as its rows are needed.
    A card with ``tta_flips`` gets the mean over the field and its mirror images, since most
    micrographs have no up and no left; ``progress`` then counts each of them. While the network
    runs, another thread cuts the next tile and stitches the last one.
    """
    shared = settings.shared_px(engine.card)
    padded = (shape[0] + -shape[0] % MULTIPLE_PX, shape[1] + -shape[1] % MULTIPLE_PX)
    cut = tiles(padded, settings.side_px, shared)
    flips = engine.card.flips

    def put_image(top: int, values: np.ndarray) -> None:
        put(values[:, : shape[0] - top, : shape[1]])

    stitch, stitched = Stitch(len(engine.card.outputs), padded, put_image), None
    progress(0, len(cut) * len(flips))
    with ThreadPoolExecutor(1) as beside:
        for index, (tile, seen) in enumerate(_ahead(beside, _windows(grey, shape, cut))):
            values: np.ndarray | None = None
            for turn, axes in enumerate(flips, start=1):
                answer = np.flip(engine.probabilities(np.flip(seen, axes)[None])[0], axes)
                values = answer if values is None else values + answer
                progress(index * len(flips) + turn, len(cut) * len(flips))
            assert values is not None
            if len(flips) > 1:
                values /= len(flips)
            if len(cut) == 1:
                put_image(0, values)
                return
            if stitched is not None:
                stitched.result()
            weight = taper(tile, padded, shared)
            stitched = beside.submit(stitch.add, tile, values, weight)
    if stitched is not None:
        stitched.result()
    stitch.finish()


def _windows(
    grey: np.ndarray, shape: tuple[int, int], cut: tuple[Tile, ...]
) -> Iterator[tuple[Tile, np.ndarray]]:
    """Return each tile with its grey levels (h, w), mirrored beyond the edges of the field."""
    top, rows = -1, grey[:0]
    for tile in cut:
        if tile.top != top:
            top = tile.top
            rows = resampled_rows(grey, shape, slice(top, min(tile.bottom, shape[0])))
        seen = rows[:, tile.left : tile.right]
        missing = (tile.bottom - tile.top - seen.shape[0], tile.right - tile.left - seen.shape[1])
        yield tile, np.pad(seen, ((0, missing[0]), (0, missing[1])), mode="reflect")


def _ahead(beside: ThreadPoolExecutor, items: Iterator[Item]) -> Iterator[Item]:
    """Return ``items``, each made while the one before is worked on."""
    following = beside.submit(next, items, None)
    while (item := following.result()) is not None:
        following = beside.submit(next, items, None)
        yield item

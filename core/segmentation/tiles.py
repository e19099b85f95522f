"""Overlapping tiles and their seamless reunion: *tiles*, *taper*, *stitch*.

Tiles start at multiples of the network's stride, so a tile sees its pixels on the same grid as the
whole image would, and the only difference left is the context that a tile's edge cuts off.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Tile:
    """A window of an image: rows [top, bottom), columns [left, right)."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def window(self) -> tuple[slice, slice]:
        """Index of the tile's pixels in an array (H, W)."""
        return slice(self.top, self.bottom), slice(self.left, self.right)


def tiles(shape: tuple[int, int], side: int, overlap: int) -> tuple[Tile, ...]:
    """Return tiles of at most ``side`` px that cover ``shape`` (H, W), in raster order.

    Neighbours share at least ``overlap`` px. ``shape``, ``side`` and ``overlap`` are multiples of
    the network's stride, and so is every start.
    """
    rows = _starts(shape[0], side, overlap)
    columns = _starts(shape[1], side, overlap)
    height, width = min(side, shape[0]), min(side, shape[1])
    return tuple(Tile(r, c, r + height, c + width) for r in rows for c in columns)


def _starts(length: int, side: int, overlap: int) -> list[int]:
    if length <= side:
        return [0]
    return [*range(0, length - side, side - overlap), length - side]


def taper(tile: Tile, shape: tuple[int, int], overlap: int) -> np.ndarray:
    """Return the weight (h, w) float32 in (0, 1] of each pixel of ``tile`` when tiles are blended.

    Towards a neighbour the weight is almost 0 over the outer half of the overlap, where context is
    cut off, and rises linearly over the inner half; towards the image's edge it stays 1.
    """
    rows = _ramp(tile.bottom - tile.top, tile.top > 0, tile.bottom < shape[0], overlap)
    columns = _ramp(tile.right - tile.left, tile.left > 0, tile.right < shape[1], overlap)
    return np.outer(rows, columns)


def _ramp(length: int, neighbour_before: bool, neighbour_after: bool, overlap: int) -> np.ndarray:
    # Never 0, so that every pixel has a weight whatever the overlap is.
    rise = np.clip((np.arange(length) + 0.5 - overlap / 4) / max(overlap / 2, 1), 1e-4, 1)
    ramp = np.ones(length, np.float32)
    if neighbour_before:
        ramp = np.minimum(ramp, rise)
    if neighbour_after:
        ramp = np.minimum(ramp, rise[::-1])
    return ramp.astype(np.float32)


class Stitch:
    """The weighted mean of overlapping tiles, added one at a time.

    Memory is that of the result, however many tiles there are.
    """

    def __init__(self, channels: int, shape: tuple[int, int]) -> None:
        self._sum = np.zeros((channels, *shape), np.float32)
        self._weight = np.zeros(shape, np.float32)

    def add(self, tile: Tile, values: np.ndarray, weight: np.ndarray) -> None:
        """Add ``values`` (C, h, w) of ``tile`` with ``weight`` (h, w)."""
        rows, columns = tile.window
        self._sum[:, rows, columns] += values * weight
        self._weight[rows, columns] += weight

    def result(self) -> np.ndarray:
        """Return the blended values (C, H, W) float32; the stitch is used up by it."""
        np.divide(self._sum, self._weight, out=self._sum)
        return self._sum

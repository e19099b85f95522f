"""Overlapping tiles and their seamless reunion: *tiles*, *taper*, *stitch*.

Tiles start at multiples of the network's stride, so a tile sees its pixels on the same grid as the
whole image would, and the only difference left is the context that a tile's edge cuts off.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.segmentation.settings import MULTIPLE_PX


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
    """Return equal tiles of at most ``side`` px that cover ``shape`` (H, W), in raster order.

    As few as there can be, and no larger than they must be; neighbours share at least ``overlap``
    px. ``shape``, ``side`` and ``overlap`` are multiples of 32, and so are side and start of each.
    """
    (height, rows), (width, columns) = (_cut(length, side, overlap) for length in shape)
    return tuple(Tile(r, c, r + height, c + width) for r in rows for c in columns)


def _cut(length: int, side: int, overlap: int) -> tuple[int, list[int]]:
    """Return the side of tiles along one axis and where they start."""
    if length <= side:
        return length, [0]
    count = math.ceil((length - overlap) / (side - overlap))
    side = MULTIPLE_PX * math.ceil((length + (count - 1) * overlap) / count / MULTIPLE_PX)
    steps = (length - side) // MULTIPLE_PX
    return side, [MULTIPLE_PX * (steps * at // (count - 1)) for at in range(count)]


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
    """The weighted mean of overlapping tiles, added one at a time in raster order.

    Rows that no later tile reaches go to ``put`` at once, as their first row and the blended values
    (C, rows, W) float32, which are overwritten afterwards; so memory is that of one row of tiles,
    however large the image is.
    """

    def __init__(
        self,
        channels: int,
        shape: tuple[int, int],
        put: Callable[[int, np.ndarray], None],
    ) -> None:
        self._channels, self._width, self._put = channels, shape[1], put
        self._top = 0
        self._sum = np.zeros((channels, 0, shape[1]), np.float32)
        self._weight = np.zeros((0, shape[1]), np.float32)

    def add(self, tile: Tile, values: np.ndarray, weight: np.ndarray) -> None:
        """Add ``values`` (C, h, w) of ``tile`` with ``weight`` (h, w); ``values`` are used up."""
        self._finish(tile.top)
        self._reach(tile.bottom)
        rows, columns = slice(tile.top - self._top, tile.bottom - self._top), tile.window[1]
        values *= weight
        self._sum[:, rows, columns] += values
        self._weight[rows, columns] += weight

    def finish(self) -> None:
        """Hand out the rows that are left."""
        self._finish(self._top + len(self._weight))

    def _finish(self, row: int) -> None:
        """Hand out the rows above ``row`` and keep the others."""
        done = min(row - self._top, len(self._weight))
        if done <= 0:
            return
        blended = self._sum[:, :done]
        blended /= self._weight[:done]
        self._put(self._top, blended)
        self._sum, self._weight = self._sum[:, done:].copy(), self._weight[done:].copy()
        self._top += done

    def _reach(self, bottom: int) -> None:
        """Make room for rows up to ``bottom``."""
        more = bottom - self._top - len(self._weight)
        if more > 0:
            zeros = np.zeros((self._channels, more, self._width), np.float32)
            self._sum = np.concatenate([self._sum, zeros], 1)
            self._weight = np.concatenate([self._weight, zeros[0]])

"""Images whose pixels are not square, from scans that step differently down than across."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.types import PixelSize

if TYPE_CHECKING:
    from scipy.sparse import csr_array

MOST_ENLARGED = 4.0
ROWS_AT_ONCE = 64


def square_pixel_nm(pixel_size: PixelSize) -> float:
    """Return the side in nm of the square pixels that an image is resampled to.

    That of the finer direction, so that no detail is lost; the coarser one is enlarged by at most
    4, to bound the memory that a line scan takes.
    """
    if pixel_size.height_nm is None:
        return pixel_size.nm
    finer, coarser = sorted((pixel_size.nm, pixel_size.height_nm))
    return max(finer, coarser / MOST_ENLARGED)


def square_shape(shape: tuple[int, int], pixel_size: PixelSize | None) -> tuple[int, int]:
    """Return (H, W) of an image of ``shape`` (H, W) in square pixels; without a size as it is."""
    if pixel_size is None or pixel_size.height_nm is None:
        return shape
    side = square_pixel_nm(pixel_size)
    return (
        max(1, round(shape[0] * pixel_size.height_nm / side)),
        max(1, round(shape[1] * pixel_size.nm / side)),
    )


def resample(image: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Return ``image`` (H, W) float32 at ``shape`` (H, W): area mean down, linear up."""
    if image.shape == shape:
        return image
    shrinks = shape[0] < image.shape[0]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return cv2.resize(image, (shape[1], shape[0]), interpolation=method)


class BandResampler:
    """:func:`resample` of an image that comes and goes in bands of rows.

    ``shape``, ``target``: (H, W) before and after. ``put``: called with the first row and the
    values (C, rows, W) float32 of each band that is ready.
    """

    def __init__(
        self,
        shape: tuple[int, int],
        target: tuple[int, int],
        put: Callable[[int, np.ndarray], None],
    ) -> None:
        self._target, self._put = target, put
        self._weights = _row_weights(shape[0], target[0])
        self._first, self._ready, self._done = 0, 0, 0
        self._rows: list[np.ndarray] = []

    def add(self, band: np.ndarray) -> None:
        """Add the next rows (C, h, W) of the image."""
        # A few at a time, since what is made of them on the way is as large as they are.
        for top in range(0, band.shape[1], ROWS_AT_ONCE):
            self._add(band[:, top : top + ROWS_AT_ONCE])

    def _add(self, band: np.ndarray) -> None:
        height, width = band.shape[1], self._target[1]
        shrinks = self._weights.shape[0] < self._weights.shape[1]
        method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        across = [cv2.resize(one, (width, height), interpolation=method) for one in band]
        if self._rows:
            across = [np.concatenate(pair) for pair in zip(self._rows, across, strict=True)]
        self._rows = across
        self._ready += height
        self._hand_out()

    def _hand_out(self) -> None:
        weights = self._weights
        # Rows whose last source row is there; rows of a CSR matrix keep their columns in order.
        last = weights.indices[weights.indptr[1:] - 1]
        ready = int(np.searchsorted(last, self._ready))
        if ready == self._done:
            return
        part = weights[self._done : ready, self._first : self._ready]
        self._put(self._done, np.stack([part @ rows for rows in self._rows]))
        self._done = ready
        if ready < len(last):
            first = int(weights.indices[weights.indptr[ready]])
            self._rows = [rows[first - self._first :] for rows in self._rows]
            self._first = first


def resampled_rows(image: np.ndarray, shape: tuple[int, int], rows: slice) -> np.ndarray:
    """Return ``rows`` of :func:`resample` of ``image`` (H, W) float32 at ``shape`` (H, W), without
    the others."""
    if image.shape == shape:
        return image[rows]
    weights = _row_weights(image.shape[0], shape[0])[rows]
    first, last = int(weights.indices.min()), int(weights.indices.max()) + 1
    method = cv2.INTER_AREA if shape[0] < image.shape[0] else cv2.INTER_LINEAR
    across = cv2.resize(image[first:last], (shape[1], last - first), interpolation=method)
    return weights[:, first:last] @ across


@lru_cache(maxsize=8)
def _row_weights(height: int, target: int) -> csr_array:
    """Return the share (target, height) float32 of each row in each row of the resampled image."""
    from scipy.sparse import csr_array

    if target < height:
        edges = np.arange(target + 1) * (height / target)
        rows = [np.arange(int(a), min(math.ceil(b), height)) for a, b in pairwise(edges)]
        shares = [
            np.minimum(r + 1, b) - np.maximum(r, a)
            for r, (a, b) in zip(rows, pairwise(edges), strict=True)
        ]
        counts = [len(r) for r in rows]
        columns, values = np.concatenate(rows), np.concatenate(shares) * (target / height)
    else:
        at = (np.arange(target) + 0.5) * (height / target) - 0.5
        below = np.clip(np.floor(at), 0, max(height - 2, 0)).astype(np.intp)
        share = np.clip(at - below, 0, 1)
        above = np.minimum(below + 1, height - 1)
        columns = np.stack([below, above], 1).ravel()
        values = np.stack([1 - share, share], 1).ravel()
        counts = [2] * target
    starts = np.concatenate([[0], np.cumsum(counts)])
    return csr_array((values.astype(np.float32), columns, starts), shape=(target, height))


def resample_mask(mask: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Return ``mask`` (H, W) bool or ids at ``shape`` (H, W), each pixel that of its centre."""
    if mask.shape == shape:
        return mask
    rows, columns = (
        np.minimum(((np.arange(new) + 0.5) * old / new).astype(np.intp), old - 1)
        for old, new in zip(mask.shape, shape, strict=True)
    )
    return mask[np.ix_(rows, columns)]

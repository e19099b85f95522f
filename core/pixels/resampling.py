"""Images whose pixels are not square, from scans that step differently down than across."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from core.types.pixel_size import PixelSize

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
    values (C, rows, W) float32 of each band that is ready; those that were added, where both shapes
    are the same.
    """

    def __init__(
        self,
        shape: tuple[int, int],
        target: tuple[int, int],
        put: Callable[[int, np.ndarray], None],
    ) -> None:
        self._target, self._put = target, put
        self._weights = None if shape == target else _row_weights(shape[0], target[0])
        self._first, self._ready, self._done = 0, 0, 0
        self._rows: list[np.ndarray] = []

    def add(self, band: np.ndarray) -> None:
        """Add the next rows (C, h, W) of the image."""
        if self._weights is None:
            self._put(self._ready, band)
            self._ready += band.shape[1]
            return
        # A few at a time, since what is made of them on the way is as large as they are.
        for top in range(0, band.shape[1], ROWS_AT_ONCE):
            self._add(band[:, top : top + ROWS_AT_ONCE], self._weights)

    def _add(self, band: np.ndarray, weights: _RowWeights) -> None:
        height, width = band.shape[1], self._target[1]
        method = cv2.INTER_AREA if weights.shrinks else cv2.INTER_LINEAR
        across = [cv2.resize(one, (width, height), interpolation=method) for one in band]
        if self._rows:
            across = [np.concatenate(pair) for pair in zip(self._rows, across, strict=True)]
        self._rows = across
        self._ready += height
        self._hand_out(weights)

    def _hand_out(self, weights: _RowWeights) -> None:
        # Rows whose last source row is there.
        ready = int(np.searchsorted(weights.source[:, -1], self._ready))
        if ready == self._done:
            return
        wanted = slice(self._done, ready)
        self._put(
            self._done, np.stack([weights.sums(one, self._first, wanted) for one in self._rows])
        )
        self._done = ready
        if ready < len(weights.source):
            first = int(weights.source[ready, 0])
            self._rows = [rows[first - self._first :] for rows in self._rows]
            self._first = first


def resampled_rows(image: np.ndarray, shape: tuple[int, int], rows: slice) -> np.ndarray:
    """Return ``rows`` of :func:`resample` of ``image`` (H, W) float32 at ``shape`` (H, W), without
    the others."""
    if image.shape == shape:
        return image[rows]
    weights = _row_weights(image.shape[0], shape[0])
    source = weights.source[rows]
    first, last = int(source[0, 0]), int(source[-1, -1]) + 1
    method = cv2.INTER_AREA if weights.shrinks else cv2.INTER_LINEAR
    across = cv2.resize(image[first:last], (shape[1], last - first), interpolation=method)
    return weights.sums(across, first, rows)


@dataclass(frozen=True, eq=False)
class _RowWeights:
    """The rows of an image that make up each row of it resampled.

    ``source``: (R, K) their indices, rising along both axes. ``share``: (R, K) float32, 0 where
    fewer than K rows are needed. ``shrinks``: whether the image does.
    """

    source: np.ndarray
    share: np.ndarray
    shrinks: bool

    def sums(self, image: np.ndarray, first: int, wanted: slice) -> np.ndarray:
        """Return the ``wanted`` rows (r, W) float32 of the resampled image, of which ``image``
        (h, W) float32 has the rows from ``first`` on."""
        source, share = self.source[wanted] - first, self.share[wanted]
        found = image[source[:, 0]] * share[:, :1]
        for one in range(1, source.shape[1]):
            found += image[source[:, one]] * share[:, one : one + 1]
        return found


@lru_cache(maxsize=8)
def _row_weights(height: int, target: int) -> _RowWeights:
    """Return what the rows of an image of ``height`` come to when it is resampled to ``target``."""
    if target < height:
        edges = np.arange(target + 1)[:, None] * (height / target)
        begin, end = edges[:-1], edges[1:]
        last = np.minimum(np.ceil(end), height) - 1
        most = int((last - np.floor(begin)).max()) + 1
        source = np.minimum(np.floor(begin) + np.arange(most), last)
        share = np.minimum(source + 1, end) - np.maximum(source, begin)
        share[:, 1:][source[:, 1:] == source[:, :-1]] = 0
        share *= target / height
    else:
        at = (np.arange(target) + 0.5) * (height / target) - 0.5
        below = np.clip(np.floor(at), 0, max(height - 2, 0))
        above = np.minimum(below + 1, height - 1)
        source = np.stack([below, above], 1)
        share = np.clip(at - below, 0, 1)
        share = np.stack([1 - share, share], 1)
    return _RowWeights(source.astype(np.intp), share.astype(np.float32), target < height)


def resample_mask(mask: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Return ``mask`` (H, W) bool or ids at ``shape`` (H, W), each pixel that of its centre."""
    if mask.shape == shape:
        return mask
    rows, columns = (
        np.minimum(((np.arange(new) + 0.5) * old / new).astype(np.intp), old - 1)
        for old, new in zip(mask.shape, shape, strict=True)
    )
    return mask[np.ix_(rows, columns)]

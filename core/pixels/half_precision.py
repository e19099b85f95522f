"""Probabilities in half precision, rounded as numpy rounds them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np

_SMALLEST_NORMAL = np.float32(2.0**-14)
_STEPS = np.float32(2.0**24)
_BAND_ROWS = 64


def put_as_half(values: np.ndarray, place: np.ndarray) -> None:
    """Write ``values`` (C, H, W) float32, none negative, into ``place`` (C, H, W) float16.

    The numbers are those of ``place[:] = values``. Below 2^-14 half precision is a whole number of
    2^-24, which processors take ten times as long to round; that is most of the answer of a network
    that is sure of itself, so it is counted instead.
    """
    with ThreadPoolExecutor(2) as pool:
        # A list, so that what went wrong in a thread is raised here.
        list(pool.map(_put_channel, values, place))


def _put_channel(channel: np.ndarray, target: np.ndarray) -> None:
    for top in range(0, len(channel), _BAND_ROWS):
        band = channel[top : top + _BAND_ROWS]
        half = np.maximum(band, _SMALLEST_NORMAL).astype(np.float16)
        steps = np.rint(np.minimum(band, _SMALLEST_NORMAL) * _STEPS).astype(np.uint16)
        np.copyto(half.view(np.uint16), steps, where=band < _SMALLEST_NORMAL)
        target[top : top + _BAND_ROWS] = half

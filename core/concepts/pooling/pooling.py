"""Pooling: one number for each window of an image.

Source: Dumoulin & Visin 2016, arXiv:1603.07285, section 3 (sizes); Boureau, Ponce & LeCun 2010,
A theoretical analysis of feature pooling (maximum against average).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from core.concepts.snippet import Snippet
from core.errors import LamellaError
from core.image_size import width_x_height
from core.types.arrays import read_only

_REDUCE: Mapping[str, Callable[..., np.ndarray]] = MappingProxyType(
    {"max": np.max, "average": np.mean, "median": np.median}
)
OPERATIONS = tuple(_REDUCE)


@dataclass(frozen=True)
class Pooling:
    """``operation``: max, average or median. ``window``, ``stride``: px, the same both ways."""

    operation: str
    window: int
    stride: int


@dataclass(frozen=True, eq=False)
class PooledWindow:
    """One window. ``values``: (window, window). ``top``, ``left``: its corner in the image.

    ``result``: what the pooling makes of it.
    """

    values: np.ndarray
    top: int
    left: int
    result: float


def pool(image: np.ndarray, pooling: Pooling) -> np.ndarray:
    """Return an image (H, W) pooled without padding, (h, w) float64, read-only.

    h = floor((H - window) / stride) + 1; rows that fill no window any more are left out.

    Raises:
        LamellaError: an operation that does not exist, or a window larger than the image.
    """
    height, width = _pooled_shape(image, pooling)
    step = pooling.stride
    # One image for each place in the window: several times as fast as one array for each window.
    places = [
        image[
            top : top + (height - 1) * step + 1 : step, left : left + (width - 1) * step + 1 : step
        ]
        for top in range(pooling.window)
        for left in range(pooling.window)
    ]
    return read_only(_REDUCE[pooling.operation](np.array(places, np.float64), axis=0))


def _pooled_shape(image: np.ndarray, pooling: Pooling) -> tuple[int, int]:
    if pooling.operation not in _REDUCE:
        raise LamellaError(
            f'There is no pooling "{pooling.operation}"; choose one of {", ".join(OPERATIONS)}.'
        )
    if not 1 <= pooling.window <= min(image.shape) or pooling.stride < 1:
        raise LamellaError(
            f"A window of {pooling.window} px with stride {pooling.stride} does not fit an image "
            f"of {width_x_height(image.shape)} px; choose a smaller window."
        )
    height, width = ((side - pooling.window) // pooling.stride + 1 for side in image.shape)
    return height, width


def window_at(image: np.ndarray, pooling: Pooling, row: int, column: int) -> PooledWindow:
    """Return the window behind pixel (row, column) of the pooled image.

    Raises:
        LamellaError: as :func:`pool`.
    """
    height, width = _pooled_shape(image, pooling)
    row, column = min(row, height - 1), min(column, width - 1)
    top, left = row * pooling.stride, column * pooling.stride
    values = image[top : top + pooling.window, left : left + pooling.window]
    result = _REDUCE[pooling.operation](values.astype(np.float64))
    return PooledWindow(read_only(values), top, left, float(result))


def snippet(window: PooledWindow, pooling: Pooling) -> Snippet:
    """Return the lines that pool one window."""
    values = np.round(window.values.astype(np.float64), 4)
    rows = "\n".join("    [" + ", ".join(f"{x:.4f}" for x in row) + "]," for row in values)
    function = {"max": "max", "average": "mean", "median": "median"}[pooling.operation]
    return Snippet(
        f"import numpy as np\n\nwindow = np.array([\n{rows}\n])\n"
        f'print(f"{{np.{function}(window):.3f}}")',
        f"{pool(values, Pooling(pooling.operation, pooling.window, 1))[0, 0]:.3f}",
    )

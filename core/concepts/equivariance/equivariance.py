"""Shift the image: does the feature map shift with it?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import ndimage

from core.concepts.convolution.convolution import Walk, feature_map
from core.concepts.convolution.kernels import gaussian
from core.concepts.convolution.output_size import Geometry
from core.concepts.convolution.padding import PaddingMode
from core.concepts.snippet import Snippet
from core.errors import LamellaError

Operation = Callable[[np.ndarray], np.ndarray]


Kind = Literal["convolution", "max pooling", "blurred pooling"]


@dataclass(frozen=True, eq=False)
class ImageOperation:
    """What is done to the image: an operation by ``name``, with the ``stride`` of its output.

    ``kind``, ``kernel`` (k, k), ``mode``: what it is made of, for whoever computes it elsewhere;
    the padding is k // 2. Max pooling takes no notice of the kernel.
    """

    name: str
    stride: int
    run: Operation
    kind: Kind
    kernel: np.ndarray
    mode: PaddingMode = "circular"


def steps(kernel: np.ndarray) -> tuple[ImageOperation, ...]:
    """Return the operations that the lecture compares, each (H, W) -> (h, w) float64."""

    def walked(name: str, mode: PaddingMode, stride: int = 1) -> ImageOperation:
        made = Walk(kernel, Geometry(stride, len(kernel) // 2), mode)
        return ImageOperation(
            name, stride, lambda image: feature_map(image, made), "convolution", kernel, mode
        )

    return (
        walked("Convolution, circular padding", "circular"),
        walked("Convolution, zero padding", "zero"),
        walked("Convolution of stride 2", "circular", 2),
        ImageOperation("Max pooling of 2", 2, max_pool, "max pooling", kernel),
        ImageOperation(
            "Max pooling, blurred before it is thinned",
            2,
            blur_pool,
            "blurred pooling",
            gaussian(3),
        ),
    )


def max_pool(image: np.ndarray) -> np.ndarray:
    """Return the largest of each 2 x 2 px: (H, W) -> (H // 2, W // 2)."""
    height, width = (length // 2 * 2 for length in image.shape)
    blocks = image[:height, :width].reshape(height // 2, 2, width // 2, 2)
    return blocks.max(axis=(1, 3)).astype(np.float64)


def blur_pool(image: np.ndarray) -> np.ndarray:
    """Return max pooling at stride 1, a binomial blur of 3 px, and then every second pixel.

    Source: Zhang 2019, arXiv:1904.11486.
    """
    dense = ndimage.maximum_filter(image.astype(np.float64), 2, mode="wrap", origin=-1)
    return feature_map(dense, Walk(gaussian(3), Geometry(2, 1), "circular"))


@dataclass(frozen=True, eq=False)
class ShiftTest:
    """Both orders of shifting and operating, both (h, w).

    ``first``: shift, then operate. ``after``: operate, then shift by as many output px.
    ``scale``: the standard deviation of the map, to judge the difference by.
    """

    first: np.ndarray
    after: np.ndarray
    scale: float

    @property
    def difference(self) -> np.ndarray:
        return self.first - self.after

    @property
    def largest(self) -> float:
        return float(np.abs(self.difference).max())

    @property
    def differing(self) -> float:
        """Share of the map's pixels that differ by over 1e-9."""
        return float((np.abs(self.difference) > 1e-9).mean())

    @property
    def relative(self) -> float:
        """Root mean square difference over the map's standard deviation; 0 is equivariant."""
        return float(np.sqrt((self.difference**2).mean()) / self.scale)


def shift_test(image: np.ndarray, step: ImageOperation, rows: int, columns: int) -> ShiftTest:
    """Shift ``image`` (H, W) around by whole pixels, and compare the two orders.

    Where the shift is no multiple of the stride, the map cannot follow exactly: it is moved by the
    nearest whole number of output px, towards 0.

    Raises:
        LamellaError: the image is constant, so that every shift looks alike.
    """
    moved = np.roll(image, (rows, columns), (0, 1))
    plain = step.run(image)
    scale = float(plain.std())
    if scale == 0:
        raise LamellaError(
            "This feature map is constant, so no shift is seen in it; choose another image."
        )
    by = (int(rows / step.stride), int(columns / step.stride))
    return ShiftTest(step.run(moved), np.roll(plain, by, (0, 1)), scale)


def curve(image: np.ndarray, step: ImageOperation, shifts: range) -> np.ndarray:
    """Return the relative difference at each diagonal shift: (len(shifts),) float64."""
    return np.array([shift_test(image, step, shift, shift).relative for shift in shifts])


def pooling_snippet() -> Snippet:
    """Return the example of Zhang 2019: one pixel decides what max pooling gives."""
    code = """\
import numpy as np

line = np.array([0, 0, 1, 1, 0, 0, 1, 1])
print(line.reshape(-1, 2).max(1), np.roll(line, 1).reshape(-1, 2).max(1))"""
    line = np.array([0, 0, 1, 1, 0, 0, 1, 1])
    pooled = [max_pool(np.stack([row, row]))[0].astype(int) for row in (line, np.roll(line, 1))]
    return Snippet(code, f"{pooled[0]} {pooled[1]}")

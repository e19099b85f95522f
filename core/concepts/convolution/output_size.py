"""How large a feature map becomes, and how often each input pixel is read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.concepts.snippet import Snippet
from core.errors import LamellaError


@dataclass(frozen=True)
class Geometry:
    """How a kernel walks over an image, the same in rows and columns.

    ``stride``: input px between neighbouring outputs. ``padding``: px added on each side.
    ``dilation``: input px between neighbouring taps of the kernel.

    Raises:
        LamellaError: a stride or dilation below 1, or a negative padding.
    """

    stride: int = 1
    padding: int = 0
    dilation: int = 1

    def __post_init__(self) -> None:
        if self.stride < 1 or self.dilation < 1 or self.padding < 0:
            raise LamellaError(
                f"Stride {self.stride}, dilation {self.dilation} and padding {self.padding} came; "
                "stride and dilation start at 1, padding at 0."
            )


def extent(kernel: int, dilation: int = 1) -> int:
    """Return how many px a dilated kernel spans: d (k - 1) + 1."""
    return dilation * (kernel - 1) + 1


def same_padding(kernel: int, dilation: int = 1) -> int:
    """Return the padding that keeps the size at stride 1, for an odd kernel: d (k - 1) / 2."""
    return (extent(kernel, dilation) - 1) // 2


def output_size(length: int, kernel: int, geometry: Geometry) -> int:
    """Return floor((n + 2p - d(k - 1) - 1) / s) + 1, the outputs along a side of ``length`` px.

    Source: Dumoulin and Visin 2016, arXiv:1603.07285, with dilation.

    Raises:
        LamellaError: the kernel is larger than the padded image, or the stride than the image.
    """
    span = extent(kernel, geometry.dilation)
    padded = length + 2 * geometry.padding
    if span > padded:
        raise LamellaError(
            f"The kernel spans {span} px and the padded image only {padded} px; take a smaller "
            "kernel or dilation, or more padding."
        )
    if geometry.stride > length:
        raise LamellaError(
            f"A stride of {geometry.stride} px steps over the whole image of {length} px; "
            f"choose at most {length}."
        )
    return (padded - span) // geometry.stride + 1


def read_counts(length: int, kernel: int, geometry: Geometry) -> np.ndarray:
    """Return how many outputs read each input pixel along one side: (length,) int64.

    Padding is not counted. In an image, pixel (i, j) is read counts[i] * counts[j] times.

    Raises:
        LamellaError: as :func:`output_size`.
    """
    outputs = output_size(length, kernel, geometry)
    starts = np.arange(outputs)[:, None] * geometry.stride - geometry.padding
    places = (starts + np.arange(kernel) * geometry.dilation).ravel()
    inside = places[(places >= 0) & (places < length)]
    return np.bincount(inside, minlength=length)


def read_map(shape: tuple[int, int], kernel: int, geometry: Geometry) -> np.ndarray:
    """Return how many outputs read each pixel of an image: (H, W) int64."""
    rows, columns = (read_counts(length, kernel, geometry) for length in shape)
    return np.outer(rows, columns)


def size_snippet(length: int, kernel: int, geometry: Geometry) -> Snippet:
    """Return the output size by torch, and how many of the input pixels are never read."""
    outputs = output_size(length, kernel, geometry)
    unread = int((read_map((length, length), kernel, geometry) == 0).sum())
    code = f"""\
import torch

image = torch.ones(1, 1, {length}, {length}, requires_grad=True)
kernel = torch.ones(1, 1, {kernel}, {kernel})
output = torch.nn.functional.conv2d(
    image, kernel, stride={geometry.stride}, padding={geometry.padding}, \
dilation={geometry.dilation}
)
output.sum().backward()  # the gradient counts how often each pixel is read
print(output.shape[-1], int((image.grad == 0).sum()))"""
    return Snippet(code, f"{outputs} {unread}")

"""A kernel walks over an image: convolution, cross-correlation, and the sum behind one pixel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.concepts.convolution.output_size import Geometry, extent, output_size
from core.concepts.convolution.padding import NUMPY_MODES, TORCH_MODES, PaddingMode, pad
from core.concepts.snippet import Snippet, literal, six_digits


@dataclass(frozen=True, eq=False)
class Walk:
    """All that decides a feature map besides the image.

    ``kernel``: (k, k) float64. ``flip``: True is the convolution of mathematics, which turns the
    kernel by 180 degrees; False is cross-correlation, what frameworks compute.
    """

    kernel: np.ndarray
    geometry: Geometry = Geometry()
    mode: PaddingMode = "zero"
    flip: bool = False

    @property
    def applied(self) -> np.ndarray:
        """(k, k): the kernel as it is laid on the image."""
        return self.kernel[::-1, ::-1] if self.flip else self.kernel

    @property
    def size(self) -> int:
        return len(self.kernel)


def feature_map(image: np.ndarray, walk: Walk) -> np.ndarray:
    """Return the feature map (h, w) float64 of ``image`` (H, W).

    S[m, n] = sum over i, j of I[s m + d i - p, s n + d j - p] K[i, j], K turned where ``flip``.

    Raises:
        LamellaError: kernel, stride or padding do not fit the image.
    """
    geometry, taps = walk.geometry, walk.applied
    height, width = (output_size(length, walk.size, geometry) for length in image.shape)
    padded = pad(image.astype(np.float64), geometry.padding, walk.mode)
    step = geometry.stride
    found = np.zeros((height, width))
    for (i, j), weight in np.ndenumerate(taps):
        if weight:
            top, left = i * geometry.dilation, j * geometry.dilation
            rows = slice(top, top + (height - 1) * step + 1, step)
            columns = slice(left, left + (width - 1) * step + 1, step)
            found += weight * padded[rows, columns]
    return found


@dataclass(frozen=True, eq=False)
class OnePixel:
    """The sum behind one output pixel.

    ``output``: its (row, column) in the feature map. ``top``, ``left``: input pixel under the
    kernel's first tap, negative in the padding. ``patch``, ``weights``, ``products``: (k, k).
    """

    output: tuple[int, int]
    top: int
    left: int
    patch: np.ndarray
    weights: np.ndarray

    @property
    def products(self) -> np.ndarray:
        return self.patch * self.weights

    @property
    def total(self) -> float:
        return float(self.products.sum())


def one_pixel(image: np.ndarray, walk: Walk, row: int, column: int) -> OnePixel:
    """Return the sum behind the output whose kernel lies closest around input (row, column).

    Raises:
        LamellaError: as :func:`feature_map`.
    """
    geometry = walk.geometry
    span = extent(walk.size, geometry.dilation)
    places = []
    for at, length in zip((row, column), image.shape, strict=True):
        outputs = output_size(length, walk.size, geometry)
        nearest = round((at + geometry.padding - (span - 1) / 2) / geometry.stride)
        places.append(min(max(nearest, 0), outputs - 1))
    return output_pixel(image, walk, *places)


def output_pixel(image: np.ndarray, walk: Walk, row: int, column: int) -> OnePixel:
    """Return the sum behind the output (row, column), the last one where there are fewer.

    Raises:
        LamellaError: as :func:`feature_map`.
    """
    geometry = walk.geometry
    span = extent(walk.size, geometry.dilation)
    counts = (output_size(length, walk.size, geometry) for length in image.shape)
    row, column = (min(at, count - 1) for at, count in zip((row, column), counts, strict=True))
    padded = pad(image.astype(np.float64), geometry.padding, walk.mode)
    top, left = row * geometry.stride, column * geometry.stride
    patch = padded[top : top + span : geometry.dilation, left : left + span : geometry.dilation]
    return OnePixel(
        (row, column),
        top - geometry.padding,
        left - geometry.padding,
        patch,
        walk.applied,
    )


def differences(image: np.ndarray, walk: Walk, ours: np.ndarray) -> dict[str, float]:
    """Return the largest difference of our feature map from scipy's and from torch's.

    scipy turns the kernel by itself, and torch pads by itself. Odd kernels only.
    """
    return {
        "scipy": float(np.abs(_by_scipy(image, walk) - ours).max()),
        "torch": float(np.abs(_by_torch(image, walk) - ours).max()),
    }


def _by_scipy(image: np.ndarray, walk: Walk) -> np.ndarray:
    from scipy.ndimage import convolve, correlate

    geometry = walk.geometry
    spread = np.zeros((extent(walk.size, geometry.dilation),) * 2)
    spread[:: geometry.dilation, :: geometry.dilation] = walk.kernel
    padded = np.pad(image.astype(np.float64), geometry.padding, NUMPY_MODES[walk.mode])
    walked = (convolve if walk.flip else correlate)(padded, spread, mode="constant")
    half = len(spread) // 2
    whole = walked[half : len(walked) - half, half : walked.shape[1] - half]
    return whole[:: geometry.stride, :: geometry.stride]


def _by_torch(image: np.ndarray, walk: Walk) -> np.ndarray:
    import torch

    geometry = walk.geometry
    inputs = torch.from_numpy(image.astype(np.float64))[None, None]
    padded = torch.nn.functional.pad(inputs, [geometry.padding] * 4, TORCH_MODES[walk.mode])
    weight = torch.from_numpy(np.ascontiguousarray(walk.applied))[None, None]
    walked = torch.nn.functional.conv2d(
        padded, weight, stride=geometry.stride, dilation=geometry.dilation
    )
    return walked[0, 0].numpy()


def impulse_response(walk: Walk) -> np.ndarray:
    """Return the feature map of a single bright pixel, (2k - 1, 2k - 1), at stride 1.

    A convolution prints the kernel as it is, a cross-correlation prints it turned by 180 degrees.
    """
    side = 2 * walk.size - 1
    impulse = np.zeros((side, side))
    impulse[side // 2, side // 2] = 1
    plain = Walk(walk.kernel, Geometry(padding=walk.size // 2), "zero", walk.flip)
    return feature_map(impulse, plain)


def pixel_snippet(found: OnePixel, flip: bool) -> Snippet:
    """Return the sum behind one pixel as lines of numpy; grey levels rounded to four digits."""
    patch, weights = six_digits(found.patch.round(4)), six_digits(found.weights)
    total = float((patch * weights).sum())
    kernel, turned = (weights[::-1, ::-1], "kernel[::-1, ::-1]") if flip else (weights, "kernel")
    code = f"""\
import numpy as np

patch = np.array({literal(patch)})
kernel = np.array({literal(kernel)})
print(f"{{(patch * {turned}).sum():.4f}}")"""
    return Snippet(code, f"{total:.4f}")

"""Part 2 of the lecture: convolution, padding and stride."""

from __future__ import annotations

import cv2
import numpy as np
import plotly.graph_objects as go

from core.concepts.convolution.border import borders
from core.concepts.convolution.convolution import Walk, feature_map, impulse_response, one_pixel
from core.concepts.convolution.kernels import PRESETS, corner, sobel
from core.concepts.convolution.output_size import Geometry, read_counts, same_padding
from core.figures.concepts.convolution import (
    Panel,
    arithmetic,
    border_figure,
    feature_colors,
    panels,
    read_figure,
)
from core.figures.lecture.pictures import Shown, pictures, walk
from core.image_size import width_x_height
from lecture.step import Part, Question, Step, Subject

SIDE, COARSE, KERNEL = 256, 18, 3
SHOWN_KERNELS = {
    "Identity": 3,
    "Gaussian": 7,
    "Motion": 7,
    "Sharpen": 3,
    "Sobel": 3,
    "Laplacian": 7,
}
EDGES = ("Sobel", "Laplacian")
PADDINGS = ("real pixels", "zero", "reflect")
LARGE_KERNEL = 7


def _coarse(subject: Subject, side: int = COARSE) -> np.ndarray:
    image = np.ascontiguousarray(subject.middle(SIDE))
    return cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA)


def _slide(subject: Subject, stride: int = 1) -> go.Figure:
    image = _coarse(subject)
    found = feature_map(image, Walk(sobel(KERNEL), Geometry(stride)))
    return walk(
        Shown(image, f"Image, {COARSE} × {COARSE}, and the kernel on it"),
        Shown(feature_colors(found), f"Feature map, {width_x_height(found.shape, '×')}"),
        KERNEL,
        stride,
    )


def _strided(subject: Subject) -> go.Figure:
    return _slide(subject, 2)


def _pixel(subject: Subject) -> go.Figure:
    image = subject.middle(SIDE)
    edges = np.abs(feature_map(image, Walk(sobel(KERNEL))))
    row, column = np.unravel_index(int(edges.argmax()), edges.shape)
    found = one_pixel(image, Walk(sobel(KERNEL)), int(row) + 1, int(column) + 1)
    figure = arithmetic(found)
    figure.layout.annotations[2].text = f"Products, their sum: {found.total:.2f}"
    return figure


def _kernels(subject: Subject) -> go.Figure:
    image = subject.middle(SIDE)
    shown = []
    for name, size in SHOWN_KERNELS.items():
        walked = Walk(PRESETS[name](size), Geometry(padding=size // 2), "reflect")
        found = feature_map(image, walked)
        # What sums to 1 gives grey levels again; what sums to 0 has both signs.
        picture = feature_colors(found) if name in EDGES else np.clip(found, 0, 1)
        shown.append(Shown(picture, f"{name}, {size} × {size}"))
    return pictures(shown, rows=2)


def _flipped(subject: Subject) -> go.Figure:
    kernel = corner(KERNEL)
    printed = (impulse_response(Walk(kernel, flip=flip)) for flip in (True, False))
    return panels(
        [
            Panel(kernel, "The kernel", ".0f"),
            *(
                Panel(one, title, ".0f")
                for one, title in zip(printed, ("Convolution", "Cross-correlation"), strict=True)
            ),
        ]
    )


def _padding(subject: Subject) -> go.Figure:
    size = 2 * LARGE_KERNEL + 1
    margin = same_padding(size)
    around = subject.middle(SIDE)
    found = borders(around, margin, Walk(np.ones((size, size)) / size**2))
    return border_figure({one.mode: one.corner for one in found if one.mode in PADDINGS}, margin)


def _strides(subject: Subject) -> go.Figure:
    image = subject.middle(SIDE)
    shown = []
    for stride in (1, 2, 4):
        found = feature_map(image, Walk(sobel(KERNEL), Geometry(stride, 1)))
        title = f"Stride {stride}: {width_x_height(found.shape, '×')}"
        shown.append(Shown(feature_colors(found), title))
    return pictures(shown)


def _read(subject: Subject) -> go.Figure:
    counts = read_counts(10, KERNEL, Geometry(2))
    return read_figure(np.outer(counts, counts))


PART = Part(
    "Convolution, padding and stride",
    (
        Step(
            "convolution",
            "A small kernel slides over the micrograph",
            "At each position, nine grey levels are multiplied by nine weights and summed. The "
            "sums form a new image, the feature map.",
            _slide,
            "convolution",
        ),
        Step(
            "one-pixel",
            "One output pixel: nine products and their sum",
            "Where the Sobel kernel responds most strongly on this micrograph: three grey levels "
            "on the right minus three on the left, the middle row counted twice.",
            _pixel,
            "convolution",
        ),
        Step(
            "kernels",
            "Different weights, different features",
            "Blurring, sharpening, finding edges: the same operation with different weights. A "
            "network learns its weights from examples.",
            _kernels,
            "convolution",
        ),
        Step(
            "flip",
            "What frameworks call convolution is cross-correlation",
            "A single bright pixel shows it: mathematical convolution reproduces the kernel, "
            "cross-correlation reproduces it rotated by 180°. For a learned kernel it makes no "
            "difference.",
            _flipped,
            "convolution",
            {"conv_topic": "Convolution vs. cross-correlation"},
        ),
        Step(
            "padding",
            "Padding invents what lies outside the image",
            "Nothing was recorded to the left of and above the orange lines. Zero padding adds a "
            "dark edge that the network then sees; reflecting repeats what is there.",
            _padding,
            "convolution",
        ),
        Step(
            "stride",
            "Stride: the kernel jumps, the map shrinks",
            "With a stride of 2 the kernel stops at every second pixel: half as many outputs along "
            "each side, a quarter of the work.",
            _strided,
            "convolution",
            {"conv_stride": "2"},
        ),
        Step(
            "strides",
            "The same edges at stride 1, 2 and 4",
            "Outputs along a side: (n + 2p - k) / s, rounded down, plus 1, for n pixels, padding "
            "p, kernel size k and stride s.",
            _strides,
            "convolution",
            {"conv_stride": "4"},
        ),
        Step(
            "read-counts",
            "Not every pixel counts equally",
            "How often a 3 × 3 kernel with stride 2 and no padding reads each of 10 × 10 pixels: "
            "the last row and the last column are never read.",
            _read,
            "convolution",
        ),
        Step(
            "predict-size",
            "Predict: the size of a feature map",
            "(32 - 5) / 2 = 13.5, rounded down to 13, plus 1 for the first position. The last row "
            "and the last column are never read.",
            None,
            "convolution",
            question=Question(
                "Image 32 px, kernel 5 px, stride 2, no padding: how many outputs along a side?",
                ("13", "14", "15", "16"),
                1,
            ),
        ),
    ),
)

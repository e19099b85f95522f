"""Part 3 of the lecture: local connections, shared weights, and what moves with the image."""

from __future__ import annotations

import plotly.graph_objects as go

from core.concepts.convolution.kernels import sobel
from core.concepts.convolution.weight_sharing import layer_matrix
from core.concepts.equivariance.equivariance import ShiftTest, curve, shift_test, steps
from core.figures.concepts.convolution import difference_colors, feature_colors
from core.figures.concepts.sharing import Sharing, matrix_figure, shift_figure
from core.figures.lecture.pictures import Shown, pictures
from lecture.step import Part, Question, Step, Subject

SIDE, SMALL = 256, 8
SHIFT_PX, SHIFTS = 9, range(9)


def _matrix(sharing: Sharing) -> go.Figure:
    return matrix_figure(layer_matrix(sobel(3), SMALL), sharing)


def _dense(subject: Subject) -> go.Figure:
    return _matrix("Fully connected")


def _local(subject: Subject) -> go.Figure:
    return _matrix("Locally connected")


def _shared(subject: Subject) -> go.Figure:
    return _matrix("Shared")


def _orders(found: ShiftTest) -> go.Figure:
    return pictures(
        [
            Shown(feature_colors(found.first), "Shift, then layer"),
            Shown(feature_colors(found.after), "Layer, then shift"),
            Shown(
                difference_colors(found.difference, found.first),
                f"Difference: at most {found.largest:.2g}",
            ),
        ]
    )


def _equivariant(subject: Subject) -> go.Figure:
    step = steps(sobel(3))[0]
    return _orders(shift_test(subject.middle(SIDE), step, SHIFT_PX, SHIFT_PX))


def _broken(subject: Subject) -> go.Figure:
    step = steps(sobel(3))[2]
    return _orders(shift_test(subject.middle(SIDE), step, SHIFT_PX, SHIFT_PX))


def _curves(subject: Subject) -> go.Figure:
    image = subject.middle(SIDE)
    known = steps(sobel(3))
    curves = {known[index].name: curve(image, known[index], SHIFTS) for index in (0, 1, 2, 3)}
    return shift_figure(SHIFTS, curves, "difference / contrast", axis="diagonal shift (px)")


PART = Part(
    "Local connections, shared weights",
    (
        Step(
            "fully-connected",
            "Fully connected: every output reads every pixel",
            "From 8 × 8 pixels to 6 × 6 outputs, written as a matrix: 36 rows of 64 entries, 2,304 "
            "independent weights.",
            _dense,
            "sharing",
        ),
        Step(
            "locally-connected",
            "Locally connected: every output reads its neighbourhood",
            "Nearby pixels are related, distant ones hardly are: 9 entries remain in each row, 324 "
            "weights in all.",
            _local,
            "sharing",
        ),
        Step(
            "shared",
            "Shared: the same nine weights everywhere",
            "A grain boundary looks the same wherever it lies, so one detector is enough: 9 "
            "weights for the whole layer. This matrix is the convolution.",
            _shared,
            "sharing",
        ),
        Step(
            "equivariance",
            "Equivariance: the feature map moves with the image",
            "The same kernel everywhere: shifting and then convolving equals convolving and then "
            "shifting. What is learned at one position holds at all positions.",
            _equivariant,
            "sharing",
        ),
        Step(
            "stride-breaks",
            "Stride breaks equivariance",
            "A shift of 9 pixels is not a multiple of the stride of 2: the layer samples different "
            "pixels, and no shift of its map can undo that.",
            _broken,
            "sharing",
        ),
        Step(
            "shift-curves",
            "Measured: which layers follow a shift, and which do not",
            "Zero padding breaks equivariance at the border, stride and pooling at every shift "
            "that is not a multiple of the stride.",
            _curves,
            "sharing",
        ),
        Step(
            "predict-invariance",
            "Predict: a particle moves",
            "It is equivariant: the map moves with the particle. Invariance, the same output "
            "wherever the particle is, comes from pooling over all positions.",
            None,
            "sharing",
            question=Question(
                "A particle moves across the image. What does the feature map of a convolution do?",
                ("it stays the same", "it moves with the particle", "it changes its shape"),
                1,
            ),
        ),
    ),
)

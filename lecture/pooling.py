"""Part 4 of the lecture: pooling, what it keeps and what it loses."""

from __future__ import annotations

import cv2
import numpy as np
import plotly.graph_objects as go

from core.concepts.picture import busiest
from core.concepts.pooling.pooling import Pooling, pool
from core.concepts.pooling.pooling_noise import spot_scores, spotty
from core.concepts.pooling.pooling_shift import STEPS as LINE
from core.concepts.pooling.pooling_shift import pooled_steps, shift_curves
from core.figures.concepts.convolution import Panel, panels
from core.figures.lecture.pictures import Shown, pictures
from core.figures.networks.pooling import contrast_figure, shift_figure
from core.image_size import width_x_height
from lecture.step import Part, Question, Step, Subject

SIDE, COARSE = 256, 32
WINDOW, STRIDE, SHIFTS = 2, 2, tuple(range(9))
DOSE, CONTRAST = 100, 0.5


def _windows(subject: Subject) -> go.Figure:
    image = np.ascontiguousarray(subject.middle(SIDE))
    small = cv2.resize(image, (COARSE, COARSE), interpolation=cv2.INTER_AREA)
    patch = np.round(255 * small[busiest(small, 4)]).astype(float)
    pooled = {name: pool(patch, Pooling(name, 2, 2)) for name in ("max", "average")}
    return panels(
        [
            Panel(values, title, ".0f", False, 0, 255)
            for title, values in (
                ("4 × 4 px", patch),
                ("Maximum of 2 × 2", pooled["max"]),
                ("Average of 2 × 2", pooled["average"]),
            )
        ]
    )


def _micrograph(subject: Subject) -> go.Figure:
    image = subject.middle(SIDE)
    shown = [Shown(image, f"Before: {width_x_height(image.shape, '×')}")]
    for name in ("max", "average"):
        found = pool(image, Pooling(name, 8, 8))
        shown.append(
            Shown(found, f"{name.capitalize()} of 8 × 8: {width_x_height(found.shape, '×')}")
        )
    return pictures(shown)


def _spots(subject: Subject) -> go.Figure:
    image = subject.middle(SIDE)
    noisy = spotty(image * 0 + 1, CONTRAST, DOSE)
    return contrast_figure(spot_scores(noisy, WINDOW, STRIDE))


def _line(subject: Subject) -> go.Figure:
    lines = {
        "A line of pixels; below, shifted by 1 px": np.array([LINE, np.roll(LINE, 1)]),
        "The maximum of each pair": np.array([pooled_steps(0), pooled_steps(1)]),
    }
    return panels(
        [Panel(values, title, ".0f", False, -0.4, 1.4) for title, values in lines.items()], ("→",)
    )


def _shifts(subject: Subject) -> go.Figure:
    return shift_figure(shift_curves(subject.middle(SIDE), WINDOW, STRIDE, SHIFTS), SHIFTS)


PART = Part(
    "Pooling",
    (
        Step(
            "pooling",
            "Pooling: one number for each window",
            "Max pooling keeps the strongest of four responses, average pooling their mean. "
            "Nothing is learned here; the map is half as large along each side.",
            _windows,
            "pooling",
        ),
        Step(
            "pooled-micrograph",
            "On the micrograph: max and average pooling",
            "Max pooling makes bright structures grow and dark ones vanish; average pooling keeps "
            "the mean grey level and smooths the noise.",
            _micrograph,
            "pooling",
            {"window": "6", "stride": "6"},
        ),
        Step(
            "pooled-noise",
            "Which one keeps a bright spot in noise?",
            "Single bright pixels on a flat background of 100 electrons per pixel: "
            "contrast-to-noise ratio after 2 × 2 pooling. Max pooling keeps the spot, average "
            "pooling dilutes it.",
            _spots,
            "pooling",
            {"ground": "flat"},
        ),
        Step(
            "pooled-shift",
            "Pooling alone does not give invariance",
            "0 0 1 1 0 0 1 1, max-pooled in pairs, keeps its pattern; shifted by one pixel, every "
            "pair contains a one, and the pattern is gone.",
            _line,
            "pooling",
            {"pool_topic": "When the image moves"},
        ),
        Step(
            "pooled-curves",
            "Measured: how much a pooled micrograph changes when it is shifted",
            "0 means no change, 1.41 two unrelated images. At multiples of the stride only the "
            "position changes; in between, the pooled image itself changes, with max and with "
            "average pooling.",
            _shifts,
            "pooling",
            {"pool_topic": "When the image moves"},
        ),
        Step(
            "predict-pooling",
            "Predict: max pooling on noise",
            "The largest of four normally distributed values lies on average 1.03 standard "
            "deviations above the mean: 110.3. Average pooling leaves the mean at 100.",
            None,
            "pooling",
            question=Question(
                "A flat, noisy background has mean 100 and standard deviation 10. What is its mean "
                "after 2 × 2 max pooling?",
                ("95", "100", "110", "120"),
                2,
            ),
        ),
    ),
)

"""Part 1 of the lecture: why an image is too much for fully connected layers."""

from __future__ import annotations

from functools import cache

import numpy as np
import plotly.graph_objects as go

from core.concepts.convolution.parameter_counts import Layers
from core.concepts.equivariance.invariance import hidden_distances
from core.concepts.picture import busiest
from core.concepts.shuffling import permutation, shuffled
from core.figures.concepts.convolution import Panel, panels
from core.figures.concepts.parameters import accuracy_figure, memory_figure
from core.figures.concepts.sharing import shift_figure
from core.figures.lecture.parameters import forms_figure
from core.figures.lecture.pictures import Frame, Shown, beside, pictures
from lecture.step import Part, Question, Step, Subject
from models import lecture as networks

SIDE, PATCH = 256, 8
LAYERS = Layers(units=512, maps=16)
MEGAPIXEL = 1024
NAMES = {"mlp": "MLP", "cnn": "CNN, averaged", "flat": "CNN, flattened"}
SNAPSHOT = 54
SHIFTS_PX = (1, 5)


def _numbers(subject: Subject) -> go.Figure:
    image = subject.middle(SIDE)
    top, left = ((length - PATCH) // 2 for length in image.shape)
    patch = image[top : top + PATCH, left : left + PATCH]
    chart = panels([Panel(255 * patch, f"Its central {PATCH} × {PATCH} px", ".0f", False, 0, 255)])
    box = Frame(top - 2, left - 2, PATCH + 4, PATCH + 4)
    return beside(Shown(image, "Centre of the micrograph", (box,)), chart)


def _forms(subject: Subject) -> go.Figure:
    return forms_figure(LAYERS, MEGAPIXEL)


def _memory(subject: Subject) -> go.Figure:
    return memory_figure(LAYERS, "float32", True, MEGAPIXEL, None)


def _shuffled(subject: Subject) -> go.Figure:
    image = subject.middle(SIDE)
    mixed = shuffled(image[None], permutation(image.size))[0]
    return pictures([Shown(image, "As recorded"), Shown(mixed, "Pixels shuffled")])


def _accuracy(subject: Subject) -> go.Figure:
    rows = networks.measured()
    return accuracy_figure({(NAMES[row.network], row.inputs): row.folds for row in rows})


def _moved(subject: Subject) -> go.Figure:
    image = subject.middle(SIDE)
    inside = busiest(image, SIDE // 4)
    seen = [_grey(np.roll(image, by, 1)[inside]) for by in (0, *SHIFTS_PX)]
    shown = [Shown(seen[0], "Original")]
    for by, moved in zip(SHIFTS_PX, seen[1:], strict=True):
        changed = np.mean(moved != seen[0])
        shown.append(Shown(moved, f"Shifted by {by} px: {changed:.0%} of inputs differ"))
    return pictures(shown)


def _grey(image: np.ndarray) -> np.ndarray:
    """Return an image with 256 grey levels, as it is recorded, in [0, 1]."""
    return np.rint(255 * image) / 255


def _invariance(subject: Subject) -> go.Figure:
    spins, shifts = _snapshot(), range(9)
    curves = {
        title: hidden_distances(networks.load(name, "straight"), spins, shifts)
        for name, title in NAMES.items()
    }
    return shift_figure(shifts, curves, "|h(Tx) - h(x)| / |h(x)|", axis="shift (px)")


@cache
def _snapshot() -> np.ndarray:
    return networks.snapshots()[0][SNAPSHOT]


PART = Part(
    "The image problem",
    (
        Step(
            "numbers",
            "A micrograph is a grid of numbers",
            "All a network receives is one grey level per pixel. Particles, boundaries and phases "
            "are patterns of neighbouring pixels.",
            _numbers,
        ),
        Step(
            "too-many-weights",
            "Too many weights: a layer that fits on no graphics card",
            "From one megapixel to 16 feature maps, a fully connected layer needs "
            "17,592,186,044,416 weights, 64 TiB. A convolution needs 144.",
            _forms,
            "image-problem",
        ),
        Step(
            "memory",
            "Twice the side, four times the weights",
            "Training with Adam stores four numbers per weight, so even 512 units on one megapixel "
            "need 8 GiB. The weights of a convolution do not depend on the image size.",
            _memory,
            "image-problem",
            {"image_training": "true", "image_precision": "float32"},
        ),
        Step(
            "shuffled",
            "Structure lost: a dense layer sees a list",
            "Shuffle the pixels of all images in the same way and a dense layer can learn just as "
            "well: it does not know which pixels are neighbours.",
            _shuffled,
            "image-problem",
        ),
        Step(
            "shuffled-measured",
            "Measured: the MLP does not care, the CNN does",
            "The task: is a lattice of spins below or above its critical temperature? Shuffling "
            "costs the MLP nothing; the CNN loses the neighbourhoods it relies on.",
            _accuracy,
            "image-problem",
        ),
        Step(
            "moved",
            "No invariance: one pixel of shift, another vector",
            "To us this is the same microstructure. To a dense layer it is another list of "
            "numbers: each weight now meets the grey level of another pixel.",
            _moved,
            "image-problem",
        ),
        Step(
            "invariance",
            "Measured: only averaging over all positions is invariant",
            "How much the hidden units change when the image is shifted. The CNN that averages its "
            "maps stays put; if they are flattened into a dense layer, it does not.",
            _invariance,
            "image-problem",
        ),
        Step(
            "predict-weights",
            "Predict: a larger image",
            "By 4: every unit has one weight per pixel. A convolution needs no additional weight.",
            None,
            "image-problem",
            question=Question(
                "The width and the height of an image double. By what factor does the number of "
                "weights of a fully connected layer grow?",
                ("it does not grow", "2", "4", "16"),
                2,
            ),
        ),
    ),
)

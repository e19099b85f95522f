"""Part 1 of the lecture: why an image is too much for fully connected layers."""

from __future__ import annotations

from functools import cache

import numpy as np
import plotly.graph_objects as go

from core.concepts.invariance import hidden_distances
from core.concepts.parameter_counts import Layers
from core.concepts.shuffling import permutation, shuffled
from core.figures.concepts_convolution import Panel, panels
from core.figures.concepts_parameters import accuracy_figure, memory_figure
from core.figures.concepts_sharing import shift_figure
from core.figures.lecture_parameters import forms_figure
from core.figures.lecture_pictures import Frame, Shown, beside, pictures
from lecture.step import Part, Question, Step, Subject
from models import lecture as networks

SIDE, PATCH = 256, 8
LAYERS = Layers(units=512, maps=16)
MEGAPIXEL = 1024
NAMES = {"mlp": "MLP", "cnn": "CNN, averaged", "flat": "CNN, flattened"}
SNAPSHOT = 54


def _numbers(subject: Subject) -> go.Figure:
    image = subject.middle(SIDE)
    top, left = ((length - PATCH) // 2 for length in image.shape)
    patch = image[top : top + PATCH, left : left + PATCH]
    chart = panels([Panel(255 * patch, f"{PATCH} × {PATCH} px of it", ".0f", False, 0, 255)])
    box = Frame(top - 2, left - 2, PATCH + 4, PATCH + 4)
    return beside(Shown(image, "The micrograph's middle", (box,)), chart)


def _forms(subject: Subject) -> go.Figure:
    return forms_figure(LAYERS, MEGAPIXEL)


def _memory(subject: Subject) -> go.Figure:
    return memory_figure(LAYERS, "float32", True, MEGAPIXEL, None)


def _shuffled(subject: Subject) -> go.Figure:
    image = subject.middle(SIDE)
    mixed = shuffled(image[None], permutation(image.size))[0]
    return pictures([Shown(image, "As recorded"), Shown(mixed, "Its pixels shuffled")])


def _accuracy(subject: Subject) -> go.Figure:
    rows = networks.measured()
    return accuracy_figure({(NAMES[row.network], row.inputs): row.folds for row in rows})


def _moved(subject: Subject) -> go.Figure:
    spins = _snapshot()
    shown = [np.roll(spins, by, 1) / 2 + 0.5 for by in (0, 1, 5)]
    titles = ("At rest", "Moved by 1 px", "Moved by 5 px")
    return pictures([Shown(one, title) for one, title in zip(shown, titles, strict=True)])


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
            "All that a network gets is one grey level per pixel. Particles, boundaries and phases "
            "are patterns among neighbours.",
            _numbers,
        ),
        Step(
            "too-many-weights",
            "Too many weights: a layer that fits on no graphics card",
            "One megapixel in, 16 maps out: fully connected, that is 17,592,186,044,416 weights, "
            "64 TiB. A convolution does it with 144.",
            _forms,
            "image-problem",
        ),
        Step(
            "memory",
            "Twice the side, four times the weights",
            "Training with Adam keeps four numbers per weight. Even 512 units on one megapixel "
            "then need 8 GiB; the convolution does not depend on the image's size.",
            _memory,
            "image-problem",
            {"image_training": "true", "image_precision": "float32"},
        ),
        Step(
            "shuffled",
            "Structure lost: a dense layer sees a list",
            "Shuffle the pixels of every image alike, and a dense layer can learn exactly as well: "
            "it does not know which pixels are neighbours.",
            _shuffled,
            "image-problem",
        ),
        Step(
            "shuffled-measured",
            "Measured: the MLP does not care, the CNN does",
            "Below or above the critical temperature? Shuffling costs the MLP nothing. The CNN "
            "loses the neighbourhoods it relies on.",
            _accuracy,
            "image-problem",
        ),
        Step(
            "moved",
            "No invariance: moved by one pixel, another vector",
            "To us these are the same microstructure. To a dense layer nearly every one of its "
            "inputs has changed.",
            _moved,
            "image-problem",
        ),
        Step(
            "invariance",
            "Measured: only averaging over all places is invariant",
            "How far the hidden units move with the image. The CNN that averages its maps stays "
            "put; flattened into a dense layer, the same convolution does not.",
            _invariance,
            "image-problem",
        ),
        Step(
            "predict-weights",
            "Predict: a larger image",
            "Four times: every unit has one weight per pixel. The convolution needs not one weight"
            " more.",
            None,
            "image-problem",
            question=Question(
                "An image twice as wide and twice as high: how many times the weights does a fully"
                " connected layer need, with as many units?",
                ("as many as before", "2 times", "4 times", "16 times"),
                2,
            ),
        ),
    ),
)

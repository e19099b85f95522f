"""The steps of the lecture: each has its sentence, and a picture of real numbers."""

from __future__ import annotations

import base64
import json
import logging
import math
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from core.concepts.picture import busiest
from core.errors import LamellaError
from core.figures.lecture.pictures import Shown, pictures, walk
from core.synthesis.samples import samples
from lecture.drawing import ON_SAMPLE, WITHOUT, encoded
from lecture.step import MOST_LETTERS, Step, Subject
from lecture.steps import PARTS, STEPS
from lecture.table import markdown

REPOSITORY = Path(__file__).resolve().parents[2]


@cache
def subject() -> Subject:
    made = samples()[0].build()
    return Subject(made.micrograph, made.labels)


def numbers(value: Any) -> Iterator[float]:
    """Yield every number of a figure's JSON, those of packed arrays too."""
    if isinstance(value, dict):
        if "bdata" in value:
            packed = base64.b64decode(value["bdata"])
            yield from np.frombuffer(packed, value["dtype"]).astype(float).tolist()
            return
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from numbers(one)
    elif isinstance(value, float):
        yield value


QUESTIONS = {key: step.question for key, step in STEPS.items() if step.question}


@pytest.mark.parametrize("key", [key for key in STEPS if key not in QUESTIONS])
def test_a_step_has_a_picture(key: str, caplog: pytest.LogCaptureFixture) -> None:
    made = encoded(STEPS[key], subject(), subject())
    assert not caplog.records
    drawn = json.loads(made.data)
    assert drawn["data"] or drawn["layout"]["images"]
    # Cells that are no connection are clear: the matrices of a layer are nan there.
    if not key.endswith("connected") and key != "shared":
        assert not any(math.isnan(one) for one in numbers(drawn))
    assert "height" not in drawn["layout"]
    # Raises ValueError for what plotly does not have.
    go.Figure(drawn, skip_invalid=False)


def test_every_step_has_a_name_a_title_and_one_or_two_lines() -> None:
    assert len(STEPS) == sum(len(part.steps) for part in PARTS)
    for key, step in STEPS.items():
        assert key.replace("-", "").isalnum() and key == key.lower()
        assert 5 < len(step.title) <= 70, key
        assert 40 < len(step.sentence) <= MOST_LETTERS, key
        assert step.sentence.endswith("."), key


def test_every_question_has_its_answer_among_its_choices() -> None:
    assert len(QUESTIONS) == 7
    for key, question in QUESTIONS.items():
        assert question.ask.endswith("?") and len(question.ask) <= 140, key
        assert 0 <= question.truth < len(set(question.choices)) == len(question.choices) <= 4, key


def test_the_lecture_is_in_the_order_of_its_ideas() -> None:
    wanted = (
        *("too-many-weights", "shuffled", "invariance", "convolution", "padding", "stride"),
        *("locally-connected", "shared", "pooling", "field-1", "hierarchy", "lenet5", "alexnet"),
        *("residual-block", "unet", "gold-data", "grains-data", "ising-data", "summary"),
    )
    assert [key for key in STEPS if key in wanted] == list(wanted)


def test_what_is_live_is_a_page() -> None:
    pages = {path.stem.replace("_", "-") for path in (REPOSITORY / "pages").glob("*.py")}
    assert {step.page for step in STEPS.values() if step.page} <= pages


def test_the_numbers_of_the_sentences() -> None:
    from core.concepts.convolution.parameter_counts import Layers, in_words, memory_bytes
    from core.concepts.convolution.weight_sharing import layer_matrix
    from models.architectures import ARCHITECTURES
    from studies.ising.networks import results as ising

    assert f"64 at {ising.crossings()[-1]['value']:.3f} J/k" in STEPS["ising-binder"].sentence
    layers = Layers(512, 16)
    assert layers.dense_maps(1024) == 17_592_186_044_416
    assert in_words(memory_bytes(layers.dense_maps(1024), "float32", False)) == "64 TiB"
    assert in_words(memory_bytes(layers.dense(1024), "float32", True)) == "8 GiB"
    assert layers.shared(1024) == 144
    matrix = layer_matrix(np.ones((3, 3)), 8)
    assert (matrix.dense, matrix.local, matrix.distinct) == (2304, 324, 9)
    known = {name: ARCHITECTURES[name].parameters for name in ("lenet5", "alexnet", "resnet18")}
    assert known == {"lenet5": 61_706, "alexnet": 61_100_840, "resnet18": 11_689_512}
    folds = {one.parameters: one.mean for one in ising.folds(64)}
    assert abs(folds[98] - folds[529_282]) < 0.005


def broken(_: Subject) -> go.Figure:
    raise LamellaError("The image has 1 x 1 px and 3 x 3 px are needed; choose a larger one.")


def test_a_step_that_cannot_be_drawn_is_drawn_on_a_sample(
    caplog: pytest.LogCaptureFixture,
) -> None:
    mine, sample = (Subject(subject().micrograph) for _ in range(2))

    def draw(given: Subject) -> go.Figure:
        return pictures([Shown(np.eye(3))]) if given is sample else broken(given)

    with caplog.at_level(logging.CRITICAL):
        made = json.loads(encoded(Step("a", "t", "s", draw), mine, sample).data)
        assert made["layout"]["meta"]["note"] == ON_SAMPLE
        assert len(made["layout"]["images"]) == 1
        nothing = json.loads(encoded(Step("a", "t", "s", broken), mine, sample).data)
    assert nothing["layout"]["meta"]["note"] == WITHOUT


def test_the_kernel_walks_over_every_output_once() -> None:
    figure = walk(Shown(np.zeros((6, 6))), Shown(np.zeros((2, 2))), 3, stride=2)
    frames = figure.layout.meta["frames"]
    assert len(frames) == 4
    # The last output of stride 2 reads rows and columns 2 to 4.
    assert (frames[-1]["shapes[0].x0"], frames[-1]["shapes[0].x1"]) == (1.5, 4.5)
    # Nothing is left to fill: both covers are empty.
    assert frames[-1]["shapes[2].x0"] == frames[-1]["shapes[2].x1"]
    assert frames[-1]["shapes[3].y0"] == frames[-1]["shapes[3].y1"]


def test_the_busiest_square_is_where_the_contrast_is() -> None:
    image = np.full((32, 32), 0.5)
    image[16:24, 8:16:2] = 1
    assert busiest(image, 8) == (slice(16, 24), slice(8, 16))


def test_the_document_has_every_step() -> None:
    assert (REPOSITORY / "docs" / "lecture.md").read_text("utf-8") == markdown()

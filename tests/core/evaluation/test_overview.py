"""A model in a line, and how long an image takes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.evaluation.measured import NAN, Measured
from core.evaluation.overview import expected_time, overview_row
from core.types.model_card import ModelCard
from models import zoo

SLOW = Measured("slow", None, 4, ("a", "b"), {}, seconds=94.0)


@pytest.mark.parametrize(
    ("shape", "words"),
    [((512, 512), "about 25 s"), ((2048, 2048), "about 7 min"), ((128, 128), "")],
)
def test_the_time_an_image_takes_follows_from_what_was_measured(
    shape: tuple[int, int], words: str
) -> None:
    assert expected_time(SLOW, shape) == words


def test_what_was_not_measured_has_no_time() -> None:
    assert expected_time(None, (4096, 4096)) == ""
    assert expected_time(replace(SLOW, seconds=NAN), (4096, 4096)) == ""


@pytest.mark.parametrize("card", [one for one in zoo.CARDS.values() if one.scores])
def test_the_first_score_of_every_card_is_one_of_which_more_is_better(card: ModelCard) -> None:
    assert "error" not in overview_row(card, None).metric

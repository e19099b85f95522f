"""Pieces of a rod are joined where the grey levels show it whole, and only there."""

from __future__ import annotations

import numpy as np
import pytest

from core.segmentation.objects.broken_rods import join_rods, regions_by_grey

EVERYWHERE = np.ones((200, 300), bool)
ROW, COLUMN = np.mgrid[:200, :300]


def rod(degrees: float, length: float = 160, width: float = 20) -> np.ndarray:
    turn = np.radians(degrees)
    row, column = ROW - 100, COLUMN - 150
    along, across = column * np.cos(turn) + row * np.sin(turn), row * np.cos(turn)
    across = across - column * np.sin(turn)
    return (abs(along) <= length / 2) & (abs(across) <= width / 2)


def along(degrees: float) -> np.ndarray:
    turn = np.radians(degrees)
    return (COLUMN - 150) * np.cos(turn) + (ROW - 100) * np.sin(turn)


def grey(inside: np.ndarray, level: float = 0.2) -> np.ndarray:
    noise = np.random.default_rng(4).normal(0, 0.02, inside.shape)
    return (np.where(inside, level, 0.6) + noise).astype(np.float32)


def pieces(inside: np.ndarray, *parts: np.ndarray) -> np.ndarray:
    objects = np.zeros(inside.shape, np.uint32)
    for number, part in enumerate(parts, start=1):
        objects[inside & part] = number
    return objects


@pytest.mark.parametrize("degrees", [0, 35, 90])
@pytest.mark.parametrize("level", [0.2, 0.9])
def test_a_rod_without_its_middle_is_one(degrees, level):
    inside, x = rod(degrees), along(degrees)
    objects = pieces(inside, x < -50, (x > -10) & (x < 5), x > 50)
    join_rods(objects, regions_by_grey(objects > 0, grey(inside, level), EVERYWHERE))
    assert np.unique(objects).tolist() == [0, 1]
    assert (objects > 0).sum() == pytest.approx(inside.sum(), rel=0.05)


def test_what_is_no_broken_rod_stays_as_it_is():
    inside, x = rod(0), along(0)
    apart = inside & (abs(x) > 20)
    disc = (ROW - 100) ** 2 + (COLUMN - 150) ** 2 <= 60**2
    for shown, objects in (
        (apart, pieces(apart, x < 0, x > 0)),  # Ground between them.
        (inside, pieces(inside, x < 0, x > 0)),  # Two that touch end to end.
        (inside, pieces(inside, x < -60, (x > -50) & (x < -30))),  # Nothing at one end.
        (disc, pieces(disc, x < -40, x > 40)),  # No rod.
        (inside, pieces(inside, x < -50)),  # One piece only.
        (inside, pieces(inside)),
    ):
        before = objects.copy()
        join_rods(objects, regions_by_grey(objects > 0, grey(shown), EVERYWHERE))
        np.testing.assert_array_equal(objects, before)

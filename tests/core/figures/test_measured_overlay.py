import numpy as np

from core.fields.result import Drawing, DrawnHits, DrawnLine
from core.figures.measured_overlay import (
    DIFFERENCES,
    HIT,
    differences_overlay,
    measured_overlay,
    nearest_hit,
)
from core.palette import rgb

HITS = DrawnHits(np.array([3, 5]), np.array([[20.0, 30.0], [50.0, 60.0]]), np.array([1.0, 0.0]))
DRAWING = Drawing((DrawnLine("test line", np.array([[8.0, 0.0], [8.0, 99.0]])),), HITS)


def test_lines_and_hits_lie_where_they_were_measured() -> None:
    picture = measured_overlay(DRAWING, (80, 100))
    assert picture.shape == (80, 100, 4) and picture.dtype == np.uint8
    assert (picture[8, :, 3] > 0).all()
    assert (picture[14, :, 3] == 0).all()
    assert (picture[20, 30, :3] == rgb(HIT)).all()
    # One that was removed is a ring.
    assert picture[50, 60, 3] == 0 and picture[50, 63, 3] > 0


def test_a_click_means_the_nearest_hit_within_reach() -> None:
    assert nearest_hit(DRAWING, 21, 33, (80, 100)) == 3
    assert nearest_hit(DRAWING, 35, 45, (80, 100)) is None
    assert nearest_hit(Drawing(), 35, 45, (80, 100)) is None


def test_each_difference_has_its_colour_and_what_is_the_same_is_clear() -> None:
    picture = differences_overlay(np.array([[0, 1], [2, 3]], np.uint8))
    assert picture[0, 0].tolist() == [0, 0, 0, 0]
    for place, color in zip(((0, 1), (1, 0), (1, 1)), DIFFERENCES[1:], strict=True):
        assert (picture[place][:3] == rgb(color)).all()

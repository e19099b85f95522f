"""Places to label next are told in the pixels of the image itself."""

from __future__ import annotations

import numpy as np

from core.training.fine_tuning.where_next import Candidate, Place
from models.lab.next_places import _Read


def test_a_place_lies_below_a_bar_and_in_oblong_pixels_where_it_is() -> None:
    # A bar of 10 rows at the top, and pixels twice as high as wide: 50 rows are seen as 100.
    read = _Read(Candidate("a", np.zeros((100, 200), np.uint8)), 10, (50, 200))
    place = read.in_the_image(Place("a", "unsure area", 20, 40, 60, 80, 0.5))
    assert (place.top, place.left, place.bottom, place.right) == (20, 40, 40, 80)

"""Objects of a few pixels are said to be too small to trust, in px and in nm alike."""

import numpy as np
import pytest

from core.measurement.few_pixels import few_pixels_in_words
from core.measurement.regions import measure_objects
from core.types.pixel_size import PixelSize


def table_of(side: int, size: PixelSize | None):
    """Nine squares of ``side`` px in a row."""
    ids = np.zeros((40, 320), np.uint32)
    for index in range(9):
        ids[10 : 10 + side, 10 + 34 * index : 10 + 34 * index + side] = index + 1
    return measure_objects(ids, np.zeros(ids.shape), size)


@pytest.mark.parametrize("size", [None, PixelSize(5.0, "typed by user")])
def test_squares_of_8_px_are_too_small_and_of_9_px_are_not(size):
    # The disc of the area of 8 x 8 px is 9.03 px wide, that of 9 x 9 px 10.2 px.
    told = few_pixels_in_words(table_of(8, size), 0, 20, size)
    assert told is not None and told.startswith("9 of 9 objects are under 10 px wide: a pixel")
    assert few_pixels_in_words(table_of(9, size), 0, 20, size) is None


def test_objects_that_were_left_out_count_as_small():
    large = table_of(20, None)
    assert few_pixels_in_words(large, 8, 20, None) is None
    told = few_pixels_in_words(large, 9, 20, None)
    assert told is not None and "9 of 18 objects" in told and "9 of them under 20 px²" in told
    assert few_pixels_in_words(large.iloc[:0], 0, 20, None) is None


def test_objects_under_an_area_that_wide_ones_have_do_not_count_as_small():
    # 78 px² is the area of a disc 9.97 px wide, 79 px² that of one 10.03 px wide.
    told = few_pixels_in_words(table_of(20, None), 9, 78, None)
    assert told is not None and "9 of 18 objects" in told
    assert few_pixels_in_words(table_of(20, None), 51, 79, None) is None

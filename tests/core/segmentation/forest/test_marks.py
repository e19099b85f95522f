"""Strokes and masks: which pixels they mark, and what is refused."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from core.errors import DataError
from core.segmentation.forest.marks import marks_of, mask_png, named_phases, read_marks
from core.segmentation.forest.strokes import ERASER, Stroke, draw_strokes

SHAPE = (40, 60)


def file_of(values: np.ndarray, kind: str = "PNG") -> bytes:
    stream = io.BytesIO()
    Image.fromarray(values).save(stream, kind)
    return stream.getvalue()


def test_a_straight_stroke_marks_the_pixels_under_the_brush():
    drawn = draw_strokes([Stroke(1, 5, ((10.5, 20.5), (10.5, 40.5)))], SHAPE)
    assert set(np.unique(drawn)) == {0, 2}
    assert (drawn[8:13, 20:41] == 2).all()
    assert not drawn[:8].any() and not drawn[13:].any()
    # The round ends: half a disc each.
    assert drawn[10, 18:43].all() and not drawn[10, :18].any() and not drawn[8, :19].any()


def test_a_dot_marks_a_disc_and_a_brush_of_1_px_one_pixel():
    dot = draw_strokes([Stroke(0, 9, ((20.5, 30.5),))], SHAPE)
    assert dot.sum() == pytest.approx(np.pi * 4.5**2, rel=0.1)
    rows, columns = np.nonzero(dot)
    assert (rows.mean(), columns.mean()) == pytest.approx((20, 30), abs=0.1)
    single = draw_strokes([Stroke(0, 1, ((20.5, 30.5),))], SHAPE)
    assert np.argwhere(single).tolist() == [[20, 30]]


def test_the_newest_stroke_lies_on_top_and_the_eraser_unmarks():
    across = ((20.5, 5.5), (20.5, 55.5))
    drawn = draw_strokes(
        [
            Stroke(0, 3, across),
            Stroke(1, 3, ((20.5, 30.5), (20.5, 55.5))),
            Stroke(ERASER, 7, ((20.5, 50.5),)),
        ],
        SHAPE,
    )
    assert (drawn[20, 10], drawn[20, 40], drawn[20, 50]) == (1, 2, 0)


def test_strokes_lie_over_a_mask_and_leave_it_as_it_was():
    mask = np.ones(SHAPE, np.uint8)
    drawn = draw_strokes([Stroke(1, 3, ((20.5, 30.5),))], SHAPE, mask)
    assert (drawn[20, 30], drawn[0, 0]) == (2, 1) and (mask == 1).all()


def test_a_long_stroke_has_no_gaps_whichever_way_it_runs():
    drawn = draw_strokes([Stroke(0, 1, ((0.5, 0.5), (150.5, 299.5)))], (200, 320))
    rows, columns = np.nonzero(drawn)
    assert set(columns) == set(range(300)) and np.abs(rows - columns * 150 / 299).max() < 1


def test_strokes_that_leave_the_image_mark_what_lies_inside():
    drawn = draw_strokes([Stroke(0, 5, ((-50.0, 30.5), (90.0, 30.5)))], SHAPE)
    assert (drawn[:, 30] == 1).all()


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_a_mask_comes_back_as_it_was_written(kind):
    values = np.random.default_rng(0).integers(0, 4, SHAPE, np.uint8)
    np.testing.assert_array_equal(read_marks(file_of(values, kind), "m", SHAPE), values)
    np.testing.assert_array_equal(read_marks(mask_png(values), "m", SHAPE), values)


def test_a_mask_to_look_at_has_the_colours_of_the_phases():
    shown = Image.open(io.BytesIO(mask_png(np.array([[0, 1, 2]], np.uint8)))).convert("RGB")
    assert [shown.getpixel((x, 0)) for x in range(3)] == [(0, 0, 0), (0, 114, 178), (230, 159, 0)]


def huge_png() -> bytes:
    """Return the beginning of a PNG that claims to be 60000 x 60000 px."""
    header = struct.pack(">IIBBBBB", 60000, 60000, 8, 0, 0, 0, 0)
    chunk = b"IHDR" + header
    return (
        b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    )


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"no image", "no readable PNG or TIFF"),
        (file_of(np.zeros(SHAPE, np.uint8))[:60], "no readable PNG or TIFF"),
        (huge_png(), "no readable PNG or TIFF"),
        (file_of(np.zeros((40, 59), np.uint8)), "59 x 40 px and its image 60 x 40 px"),
        (file_of(np.zeros((*SHAPE, 3), np.uint8)), "holds colours"),
        (file_of(np.zeros(SHAPE, np.float32), "TIFF"), "fractions"),
        (file_of(np.full(SHAPE, 255, np.uint8)), "holds the value 255"),
    ],
)
def test_what_is_wrong_with_a_mask_is_said(data, words):
    with pytest.raises(DataError, match=words):
        read_marks(data, "m.png", SHAPE)


@pytest.mark.parametrize(
    ("names", "words"),
    [(["a"], "1 phases"), ("abcdefghi", "9 phases"), (["a", " "], "differ"), (["a", "a "], "dif")],
)
def test_phases_need_two_to_eight_names_that_differ(names, words):
    with pytest.raises(DataError, match=words):
        named_phases(names)


def test_eight_phases_have_eight_colours_and_names_count_in_the_digest():
    assert len({phase.color for phase in named_phases("abcdefgh")}) == 8
    values = np.eye(3, dtype=np.uint8)
    ab, ac = (marks_of(values, named_phases(names)) for names in ("ab", "ac"))
    assert ab.digest != ac.digest
    assert ab.pixels_of_phases() == {"a": 3, "b": 0}

"""The bar beside a label whose place is known."""

from __future__ import annotations

import pytest

from core.scale_bar.bar import bars_near
from core.scale_bar.shapes import Bar
from core.segmentation.annotations.drawn_marks import Box
from tests.core.scale_bar.drawn import draw, micrograph, pixels_of, rectangle, write


def only(found: tuple[Bar, ...]) -> Bar:
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize("below", [False, True], ids=["above", "below"])
@pytest.mark.parametrize(("ink", "plate"), [(255, None), (0, None), (0, 255), (255, 0), (150, 255)])
def test_a_bar_is_as_long_as_it_was_drawn(ink: int, plate: int | None, below: bool) -> None:
    made = draw("200 nm", length=143, ink=ink, plate=plate, below=below)
    bar = only(bars_near(made.pixels, made.label))
    assert (bar.left, bar.right) == pytest.approx((60, 203), abs=0.3)


def test_a_blurred_bar_ends_where_the_grey_is_halfway() -> None:
    made = draw("200 nm", length=143)
    soft = (made.pixels[:, :-1] + made.pixels[:, 1:]) / 2
    assert only(bars_near(soft, made.label)).length_px == pytest.approx(143, abs=0.4)


def test_a_bar_with_ticks_reaches_from_the_middle_of_one_to_that_of_the_other() -> None:
    image = micrograph(0, 0)
    rectangle(image, 300, 100, 2, 101, 255)
    for left in (100, 198):
        rectangle(image, 292, left, 18, 3, 255)
    label = write(image, "1 µm", (150, 286), "md", 255)
    bar = only(bars_near(pixels_of(image), label))
    assert (bar.left, bar.right) == (101.5, 199.5)


@pytest.mark.parametrize("halves", [2, 1], ids=["whole", "half of it cut off"])
def test_a_line_around_its_label_counts_whole_or_not_at_all(halves: int) -> None:
    image = micrograph(0, 0)
    label = write(image, "2 µm", (300, 300), "mm", 255)
    for left in (160, 340)[:halves]:
        rectangle(image, 300, left, 2, 100, 255)
    found = bars_near(pixels_of(image), label)
    assert [(bar.left, bar.right) for bar in found] == [(160, 440)][: halves - 1]


@pytest.mark.parametrize("ticks", [11, 10])
def test_eleven_ticks_are_a_ruler_and_ten_are_none(ticks: int) -> None:
    image = micrograph(0, 0)
    for number in range(ticks):
        rectangle(image, 300, 200 + 20 * number, 9, 3, 255)
    label = write(image, "50.0um", (400, 316), "ra", 255)
    found = bars_near(pixels_of(image), label)
    assert [(bar.left, bar.right) for bar in found] == [(201.5, 401.5)][: ticks - 10]


@pytest.mark.parametrize(
    "place", [(340, -5), (340, 540), (398, 60)], ids=["left", "right", "below"]
)
def test_a_bar_that_the_edge_cuts_is_none(place: tuple[int, int]) -> None:
    made = draw("200 nm", top=place[0], left=place[1])
    assert bars_near(made.pixels, made.label) == ()


def test_an_arrow_is_none_as_its_tips_fade() -> None:
    image = micrograph(1, 0)
    rectangle(image, 300, 200, 2, 100, 0)
    for inwards in range(1, 8):
        for left in (200 + inwards, 299 - inwards):
            for top in (300 - inwards, 301 + inwards):
                rectangle(image, top, left, 1, 1, 0)
    label = write(image, "60 nm", (250, 312), "ma", 0)
    assert bars_near(pixels_of(image), label) == ()


def test_noise_and_the_plate_behind_a_label_are_no_bars() -> None:
    image = micrograph(0.5, 0.1)
    rectangle(image, 300, 100, 60, 160, 255)
    label = write(image, "200 nm", (180, 330), "mm", 0)
    assert bars_near(pixels_of(image), label) == ()


def test_two_bars_beside_one_label_are_both_told() -> None:
    image = micrograph()
    made = draw("200 nm", image, below=True)
    rectangle(image, made.label.bottom + 8, 60, 7, 60, 255)
    found = bars_near(pixels_of(image), made.label)
    assert sorted(round(bar.length_px) for bar in found) == [60, 120]


def test_a_label_at_the_corner_of_an_image_has_no_bar() -> None:
    assert bars_near(pixels_of(micrograph()), Box(0, 0, 30, 80)) == ()

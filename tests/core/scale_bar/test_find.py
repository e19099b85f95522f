"""The scale of an image from its bar, read by the real networks and by readers that err."""

from __future__ import annotations

import socket
import subprocess
import sys

import numpy as np
import pytest

from core.errors import Cancelled, LamellaError
from core.scale_bar import text
from core.scale_bar.find import find_scale_bar
from core.scale_bar.text import RapidReader, Text
from tests.core.scale_bar.drawn import Drawn, draw, micrograph, pixels_of


class Told:
    """A reader that says what it was told, ``first`` of the image and ``again`` of each label."""

    def __init__(self, made: Drawn, first: str, again: tuple[str, ...] = ()) -> None:
        self.made, self.first, self.again = made, first, list(again or (first,) * 4)

    def lines(self, grey: np.ndarray) -> tuple[Text, ...]:
        factor = grey.shape[0] / self.made.pixels.shape[0]
        box = self.made.label
        sides = (round(factor * side) for side in (box.top, box.left, box.height, box.width))
        return (Text(self.first, 0.99, type(box)(*sides)),)

    def line(self, grey: np.ndarray) -> str:
        return self.again.pop(0)


@pytest.mark.parametrize(
    ("label", "nm", "kind"),
    [
        ("200 nm", 200, {"ink": 0, "plate": 255}),
        ("0.5 µm", 500, {"below": True}),
        ("20 μm", 20_000, {"ink": 0}),
        ("5 Å", 0.5, {"ink": 255}),
        ("5 nm", 5, {"ink": 255, "plate": 0, "below": True}),
    ],
)
def test_a_drawn_bar_gives_the_scale(label: str, nm: float, kind: dict[str, int]) -> None:
    made = draw(label, length=150, **kind)
    found = find_scale_bar(made.pixels, RapidReader())
    assert found.nm_per_px == pytest.approx(nm / 150, rel=0.005)


def test_an_image_without_writing_has_no_scale() -> None:
    with pytest.raises(LamellaError, match="Drag along the bar"):
        find_scale_bar(pixels_of(micrograph()), RapidReader())


def test_two_bars_that_differ_give_no_scale() -> None:
    image = micrograph()
    draw("200 nm", image)
    made = draw("200 nm", image, left=380, length=90)
    with pytest.raises(LamellaError, match="do not agree"):
        find_scale_bar(made.pixels, RapidReader())


@pytest.mark.parametrize(
    ("again", "is_found"),
    [
        (("200 nm", "200 rm", "200 nm", "x"), True),
        (("200 nm", "200 nm", "1200 nm", "x"), True),
        (("200 nm", "200 nm", "200 nm", "500 nm"), False),
        (("200 nm", "", "", ""), False),
    ],
    ids=["two agree", "no label", "one contradicts", "too few"],
)
def test_a_label_counts_where_several_looks_agree(again: tuple[str, ...], is_found: bool) -> None:
    made = draw("200 nm")
    if is_found:
        assert find_scale_bar(made.pixels, Told(made, "200 nm", again)).length.nm == 200
    else:
        with pytest.raises(LamellaError, match="several ways"):
            find_scale_bar(made.pixels, Told(made, "200 nm", again))


def test_a_pixel_that_no_microscope_has_is_no_scale() -> None:
    made = draw("500 µm", length=24, left=100)
    assert find_scale_bar(made.pixels, Told(made, "400 µm")).nm_per_px > 16_000
    with pytest.raises(LamellaError, match="No scale bar"):
        find_scale_bar(made.pixels, Told(made, "500 µm"))


def test_reading_can_be_stopped() -> None:
    made = draw("200 nm")

    def stop(done: int, total: int) -> None:
        if done == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        find_scale_bar(made.pixels, Told(made, "200 nm"), stop)


def test_reading_fetches_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    made = draw("200 nm")

    def refuse(*_: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    text._engine.cache_clear()
    assert find_scale_bar(made.pixels, RapidReader()).length.nm == 200


def test_rapidocr_is_imported_only_when_something_is_read() -> None:
    code = "import sys, core.scale_bar.find; sys.exit('rapidocr' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_without_rapidocr_the_reader_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("core.scale_bar.text.find_spec", lambda _: None)
    with pytest.raises(LamellaError, match=r"pip install 'lamella\[ocr\]'"):
        RapidReader()

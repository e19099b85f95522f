"""The pixel size of a bar that was measured by hand."""

from __future__ import annotations

import pytest

from core.errors import LamellaError
from core.scale_bar.size import pixel_size_by_hand


@pytest.mark.parametrize(
    ("text", "nm"),
    [
        ("200 nm", 200),
        (" 0.5 µm ", 500),
        ("0,5 um", 500),
        ("5 Å", 0.5),
        ("1.0e2nm", 100),
        ("1 mm", 1e6),
    ],
)
def test_a_typed_length_over_its_px_is_the_pixel_size(text: str, nm: float) -> None:
    assert pixel_size_by_hand(text, 143).nm == pytest.approx(nm / 143, rel=1e-9)


def test_the_source_says_how_and_the_error_is_a_pixel_at_each_end() -> None:
    size = pixel_size_by_hand("200  nm", 143)
    assert size.source == "from the scale bar, by hand: 200 nm = 143 px"
    assert size.error_percent == pytest.approx(100 * 2**0.5 / 143, rel=1e-9)


@pytest.mark.parametrize(
    "text", ["", "200", "nm", "-5 nm", "0 nm", "200 kg", "10 x 16 nm", "inf nm"]
)
def test_what_is_no_length_with_a_unit_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(LamellaError, match="such as 200 nm"):
        pixel_size_by_hand(text, 143)


def test_a_bar_of_no_length_and_a_pixel_of_no_microscope_are_refused() -> None:
    with pytest.raises(LamellaError, match="from one of its ends"):
        pixel_size_by_hand("200 nm", 0.4)
    with pytest.raises(LamellaError, match="must lie between"):
        pixel_size_by_hand("5 cm", 10)

"""What counts as the label of a scale bar."""

from __future__ import annotations

import pytest

from core.scale_bar.label import length_of


@pytest.mark.parametrize(
    ("text", "nm"),
    [
        ("200 nm", 200),
        ("200nm", 200),
        ("—500 nm", 500),
        ("20.nm", 20),
        ("100_nm", 100),
        ("0.5 µm", 500),
        ("0,5 μm", 500),
        ("1um", 1000),
        ("1.00um", 1000),
        ("50.0um", 50_000),
        ("2 μm", 2000),
        ("5 Å", 0.5),
        ("2.5 nm", 2.5),
        ("150 nm", 150),
    ],
)
def test_a_round_length_with_its_unit_is_a_label(text: str, nm: float) -> None:
    found = length_of(text)
    assert found is not None
    assert found.nm == pytest.approx(nm, rel=1e-12)


@pytest.mark.parametrize(
    "text",
    [
        "592 nm",
        "19.9 µm",
        "8.5mm",
        "1 mm",
        "50",
        "nm",
        "05 µm",
        "1 2 μm",
        "100μm1",
        "20 rm",
        "x200",
        "",
    ],
)
def test_anything_else_is_none(text: str) -> None:
    assert length_of(text) is None


def test_a_length_is_told_as_short_as_it_can_be() -> None:
    found = length_of("1.00um")
    assert found is not None
    assert found.in_words == "1 µm"

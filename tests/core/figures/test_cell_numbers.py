"""Numbers on coloured cells can be read on every colour."""

from __future__ import annotations

import numpy as np

from core.figures.cell_numbers import BLANK, greys, numbered


def contrast(one: float, other: float) -> float:
    """Return the contrast of two relative luminances, WCAG 2.1."""
    high, low = max(one, other), min(one, other)
    return (high + 0.05) / (low + 0.05)


def test_every_grey_has_a_number_with_a_contrast_of_four_and_a_half() -> None:
    values = np.arange(256.0)[None]
    labels = np.array([[f"{value:.0f}" for value in values[0]]])
    black, white = numbered({"type": "heatmap", "z": values}, labels, greys(values, 0, 255))
    for level in range(256):
        share = level / 255
        ground = share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4
        is_white = white["text"][0, level].strip(BLANK) != ""
        written, blank = (white, black) if is_white else (black, white)
        assert written["text"][0, level] == f"{level}"
        assert blank["text"][0, level] == BLANK * len(f"{level}")
        assert contrast(ground, float(is_white)) >= 4.5

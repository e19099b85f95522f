"""Words are readable in both themes: 4.5 to 1 or more, as WCAG 2.2, 1.4.3, asks of text."""

from __future__ import annotations

import re
import tomllib

import pytest

from pages.components.frame.screen import INKS
from tests.pages.running import REPOSITORY

THEME = tomllib.loads((REPOSITORY / ".streamlit" / "config.toml").read_text("utf-8"))["theme"]
FRAME = REPOSITORY / "pages" / "components" / "frame"
LEAST = 4.5
CAPTION = 0.6
"""How much of the text's colour Streamlit gives to captions."""


def rgb(color: str) -> tuple[float, ...]:
    return tuple(int(color[place : place + 2], 16) / 255 for place in (1, 3, 5))


def luminance(color: tuple[float, ...]) -> float:
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in color]
    return sum(w * one for w, one in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_black_on_white_is_21_to_1():
    assert contrast(rgb("#000000"), rgb("#ffffff")) == pytest.approx(21)
    assert contrast(rgb("#777777"), rgb("#ffffff")) == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("name", ["light", "dark"])
def test_words_are_readable_on_the_ground(name):
    theme = THEME | THEME[name]
    ground, text = rgb(theme["backgroundColor"]), rgb(theme["textColor"])
    caption = tuple(CAPTION * a + (1 - CAPTION) * b for a, b in zip(text, ground, strict=True))
    for color in (text, caption, rgb(theme["primaryColor"]), rgb(theme["linkColor"])):
        assert contrast(color, ground) >= LEAST
    assert contrast(text, rgb(theme["secondaryBackgroundColor"])) >= LEAST


def test_white_is_readable_on_primary_buttons():
    on_dark = re.search(r'ON_DARK = "(#\w+)"', (FRAME / "navigation.py").read_text("utf-8"))
    for color in (THEME["primaryColor"], on_dark[1]):
        assert contrast(rgb("#ffffff"), rgb(color)) >= LEAST


@pytest.mark.parametrize("name", ["light", "dark"])
def test_the_ink_of_charts_is_that_of_the_text_and_follows_it(name):
    assert INKS[name] == THEME[name]["textColor"]
    levels = ", ".join(str(round(255 * one)) for one in rgb(INKS[name]))
    assert f'[style*="fill: rgb({levels})"]' in (FRAME / "frame.css").read_text("utf-8")

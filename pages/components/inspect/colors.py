"""The colours of maps: the same choice on every view that draws one."""

from __future__ import annotations

from dataclasses import dataclass

from pages.components.inspect.link import LINK


@dataclass(frozen=True)
class Scale:
    """A colour scale by its ``title``: plotly's name, and its ends in words."""

    title: str
    plotly: str
    low: str
    high: str


SCALES = {
    "viridis": Scale("Viridis", "Viridis", "dark violet", "yellow"),
    "inferno": Scale("Inferno", "Inferno", "black", "light yellow"),
    "grey": Scale("Grey", "gray", "black", "white"),
    "signed": Scale("Blue and red around 0", "RdBu_r", "blue", "red"),
}
FIRST = "viridis"


def choose(is_signed: bool = True) -> Scale:
    """Draw the choice and return it; ``is_signed``: the map can have values below 0."""
    titles = {name: scale.title for name, scale in SCALES.items() if is_signed or name != "signed"}
    return SCALES[LINK.choose("Colours", "colors", titles, FIRST, known=SCALES, in_list=True)]

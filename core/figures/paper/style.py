"""How figures on paper are printed: sizes, letters, and the files that they become.

Sizes are those on paper, so that the letters of a figure have the size that a journal asks for.
"""

from __future__ import annotations

import io
import threading
from dataclasses import dataclass
from functools import cache

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, fontManager
from matplotlib.ft2font import FT2Font
from matplotlib.text import Text

from core.errors import DataError
from core.figures.overlay import FONT

MM_IN_INCH = 25.4
LINE_PT = 0.6
# matplotlib reads how to write SVG from settings that all threads share.
_SETTINGS = threading.Lock()


@dataclass(frozen=True)
class PaperStyle:
    """How a figure is printed.

    ``width_mm``: 85 fills one column of most journals, 170 two. ``font_pt``: size of its letters.
    ``scale_bar``: whether one is drawn into a calibrated micrograph. ``dpi``: pixels per inch of a
    PNG, and the most that a micrograph in an SVG has.

    Raises:
        DataError: a width outside 20 to 400 mm, letters outside 4 to 24 pt, dpi outside 50 to 1200.
    """

    width_mm: float = 85.0
    font_pt: float = 8.0
    scale_bar: bool = True
    dpi: int = 600

    def __post_init__(self) -> None:
        for name, value, low, high in (
            ("width in mm", self.width_mm, 20, 400),
            ("font size in pt", self.font_pt, 4, 24),
            ("resolution in dpi", self.dpi, 50, 1200),
        ):
            if not low <= value <= high:
                raise DataError(f"The figure's {name} is {value:g}; give {low} to {high}.")

    @property
    def width_inch(self) -> float:
        """The width as matplotlib wants it."""
        return self.width_mm / MM_IN_INCH

    @property
    def line_inch(self) -> float:
        """Height of a line of text."""
        return 1.5 * self.font_pt / 72

    @property
    def font(self) -> FontProperties:
        """The font of all letters."""
        return FontProperties(family=_family(), size=self.font_pt)


def svg_bytes(figure: Figure) -> bytes:
    """Return the figure as SVG, letters as shapes; its bytes depend on what is drawn alone."""
    stream = io.BytesIO()
    with _SETTINGS, matplotlib.rc_context({"svg.hashsalt": "lamella", "svg.fonttype": "path"}):
        figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": "Lamella"})
    return stream.getvalue()


def png_bytes(figure: Figure, dpi: int = 600) -> bytes:
    """Return the figure as PNG; it knows its size on paper."""
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=dpi, metadata={"Software": "Lamella"})
    return stream.getvalue()


def printable(text: str) -> str:
    """Return ``text`` with "?" for what the font has no letter for."""
    return "".join(letter if ord(letter) in _letters() else "?" for letter in text)


@cache
def _family() -> str:
    fontManager.addfont(str(FONT))
    return FontProperties(fname=FONT).get_name()


@cache
def _letters() -> frozenset[int]:
    return frozenset(FT2Font(str(FONT)).get_charmap())


def margins(figure: Figure, style: PaperStyle) -> tuple[float, float, float, float]:
    """Return left, bottom, width and height of axes with room for two lines of text."""
    width, height = figure.get_size_inches()
    left, bottom, gap = 2.9 * style.line_inch, 2.4 * style.line_inch, 1.1 * style.line_inch
    return (
        left / width,
        bottom / height,
        (width - left - gap / 3) / width,
        (height - bottom - gap) / height,
    )


def title_axes(axes: Axes, across: str, up: str, style: PaperStyle) -> None:
    """Name both axes, and draw them as thin lines at the left and below."""
    set_plain(axes.set_xlabel("", font=style.font), across)
    set_plain(axes.set_ylabel("", font=style.font), up)
    axes.tick_params(
        width=LINE_PT,
        length=2.5,
        pad=2,
        labelsize=style.font_pt,
        labelfontfamily=_family(),
    )
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_linewidth(LINE_PT)


def set_plain(text: Text, content: str) -> None:
    """Set a text in which a dollar sign begins no formula."""
    text.set_parse_math(False)
    text.set_text(printable(content))

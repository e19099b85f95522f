"""One step of the lecture, and the micrograph that it is drawn of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import plotly.graph_objects as go

from core.concepts.picture import picture
from core.errors import LamellaError
from core.segmentation.engines.engine import Engine
from core.types.arrays import Array
from core.types.micrograph import Micrograph

MOST_LETTERS = 210
"""Of a sentence: two lines of large type."""


def _load(model: str) -> Engine:
    from models import zoo

    found = zoo.load(model)
    if not isinstance(found, Engine):
        raise LamellaError(f"The lecture looks into networks; {model} is a method without one.")
    return found


@dataclass(frozen=True, eq=False)
class Subject:
    """The micrograph on stage. ``truth``: (H, W) the phase of each pixel, of a synthetic one.

    ``engine``: returns a trained network of the zoo by its name.
    """

    micrograph: Micrograph
    truth: Array | None = None
    engine: Callable[[str], Engine] = _load

    @property
    def nm(self) -> float | None:
        """The size of a pixel in nm, None where it is not known."""
        size = self.micrograph.pixel_size
        return size.nm if size else None

    def middle(self, side: int = 256) -> np.ndarray:
        """Return the middle of the micrograph, grey levels (h, w) in [0, 1]."""
        return picture(self.micrograph, side)

    def length(self, px: float) -> str:
        """Return a length in px and, where the pixel size is known, in nm: "28 px = 14 nm"."""
        return f"{px:g} px" + (f" = {px * self.nm:.3g} nm" if self.nm else "")


@dataclass(frozen=True)
class Question:
    """What a class predicts before it is revealed. ``truth``: which of ``choices`` is right."""

    ask: str
    choices: tuple[str, ...]
    truth: int


@dataclass(frozen=True)
class Step:
    """One screen of the lecture.

    ``key``: in its link. ``sentence``: at most MOST_LETTERS. ``draw``: makes the picture, a figure
    of plotly; None of a question. ``page``: the address of the page where the same is shown live,
    with ``query``. of a question its sentence comes with the truth.
    """

    key: str
    title: str
    sentence: str
    draw: Callable[[Subject], go.Figure] | None
    page: str = ""
    query: dict[str, str] = field(default_factory=dict, hash=False)
    question: Question | None = None


@dataclass(frozen=True)
class Part:
    """Steps that belong together."""

    title: str
    steps: tuple[Step, ...]

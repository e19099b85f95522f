"""What is said about an object, and what is answered, in px of the image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.interaction.prompts import Box, Click
from core.interaction.windows import Window
from core.types.arrays import read_only


@dataclass(frozen=True, eq=False)
class Part:
    """A piece of an image: ``values`` (h, w), its first pixel at row ``top``, column ``left``."""

    top: int
    left: int
    values: np.ndarray

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", read_only(self.values))

    @property
    def place(self) -> tuple[slice, slice]:
        """Its rows and columns."""
        height, width = self.values.shape
        return slice(self.top, self.top + height), slice(self.left, self.left + width)

    def on(self, shape: tuple[int, int]) -> np.ndarray:
        """Return it in an image (H, W) of zeros."""
        whole = np.zeros(shape, self.values.dtype)
        whole[self.place] = self.values
        return whole

    def at(self, click: Click) -> float:
        """Return its value under ``click``, 0 beyond it."""
        row, column = round(click.row) - self.top, round(click.column) - self.left
        height, width = self.values.shape
        inside = 0 <= row < height and 0 <= column < width
        return float(self.values[row, column]) if inside else 0.0


@dataclass(frozen=True)
class Prompts:
    """What is said about an object, in px of the image. ``clicks``: oldest first. ``rough``: a mask
    (bool) that is to be corrected, in place of an answer before."""

    clicks: tuple[Click, ...] = ()
    box: Box | None = None
    rough: Part | None = None


@dataclass(frozen=True)
class Owed:
    """What the network owes a click that it did not heed: ``logits``, 0 where it did. ``reach_px``:
    how far from the click that counts."""

    logits: float = 0.0
    reach_px: float = 1.0


@dataclass(frozen=True, eq=False)
class Answer:
    """``mask``: bool, the object. ``probability``: float32, over the same pixels. Both empty where
    nothing was found. ``window``: what the network looked at. ``owed``: to each
    click, oldest first."""

    mask: Part
    probability: Part
    window: Window
    owed: tuple[Owed, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is no object."""
        return not self.mask.values.any()

    def agrees(self, clicks: tuple[Click, ...]) -> bool:
        """Whether every click inside lies in the mask and no click outside does."""
        return all(bool(self.mask.at(click)) == click.inside for click in clicks)


def together(*parts: Part) -> tuple[int, int, list[np.ndarray]]:
    """Return the first row and column of the smallest box around all ``parts``, and each of them in
    it (h, w) bool."""
    top, left = min(one.top for one in parts), min(one.left for one in parts)
    bottom = max(one.place[0].stop for one in parts)
    right = max(one.place[1].stop for one in parts)
    found = []
    for one in parts:
        canvas = np.zeros((bottom - top, right - left), bool)
        rows, columns = one.place
        canvas[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left] = (
            one.values > 0.5
        )
        found.append(canvas)
    return top, left, found

"""Which part of an image the click network looks at, and how that becomes its square input."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from core.interaction.prompts import Box, Click

LEAST_PX = 32
"""Smallest side of a window: smaller objects would be enlarged more than in training."""


@dataclass(frozen=True)
class Window:
    """A square of an image in px, its first row and column and its side; it may reach beyond."""

    top: int
    left: int
    side: int

    @classmethod
    def around(cls, row: float, column: float, side: float, shape: tuple[int, int]) -> Window:
        """Return the window of ``side`` px with its middle there, pushed into the image (H, W)
        where it fits and centred over it where it does not."""
        whole = max(LEAST_PX, round(side))

        def first(middle: float, length: int) -> int:
            if whole >= length:
                return (length - whole) // 2
            return int(np.clip(round(middle - (whole - 1) / 2), 0, length - whole))

        return cls(first(row, shape[0]), first(column, shape[1]), whole)

    @classmethod
    def of_box(cls, box: Box, times: float, shape: tuple[int, int]) -> Window:
        """Return the window around ``box``, ``times`` as long as its longer side."""
        middle = (box.top + box.bottom) / 2, (box.left + box.right) / 2
        return cls.around(*middle, times * max(box.height, box.width), shape)

    def holds(self, click: Click) -> bool:
        """Whether ``click`` lies in it."""
        row, column = click.row - self.top, click.column - self.left
        return -0.5 <= row < self.side - 0.5 and -0.5 <= column < self.side - 0.5

    def inside(self, shape: tuple[int, int]) -> tuple[slice, slice]:
        """Return the rows and columns of an image (H, W) that lie in it."""
        rows = slice(max(self.top, 0), min(self.top + self.side, shape[0]))
        return rows, slice(max(self.left, 0), min(self.left + self.side, shape[1]))

    def cut(self, image: np.ndarray, side: int) -> np.ndarray:
        """Return what lies in it, scaled to (side, side) float32, mirrored beyond the image."""
        rows, columns = self.inside(image.shape)
        part = image[rows, columns]
        below, right = self.top + self.side - rows.stop, self.left + self.side - columns.stop
        beyond = rows.start - self.top, below, columns.start - self.left, right
        if any(beyond):
            part = cv2.copyMakeBorder(part, *beyond, cv2.BORDER_REFLECT_101)
        return scaled(part, side)

    def place(self, answer: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
        """Return ``answer`` (S, S) of the network scaled to the pixels of :meth:`inside`."""
        rows, columns = self.inside(shape)
        full = scaled(answer, self.side)
        first_row, first_column = rows.start - self.top, columns.start - self.left
        height, width = rows.stop - rows.start, columns.stop - columns.start
        return full[first_row : first_row + height, first_column : first_column + width]

    def click(self, click: Click, side: int) -> Click:
        """Return ``click`` in the pixels of the network's input of ``side`` px."""
        return Click(
            _scaled(click.row - self.top, side / self.side),
            _scaled(click.column - self.left, side / self.side),
            click.inside,
        )

    def box(self, box: Box, side: int) -> Box:
        """Return ``box`` in the pixels of the network's input of ``side`` px."""
        factor = side / self.side
        return Box(
            _scaled(box.top - self.top, factor),
            _scaled(box.left - self.left, factor),
            _scaled(box.bottom - self.top, factor),
            _scaled(box.right - self.left, factor),
        )


def scaled(image: np.ndarray, side: int) -> np.ndarray:
    """Return a square image (S, S) scaled to (side, side) float32; reduced by the mean over the
    area that a pixel covers, enlarged linearly."""
    image = image.astype(np.float32)
    if len(image) == side:
        return image
    how = cv2.INTER_AREA if side < len(image) else cv2.INTER_LINEAR
    return cv2.resize(image, (side, side), interpolation=how)


def _scaled(place: float, factor: float) -> float:
    # The middle of the first pixel is 0 in both grids, its edge -0.5.
    return (place + 0.5) * factor - 0.5

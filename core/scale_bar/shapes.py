"""A bar, and the runs of one colour that may be one.

All coordinates are in px from the image's upper left corner, so that pixel 0 spans 0 to 1.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Bar:
    """Where a bar begins and ends: ``left`` and ``right``, to a fraction of a px, in the rows from
    ``top`` to ``bottom``, the last not included."""

    top: int
    bottom: int
    left: float
    right: float

    @property
    def length_px(self) -> float:
        """From end to end."""
        return self.right - self.left


@dataclass(frozen=True)
class Run:
    """Rows of one colour with the same ends; ``bottom`` and ``right`` are exclusive."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top

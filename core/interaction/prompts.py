"""What a person says about one object, and the maps that a network reads it from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

RADIUS_PX = 5
"""Of the disk that a click becomes, in the network's pixels."""
MAPS = ("inside", "outside", "previous answer", "box")


@dataclass(frozen=True)
class Click:
    """A point in px, pixel (0, 0) with its middle at (0, 0); ``inside`` the object or outside."""

    row: float
    column: float
    inside: bool = True


@dataclass(frozen=True)
class Box:
    """Around an object: its edges in px, where pixel (0, 0) reaches from -0.5 to 0.5."""

    top: float
    left: float
    bottom: float
    right: float

    @classmethod
    def around(cls, mask: np.ndarray) -> Box:
        """Return the smallest box around the pixels of ``mask`` (H, W), of which one is true."""
        rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
        return cls(rows[0] - 0.5, columns[0] - 0.5, rows[-1] + 0.5, columns[-1] + 0.5)

    @property
    def height(self) -> float:
        """In px."""
        return self.bottom - self.top

    @property
    def width(self) -> float:
        """In px."""
        return self.right - self.left


def prompt_maps(
    shape: tuple[int, int],
    clicks: Sequence[Click],
    previous: np.ndarray | None = None,
    box: Box | None = None,
) -> np.ndarray:
    """Return (4, H, W) float32 in [0, 1]: disks where clicks inside and outside are, the previous
    answer, and the box filled.

    ``clicks``: the last one counts where two disks overlap. ``previous``: (H, W), the probability
    of the object in the answer before, or a mask; None at the start.

    Source of the disks: Sofiiuk et al. 2021, arXiv:2102.06583, section 3.3.
    """
    maps = np.zeros((len(MAPS), *shape), np.float32)
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    for click in clicks:
        disk = (rows - click.row) ** 2 + (columns - click.column) ** 2 <= RADIUS_PX**2
        maps[0][disk], maps[1][disk] = float(click.inside), float(not click.inside)
    if previous is not None:
        maps[2] = previous
    if box is not None:
        inside = (rows >= box.top) & (rows <= box.bottom)
        maps[3] = inside & (columns >= box.left) & (columns <= box.right)
    return maps

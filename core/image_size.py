"""The size of an image as users read it: width x height, as in every instrument and in ImageJ."""

from __future__ import annotations

from collections.abc import Sequence


def width_x_height(shape: Sequence[object], times: str = "x") -> str:
    """Return ``shape``, (H, W), with its width first: "640 x 480"."""
    height, width = shape
    return f"{width} {times} {height}"

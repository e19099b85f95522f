"""What is left of a pooled image's likeness to itself when the image moves by a few pixels.

Source: Zhang 2019, Making convolutional networks shift-invariant again, arXiv:1904.11486.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.concepts.pooling.pooling import OPERATIONS, Pooling, pool
from core.errors import LamellaError

SUBSAMPLING = "stride only"
STEPS = (0, 0, 1, 1, 0, 0, 1, 1)
"""Zhang's example: pooled in pairs it keeps its steps, moved by one it loses them all."""


@dataclass(frozen=True)
class ShiftCurve:
    """``changes``: for each shift, the change that no whole step of the grid undoes.

    Root mean square of the difference to the standard deviation of the pooled image: 0 = nothing
    changed, 1.41 = as different as two unrelated images.
    """

    operation: str
    changes: tuple[float, ...]


def shift_curves(
    image: np.ndarray, window: int, stride: int, shifts: Sequence[int]
) -> tuple[ShiftCurve, ...]:
    """Return one curve for stride alone and for each pooling, of an image (H, W) moved sideways.

    The image is a cut of a larger one, so what comes in at the side is real.

    Raises:
        LamellaError: an image too small for the window and the shifts.
    """
    margin = max(shifts)
    if image.shape[1] < margin + 4 * max(window, stride):
        raise LamellaError(
            f"The image is {image.shape[1]} px wide, too little to move a window of {window} px by "
            f"{margin} px; choose a larger image or a smaller window."
        )
    poolings = [(SUBSAMPLING, Pooling("max", 1, stride))]
    poolings += [(name, Pooling(name, window, stride)) for name in OPERATIONS]
    return tuple(
        ShiftCurve(name, tuple(_changes(image, pooling, shifts, margin)))
        for name, pooling in poolings
    )


def _changes(
    image: np.ndarray, pooling: Pooling, shifts: Sequence[int], margin: int
) -> list[float]:
    width = image.shape[1] - margin
    still = pool(image[:, margin:], pooling)
    spread = float(still.std()) or 1.0
    return [
        _change(still, pool(image[:, margin - shift :][:, :width], pooling), pooling, shift)
        / spread
        for shift in shifts
    ]


def _change(still: np.ndarray, moved: np.ndarray, pooling: Pooling, shift: int) -> float:
    differences = []
    for steps in {shift // pooling.stride, -(-shift // pooling.stride)}:
        count = still.shape[1] - steps
        difference = moved[:, steps:] - still[:, :count]
        differences.append(float(np.sqrt(np.mean(difference**2))))
    return min(differences)


def pooled_steps(shift: int) -> tuple[int, ...]:
    """Return STEPS, moved in a circle by ``shift`` and max-pooled in pairs."""
    return tuple(int(pair.max()) for pair in np.roll(STEPS, shift).reshape(-1, 2))

"""Probabilities in steps of 1/2048, which is what float16 resolves just below 1.

A result that is kept holds no more than the steps; one that is computed holds no more either, so
that whatever follows from a probability is the same before and after.
"""

from __future__ import annotations

import numpy as np

STEPS = 2048
_BAND_ROWS = 256


def steps_of(probabilities: np.ndarray) -> np.ndarray:
    """Return the steps (C - 1, H, W) uint16 of all but the first phase, which is what the others
    leave, of probabilities (C, H, W) float16."""
    # Every float16 by its bits: looking it up is quicker than arithmetic in float16.
    table = np.arange(2**16, dtype=np.uint16).view(np.float16).astype(np.float32)
    table = np.rint(np.nan_to_num(table).clip(0, 1) * STEPS).astype("<u2")
    return np.take(table, probabilities[1:].view(np.uint16))


def probabilities_of(steps: np.ndarray) -> np.ndarray:
    """Return (C, H, W) float16 of the steps (C - 1, H, W) of all but the first phase."""
    table = (np.arange(STEPS + 1) / STEPS).astype(np.float16)
    first = STEPS - np.minimum(steps.sum(0, dtype=np.uint32), STEPS)
    return np.concatenate([table[first][None], table[steps]])


def round_to_steps(probabilities: np.ndarray) -> None:
    """Round probabilities (C, H, W) float16 to whole steps, in place."""
    for top in range(0, probabilities.shape[1], _BAND_ROWS):
        band = probabilities[:, top : top + _BAND_ROWS]
        band[...] = probabilities_of(steps_of(band))

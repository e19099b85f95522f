"""A stand-in for the click network whose answers are known: what is bright is the object."""

from __future__ import annotations

import numpy as np


class BrightNetwork:
    """Certain that every pixel above 0.5 is meant; counts what it was asked."""

    def __init__(self) -> None:
        self.batches: list[int] = []

    def probabilities(self, grey: np.ndarray, maps: np.ndarray) -> np.ndarray:
        self.batches.append(len(grey))
        return (grey > 0.5).astype(np.float32)


def disks(shape: tuple[int, int], *circles: tuple[float, float, float]) -> np.ndarray:
    """Return grey levels (H, W): 1 within circles (row, column, radius), 0 elsewhere."""
    rows, columns = np.indices(shape)
    found = [(rows - r) ** 2 + (columns - c) ** 2 <= radius**2 for r, c, radius in circles]
    return np.any(found, axis=0).astype(np.float32)

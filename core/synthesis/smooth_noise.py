"""Random fields without structure below a wavelength, and random numbers by key."""

from __future__ import annotations

import cv2
import numpy as np


def smooth_noise(
    shape: tuple[int, int], wavelength_px: float, random: np.random.Generator
) -> np.ndarray:
    """Return a smooth random field (H, W) float32 of mean about 0 and standard deviation 1.

    ``wavelength_px``: of the hills, 2 or more.
    """
    step = max(1.0, wavelength_px / 2)
    coarse = [int(np.ceil(side / step)) + 3 for side in shape]
    grid = random.standard_normal(coarse, np.float32)
    rows = (np.arange(shape[0], dtype=np.float32) / step + random.uniform(0.5, 1.5)).astype("f4")
    columns = (np.arange(shape[1], dtype=np.float32) / step + random.uniform(0.5, 1.5)).astype("f4")
    size = (round(coarse[1] * step), round(coarse[0] * step))
    field = cv2.resize(grid, size, interpolation=cv2.INTER_CUBIC)
    top, left = int(rows[0] * step), int(columns[0] * step)
    top, left = min(top, size[1] - shape[0]), min(left, size[0] - shape[1])
    # Cubic interpolation of white noise keeps about 0.86 of the deviation.
    return field[top : top + shape[0], left : left + shape[1]] / np.float32(0.86)


def keyed_random(keys: np.ndarray, salt: int) -> np.ndarray:
    """Return a number in [0, 1) float32 for each key, the same for the same key and salt.

    Source: the finalizer of SplitMix64, Steele et al. 2014, doi:10.1145/2660193.2660195.
    """
    with np.errstate(over="ignore"):
        step = np.uint64(0x9E3779B97F4A7C15)
        value = keys.astype(np.uint64) * step + np.uint64(salt % 2**32 + 1) * step * step
        value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((value ^ (value >> np.uint64(31))) >> np.uint64(40)).astype(np.float32) / 2**24

"""Kernels with a name, and kernels as they are typed into a table."""

from __future__ import annotations

import math
from collections.abc import Callable
from types import MappingProxyType

import numpy as np
import pandas as pd

from core.errors import LamellaError
from core.types.arrays import read_only

SIZES = (3, 5, 7)
LARGEST = 1e6


def binomial(size: int) -> np.ndarray:
    """Return a row of Pascal's triangle, (size,) float64: the whole-number Gaussian."""
    return np.array([math.comb(size - 1, index) for index in range(size)], float)


def identity(size: int) -> np.ndarray:
    """Return the kernel (size, size) that changes nothing."""
    kernel = np.zeros((size, size))
    kernel[size // 2, size // 2] = 1
    return kernel


def gaussian(size: int) -> np.ndarray:
    """Return the binomial blur (size, size); it sums to 1, so it keeps the mean."""
    row = binomial(size)
    return np.outer(row, row) / row.sum() ** 2


def laplacian(size: int) -> np.ndarray:
    """Return the Laplacian (size, size), of a blurred image above size 3; it sums to 0."""
    cross = np.array([[0.0, 1, 0], [1, -4, 1], [0, 1, 0]])
    blur = gaussian(size - 2)
    kernel = np.zeros((size, size))
    for (row, column), weight in np.ndenumerate(cross):
        kernel[row : row + size - 2, column : column + size - 2] += weight * blur
    return kernel


def sobel(size: int) -> np.ndarray:
    """Return Sobel's kernel (size, size) for a rise in grey from left to right."""
    derivative = np.convolve(binomial(size - 2), [-1, 0, 1])
    return np.outer(binomial(size), derivative)


def sharpen(size: int) -> np.ndarray:
    """Return identity minus Laplacian (size, size); it sums to 1."""
    return identity(size) - laplacian(size)


def motion(size: int) -> np.ndarray:
    """Return the blur (size, size) of a stage that drifts along the diagonal."""
    return np.eye(size) / size


def corner(size: int) -> np.ndarray:
    """Return a kernel (size, size) that no turn maps onto itself: 1, 2, 3 ... from the corner."""
    kernel = np.zeros((size, size))
    kernel[0] = np.arange(size, 0, -1)
    kernel[1:, 0] = 1
    return kernel


def random_kernel(size: int, seed: int = 0) -> np.ndarray:
    """Return normal random numbers (size, size), rounded to hundredths."""
    return np.random.default_rng(seed).standard_normal((size, size)).round(2)


PRESETS = MappingProxyType[str, Callable[[int], np.ndarray]](
    {
        "Laplacian": laplacian,
        "Gaussian": gaussian,
        "Sobel": sobel,
        "Sharpen": sharpen,
        "Identity": identity,
        "Motion": motion,
        "Corner": corner,
        "Random": random_kernel,
    }
)


def as_table(kernel: np.ndarray) -> pd.DataFrame:
    """Return a kernel as a table to edit, columns named from 1."""
    return pd.DataFrame(kernel, columns=[str(column + 1) for column in range(kernel.shape[1])])


def from_table(table: pd.DataFrame) -> np.ndarray:
    """Return the kernel (rows, columns) float64 that was typed into a table.

    Raises:
        LamellaError: a cell is empty, no number, or too large.
    """
    return checked(table.apply(pd.to_numeric, errors="coerce").to_numpy(float))


def checked(kernel: np.ndarray) -> np.ndarray:
    """Return a kernel whose numbers can all be used.

    Raises:
        LamellaError: a cell is empty, no number, or too large.
    """
    for (row, column), value in np.ndenumerate(kernel):
        cell = f"The kernel's cell in row {row + 1}, column {column + 1}"
        if not math.isfinite(value):
            raise LamellaError(f"{cell} holds no number; type one.")
        if abs(value) > LARGEST:
            raise LamellaError(
                f"{cell} holds {value:g}; type a number between -{LARGEST:g} and {LARGEST:g}."
            )
    return read_only(kernel)


def to_text(kernel: np.ndarray) -> str:
    """Return a kernel for a link: numbers with commas, rows with semicolons."""
    return ";".join(",".join(f"{value:.6g}" for value in row) for row in kernel)


def from_text(text: str) -> np.ndarray:
    """Return the kernel that :func:`to_text` wrote into a link.

    Raises:
        LamellaError: it is no square of 3, 5 or 7 numbers.
    """
    try:
        kernel = np.array([[float(cell) for cell in row.split(",")] for row in text.split(";")])
    except ValueError:
        kernel = np.empty((0, 0))
    if kernel.ndim != 2 or kernel.shape[0] not in SIZES or kernel.shape[0] != kernel.shape[1]:
        raise LamellaError(
            f'The link\'s kernel "{text[:60]}" is no square of 3, 5 or 7 numbers; '
            "a preset is shown instead."
        )
    return checked(kernel)


def separate(kernel: np.ndarray) -> tuple[int, np.ndarray, np.ndarray]:
    """Return a kernel's rank, and the column (k,) and row (k,) of its strongest part.

    At rank 1 the outer product of the two is the kernel, and k * k products become 2 k. Source:
    singular value decomposition; Eckart and Young 1936.
    """
    left, strengths, right = np.linalg.svd(kernel)
    rank = int((strengths > 1e-9 * max(strengths[0], 1e-300)).sum())
    column, row = left[:, 0], strengths[0] * right[0]
    # Whole numbers in the column wherever the kernel allows it: its smallest entry becomes 1.
    entries = column[np.abs(column) > 1e-9]
    scale = entries[np.abs(entries).argmin()]
    return rank, column / scale, row * scale


def middle_column(values: np.ndarray) -> np.ndarray:
    """Return a kernel (k, k) whose middle column is ``values`` (k,), all else 0."""
    kernel = np.zeros((len(values),) * 2)
    kernel[:, len(values) // 2] = values
    return kernel

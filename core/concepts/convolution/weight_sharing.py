"""A convolution written as a matrix: dense, local, shared."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.concepts.convolution.output_size import Geometry, output_size
from core.concepts.snippet import Snippet


@dataclass(frozen=True, eq=False)
class LayerMatrix:
    """One layer from an image of n x n px to its valid feature map, as a matrix.

    ``weights``: (outputs, inputs) float64, one row an output pixel. ``shared``: (outputs, inputs)
    int64, which tap of the kernel stands in each entry, counted from 1; 0 where there is none.
    """

    weights: np.ndarray
    shared: np.ndarray

    @property
    def dense(self) -> int:
        """Weights of a fully connected layer of this shape."""
        return self.weights.size

    @property
    def local(self) -> int:
        """Weights where each output has its own, but only in its neighbourhood."""
        return int((self.shared > 0).sum())

    @property
    def distinct(self) -> int:
        """Weights where all outputs share one kernel."""
        return int(self.shared.max())


def layer_matrix(kernel: np.ndarray, side: int = 8) -> LayerMatrix:
    """Return the matrix of a cross-correlation with ``kernel`` (k, k), no padding, stride 1.

    It is doubly block Toeplitz. Source: Goodfellow, Bengio and Courville 2016, section 9.1.

    Raises:
        LamellaError: the kernel is larger than the image.
    """
    size = len(kernel)
    outputs = output_size(side, size, Geometry())
    taps = np.zeros((outputs, outputs, side, side), np.int64)
    number = np.arange(1, size * size + 1).reshape(size, size)
    for row in range(outputs):
        for column in range(outputs):
            taps[row, column, row : row + size, column : column + size] = number
    shared = taps.reshape(outputs * outputs, side * side)
    weights = np.concatenate([[0.0], kernel.ravel()])[shared]
    return LayerMatrix(weights, shared)


def matrix_snippet(side: int, size: int) -> Snippet:
    """Return shape, entries other than 0 and distinct values of the matrix, by torch."""
    matrix = layer_matrix(np.ones((size, size)), side)
    code = f"""\
import torch

kernel = torch.arange(1.0, {size * size + 1}).reshape(1, 1, {size}, {size})
pixels = torch.eye({side * side}).reshape(-1, 1, {side}, {side})  # one bright pixel at a time
matrix = torch.nn.functional.conv2d(pixels, kernel).flatten(1).T
print(tuple(matrix.shape), int((matrix != 0).sum()), len(matrix[matrix != 0].unique()))"""
    return Snippet(code, f"{matrix.weights.shape} {matrix.local} {matrix.distinct}")

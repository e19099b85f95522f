"""Three heads on a feature map: what a shift does to the answer of each."""

from __future__ import annotations

import numpy as np
import pytest

from core.concepts.convolution import kernels
from core.concepts.equivariance.equivariance import steps
from core.concepts.equivariance.heads import (
    AVERAGE,
    FLATTEN,
    HALF,
    POOL,
    Heads,
    moved,
    outputs,
    random_heads,
)

IMAGE = np.random.default_rng(3).random((32, 24))
STEPS = {step.name: step for step in steps(kernels.sobel(3))}
HEADS = random_heads(IMAGE.shape)


def moves(layer: str, rows: int, columns: int) -> dict[str, float]:
    run = STEPS[layer].run
    before, after = (
        outputs(run(image), HEADS) for image in (IMAGE, np.roll(IMAGE, (rows, columns), (0, 1)))
    )
    return {head: moved(before[head], after[head]) for head in before}


def test_only_the_average_of_a_map_that_moves_along_is_invariant() -> None:
    found = moves("Convolution, circular padding", 3, 5)
    assert found[AVERAGE] == pytest.approx(0, abs=1e-12)
    assert found[FLATTEN] > 0.1
    assert found[POOL] > 0.01


def test_padding_and_stride_take_invariance_away() -> None:
    assert moves("Convolution, zero padding", 3, 5)[AVERAGE] > 1e-3
    assert moves("Convolution of stride 2", 1, 0)[AVERAGE] > 1e-4
    assert moves("Convolution of stride 2", 2, 4)[AVERAGE] == pytest.approx(0, abs=1e-12)


def test_the_outputs_by_hand() -> None:
    # One window a pixel; the byte 255 is the weight 1, 0 is -1. The rectifier takes -4 out.
    flat = np.zeros((2, 2, 3), np.uint8)
    flat[0, 0] = 255
    coarse = np.ones((8, 8, 3)) * [1.0, 0.5, 0.0]
    found = outputs(
        np.array([[3.0, -4.0], [1.0, 2.0]]), Heads(flat, coarse, np.array([1.0, 2.0, 4.0]))
    )
    assert HALF == 127.5
    assert found[FLATTEN].tolist() == [0, 0, 0]
    assert found[POOL].tolist() == [6, 3, 0]
    assert found[AVERAGE].tolist() == [1.5, 3, 6]

"""Half precision is numpy's, down to the last bit."""

from __future__ import annotations

import numpy as np

from core.pixels.half_precision import as_single, put_as_half


def test_the_bits_are_those_of_numpy() -> None:
    # From below the smallest step, 2^-24, over the border of the subnormal numbers to 1, with ties.
    exponents = np.random.default_rng(0).uniform(-30, 0, (3, 150, 40))
    values = np.exp2(exponents).astype(np.float32)
    steps = (np.arange(2100, dtype=np.float32) + 0.5) * np.float32(2.0**-24)
    values[2].flat[:2100] = steps
    values[1, :2] = [[0.0], [1.0]]
    expected = values.astype(np.float16)
    assert 0.2 < np.mean((expected > 0) & (expected < 2.0**-14)) < 0.6
    whole = np.zeros((3, 160, 40), np.float16)
    put_as_half(values, whole[:, 4:154])
    np.testing.assert_array_equal(whole[:, 4:154].view(np.uint16), expected.view(np.uint16))
    assert not whole[:, :4].any() and not whole[:, 154:].any()


def test_every_number_of_half_precision_comes_back() -> None:
    values = np.arange(0x3C01, dtype=np.uint16).view(np.float16)[: 128 * 120].reshape(128, 120)
    np.testing.assert_array_equal(as_single(values), values.astype(np.float32))
    wide = np.linspace(0, 1, 12, dtype=np.float64).reshape(4, 3)
    np.testing.assert_array_equal(as_single(wide), wide.astype(np.float32))

"""Percentiles are those of numpy, to the last bit."""

from __future__ import annotations

import numpy as np
import pytest

from core.pixels.percentiles import percentiles


@pytest.mark.parametrize("size", [1, 2, 3, 17, 200, 201, 4_999, 65_537])
def test_percentiles_are_those_of_numpy(size: int) -> None:
    random = np.random.default_rng(size)
    smooth = random.random(size, np.float32)
    for values in (smooth, np.rint(smooth * 255) / np.float32(255), smooth * 1e30 - 1e29):
        for percent in ((0.5, 99.5), (0.1, 99.9), (25.0, 75.0), (0.0, 100.0)):
            wanted = np.percentile(values.astype(np.float32), percent)
            found = percentiles(values.astype(np.float32), percent)
            assert found.dtype == wanted.dtype
            np.testing.assert_array_equal(found, wanted)


def test_percentiles_of_values_that_no_sample_tells_of() -> None:
    values = np.zeros(1_000_000, np.float32)
    values[1::2] = np.arange(500_000)
    # Every second value is 0, and a sample of every 122nd one holds nothing else.
    for percent in ((0.5, 99.5), (50.0, 75.0)):
        np.testing.assert_array_equal(percentiles(values, percent), np.percentile(values, percent))


def test_percentiles_of_rows_that_are_no_array_of_their_own() -> None:
    values = np.random.default_rng(0).random((300, 400), np.float32)[20:280:2, 7:]
    np.testing.assert_array_equal(
        percentiles(values, (0.5, 99.5)), np.percentile(values, (0.5, 99.5))
    )

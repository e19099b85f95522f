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

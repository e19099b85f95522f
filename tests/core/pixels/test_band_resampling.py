"""An image resampled band by band is the image resampled whole."""

import numpy as np
import pytest

from core.pixels.resampling import BandResampler, resample, resampled_rows

SHAPES = [
    ((100, 120), (180, 216)),
    ((180, 216), (100, 120)),
    ((181, 217), (100, 120)),
    ((100, 120), (85, 102)),
    ((85, 102), (100, 120)),
    ((96, 64), (48, 32)),
    ((50, 40), (50, 40)),
    ((16, 40), (300, 40)),
]


@pytest.mark.parametrize(("shape", "target"), SHAPES)
@pytest.mark.parametrize("rows", [1, 17, 400])
def test_bands_give_what_the_whole_gives(shape, target, rows):
    image = np.random.default_rng(0).random((2, *shape), np.float32)
    found = np.full((2, *target), np.nan, np.float32)

    def put(top: int, band: np.ndarray) -> None:
        assert np.isnan(found[:, top : top + band.shape[1]]).all()
        found[:, top : top + band.shape[1]] = band

    bands = BandResampler(shape, target, put)
    for top in range(0, shape[0], rows):
        bands.add(image[:, top : top + rows])
    wanted = np.stack([resample(one, target) for one in image])
    np.testing.assert_allclose(found, wanted, atol=1e-5)
    parts = [
        resampled_rows(image[0], target, slice(top, min(top + rows, target[0])))
        for top in range(0, target[0], rows)
    ]
    np.testing.assert_allclose(np.concatenate(parts), wanted[0], atol=1e-5)

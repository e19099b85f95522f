"""Basins by levels are those of scikit-image's queue of pixels."""

import cv2
import numpy as np
import pytest
from skimage.segmentation import watershed

from core.segmentation.grains import flooding
from core.segmentation.grains.flooding import flooded


def rough(seed: int, sigma: float = 2.5) -> np.ndarray:
    noise = np.random.default_rng(seed).random((160, 200), np.float32)
    height = cv2.GaussianBlur(noise, (0, 0), sigma)
    return (height - height.min()) / np.ptp(height)


def low_places(height: np.ndarray) -> np.ndarray:
    low = (height < np.quantile(height, 0.4)).astype(np.uint8)
    return cv2.connectedComponents(cv2.erode(low, np.ones((5, 5), np.uint8)))[1]


@pytest.fixture
def no_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(flooding, "_in_a_queue")


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.usefixtures("no_queue")
def test_the_basins_of_a_queue_without_one(seed: int):
    height = rough(seed)
    markers = low_places(height)
    assert markers.max() > 8
    np.testing.assert_array_equal(flooded(height, markers), watershed(height, markers))


@pytest.mark.usefixtures("no_queue")
def test_a_hollow_goes_to_the_basin_that_spills_into_it():
    height = np.array([[0, 5, 3, 1, 2, 6, 4, 0.5, 7, 0.1]], np.float32)
    markers = np.array([[1, 0, 0, 0, 0, 0, 0, 0, 0, 2]], np.int32)
    # Both hollows lie below the rim at 5, the second behind a rim at 6, lower than the one at 7.
    assert flooded(height, markers).tolist() == [[1, 1, 1, 1, 1, 1, 1, 1, 2, 2]]


@pytest.mark.parametrize("levels", [3, 40, 1000])
def test_at_one_level_the_queue_decides(levels: int):
    height = np.rint(rough(7) * levels).astype(np.float32)
    markers = low_places(height)
    padded = np.pad(markers > 0, 1, constant_values=True)
    sides = (padded[1:-1, 1:-1], padded[:-2, 1:-1], padded[2:, 1:-1], padded[1:-1, :-2])
    inside = np.logical_and.reduce((*sides, padded[1:-1, 2:]))
    from_rims = np.where(inside, markers, watershed(height, markers, mask=~inside))
    np.testing.assert_array_equal(flooded(height, markers), from_rims)


def test_nothing_and_all_known():
    none, every = np.zeros((4, 5), np.int32), np.ones((4, 5), np.int32)
    height = rough(1)[:4, :5]
    assert not flooded(height, none).any()
    assert (flooded(height, every) == 1).all()

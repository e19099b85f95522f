"""Pixels without a grey level: they set no range, and the micrograph says which they are."""

from __future__ import annotations

import io

import cv2
import numpy as np
import pytest
import tifffile

from core import formats
from core.errors import LamellaError
from core.formats.reading.missing import missing
from core.types.micrograph import Micrograph
from core.types.pixel_size import PixelSize

LOWEST = float(np.finfo(np.float32).min)


def read(image: np.ndarray) -> Micrograph:
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, image, photometric="minisblack")
    return formats.read(buffer.getvalue(), "image.tif")


def ramp(dtype: type = np.float32, low: float = 100, high: float = 200) -> np.ndarray:
    return np.linspace(low, high, 100 * 120).reshape(100, 120).astype(dtype)


@pytest.mark.parametrize(
    ("dtype", "fill"),
    [
        (np.float32, np.nan),
        (np.float32, np.inf),
        (np.float64, -np.inf),
        (np.float32, LOWEST),
        (np.float32, -LOWEST),
        (np.float64, np.finfo(np.float64).min),
        (np.float32, 9.96921e36),
        (np.float32, 1e20),
        (np.float32, -9999),
        (np.float16, -65504),
        (np.int16, -32768),
        (np.int32, -9999),
    ],
)
def test_a_fill_value_sets_no_range_and_is_not_valid(dtype, fill):
    image = ramp(dtype)
    image[:6] = fill
    micrograph = read(image)
    assert micrograph.valid is not None
    expected = np.ones(image.shape, bool)
    expected[:6] = False
    np.testing.assert_array_equal(micrograph.valid, expected)
    np.testing.assert_array_equal(micrograph.measurable, expected)
    assert not micrograph.pixels[:6].any()
    # 0.1 % of the rest lies on either side of what becomes black and white.
    assert 0.49 < np.median(micrograph.pixels[6:]) < 0.51
    assert any(note.startswith("720 px hold no grey level") for note in micrograph.notes)


@pytest.mark.parametrize(
    "image",
    [
        ramp(),
        ramp(np.uint8, 0, 255),
        ramp(np.uint16, 0, 60000),
        ramp(np.int16, -32768, 32767),
        ramp(np.float32, -9999, 9999),
        np.where(ramp() > 190, 1, 0).astype(np.float32),
        np.where(ramp() > 190, 1, -9999).astype(np.float32),
        np.where(ramp() > 190, 105, 0).astype(np.float32),
        1.7e308 * ramp(np.float64, -1, 1),
    ],
)
def test_ordinary_images_are_valid_everywhere(image):
    assert missing(image) is None
    micrograph = read(image)
    assert micrograph.valid is None
    assert micrograph.measurable.all()


def test_one_pixel_of_a_common_number_is_a_grey_level():
    image = ramp()
    image[4, 4] = -9999
    assert missing(image) is None


def test_rows_between_two_bars_are_the_image():
    pixels = np.zeros((30, 20), np.float32)
    valid = np.ones((30, 20), bool)
    valid[10] = False
    micrograph = Micrograph(pixels, "a", "d", info_bar_rows=5, top_bar_rows=3, valid=valid)
    assert micrograph.image_rows == slice(3, 25)
    assert micrograph.measurable.sum() == (22 - 1) * 20


def test_the_height_of_a_pixel_has_the_limits_of_its_width():
    assert PixelSize(10, "typed by user").is_square
    assert not PixelSize(10, "typed by user", 16).is_square
    with pytest.raises(LamellaError, match="2e-05 nm \\(a file\\)"):
        PixelSize(10, "a file", 2e-5)


def noisy() -> np.ndarray:
    return np.random.default_rng(5).integers(40, 200, (90, 120)).astype(np.uint8)


def turned(image: np.ndarray) -> np.ndarray:
    middle = (image.shape[1] / 2, image.shape[0] / 2)
    matrix = cv2.getRotationMatrix2D(middle, 8, 1)
    return cv2.warpAffine(image, matrix, image.shape[::-1], flags=cv2.INTER_NEAREST)


def shifted(image: np.ndarray, level: int = 0) -> np.ndarray:
    image = image.copy()
    image[:7] = image[:, :11] = level
    return image


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.float32])
@pytest.mark.parametrize("moved", [turned, shifted], ids=["turned", "shifted"])
def test_the_frame_of_a_moved_image_is_not_valid(dtype, moved):
    image = moved(noisy()).astype(dtype)
    micrograph = read(image)
    np.testing.assert_array_equal(micrograph.measurable, image > 0)
    assert any("or a frame" in note for note in micrograph.notes)


def test_a_white_frame_is_not_valid():
    image = shifted(noisy(), 255)
    np.testing.assert_array_equal(read(image).measurable, image < 255)


def test_what_a_specimen_may_show_is_no_frame():
    bottom, ring, scattered = noisy(), noisy(), shifted(noisy())
    bottom[-30:] = 0  # Saturated, with a straight edge.
    scattered[::9, ::9] = 0  # Clipped noise.
    row, column = np.mgrid[:90, :120]
    ring[np.hypot(row - 45, column - 60) > 20] = 0  # A particle on a clean ground.
    drawing = np.where(shifted(np.full((90, 120), 255, np.uint8)) > 0, 90, 0).astype(np.uint8)
    for image in (bottom, ring, scattered, drawing):
        assert read(image).valid is None

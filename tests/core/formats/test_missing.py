"""Pixels without a grey level: they set no range, and the micrograph says which they are."""

from __future__ import annotations

import io

import numpy as np
import pytest
import tifffile

from core import formats
from core.errors import LamellaError
from core.formats.reading.missing import missing
from core.types import Micrograph, PixelSize

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

"""The stretch of grey levels: ordinary images as ever, sparse objects kept, gaps left out."""

import io

import numpy as np
import pytest
import tifffile

from core import formats
from core.measurement.image_statistics import image_statistics
from core.pixels.grey_range import noise_sigma, with_sparse_objects
from core.pixels.resampling import square_pixel_nm
from core.segmentation.preprocessing import grey_levels, image_field
from core.types.micrograph import Micrograph
from core.types.pixel_size import PixelSize


def discs(side: int, radius: float, count: int) -> np.ndarray:
    """Return ``count`` discs in rows of four, (side, side) bool."""
    rows, columns = np.mgrid[:side, :side]
    found = np.zeros((side, side), bool)
    for index in range(count):
        row, column = (index // 4 + 0.5) * side / 4, (index % 4 + 0.5) * side / 4
        found |= (rows - row) ** 2 + (columns - column) ** 2 <= radius**2
    return found


def sparse(contrast: float, noise: float, radius: float = 7, side: int = 512) -> np.ndarray:
    """Return grey levels 0 to 255 of 12 discs on a noisy ground."""
    random = np.random.default_rng(5)
    return 120 + contrast * discs(side, radius, 12) + random.normal(0, noise, (side, side))


def percentiles(pixels: np.ndarray) -> tuple[float, float]:
    low, high = np.percentile(pixels, (0.5, 99.5))
    return float(low), float(high)


@pytest.mark.parametrize("contrast", [110, -110, 50, -50])
@pytest.mark.parametrize("radius", [3, 7, 11])
def test_sparse_objects_keep_their_contrast(contrast, radius):
    grey = grey_levels(sparse(contrast, 6, radius))
    inside = discs(512, radius - 1, 12)
    apart = abs(grey[inside].mean() - grey[~discs(512, radius + 1, 12)].mean())
    noise = noise_sigma(grey)
    # As in the image itself, but for what the objects' own tails lose.
    assert apart / noise == pytest.approx(abs(contrast) / 6, rel=0.12)


def test_sparse_objects_in_smooth_noise_keep_their_contrast_too():
    import cv2

    pixels = cv2.GaussianBlur(sparse(120, 24).astype(np.float32), (0, 0), 1.5)
    assert noise_sigma(pixels) < 1
    grey = grey_levels(pixels)
    assert np.ptp(np.percentile(grey[~discs(512, 12, 12)], (0.5, 99.5))) < 0.4


def test_ordinary_images_keep_their_percentiles_to_the_last_bit():
    random = np.random.default_rng(0)
    noise = random.normal(100, 8, (300, 300))
    halves = noise + 100 * (np.arange(300) < 150)
    textured = noise + 60 * np.sin(np.arange(300) / 9)
    hot = noise.copy()
    hot[random.integers(300, size=40), random.integers(300, size=40)] = 4000
    hot[:, 77] = 3000
    label = textured.copy()
    label[10:18, 10:50] = 255
    for pixels in (noise, halves, textured, hot, label):
        low, high = percentiles(pixels)
        assert with_sparse_objects(pixels, low, high, 0.5, None) == (low, high)


def test_what_holds_no_grey_level_sets_no_range():
    pixels = np.linspace(0, 1, 64 * 64, dtype=np.float32).reshape(64, 64)
    valid = np.ones(pixels.shape, bool)
    valid[:, :20] = False
    alone = grey_levels(np.ascontiguousarray(pixels[:, 20:]))
    torn = np.where(valid, pixels, np.float32(-5))
    found = grey_levels(torn, valid)
    np.testing.assert_array_equal(found[:, 20:], alone)
    # Each gap goes on as its nearest pixel: no edge that the image does not have.
    np.testing.assert_array_equal(found[:, :20], np.repeat(alone[:, :1], 20, axis=1))
    assert np.all(grey_levels(pixels, np.zeros(pixels.shape, bool)) == 0.5)


def test_statistics_are_those_of_the_pixels_with_a_grey_level():
    random = np.random.default_rng(1)
    whole = random.normal(0.5, 0.1, (120, 160))
    whole = np.cumsum(whole - 0.5, axis=1) * 0.1 + whole
    valid = np.ones(whole.shape, bool)
    valid[:, :40] = False
    alone = image_statistics(whole[:, 40:])
    torn = image_statistics(np.where(valid, whole, 9), valid)
    assert (torn.mean, torn.contrast) == pytest.approx((alone.mean, alone.contrast), rel=1e-5)
    assert torn.noise == pytest.approx(alone.noise, rel=0.02)
    assert torn.structure_px == pytest.approx(alone.structure_px, rel=0.05)


def saved(pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, pixels, photometric="minisblack")
    return buffer.getvalue()


def test_sixteen_bits_are_read_without_clipping_sparse_objects():
    # 12 discs of 5 px in 1024 px: 0.02 % of the area, less than the reader leaves out.
    random = np.random.default_rng(2)
    objects = discs(1024, 2.5, 12)
    counts = 1000 + 900 * objects + random.normal(0, 60, objects.shape)
    counts[300, 300] = 60000
    read = formats.read(saved(counts.astype(np.uint16)), "sparse.tif").pixels
    ground = read[~discs(1024, 4, 12)]
    assert read[objects].mean() - np.median(ground) > 9 * ground.std()
    assert read.max() == 1


def test_a_field_in_square_pixels_takes_the_finer_side():
    pixels = np.zeros((100, 160), np.float32)
    pixels[40:60, 60:100] = 1
    size, line = PixelSize(5, "header", height_nm=8), PixelSize(1, "header", height_nm=10)
    field = image_field(Micrograph(pixels, "a.tif", "0", size))
    assert field.shape == (100, 160)
    assert field.grey.shape == (160, 160)
    assert square_pixel_nm(size) == 5
    assert field.grey.sum() == pytest.approx(32 * 40, rel=0.02)
    # A line scan: the coarse side at most four times as fine.
    lines = image_field(Micrograph(pixels, "a.tif", "0", line))
    assert square_pixel_nm(line) == 2.5
    assert lines.grey.shape == (400, 64)

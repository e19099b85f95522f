"""Info bars: found by their edge and their writing, at the bottom and at the top."""

from __future__ import annotations

import io

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image

from core import formats
from core.formats.reading.grey import Levels
from core.formats.reading.info_bar import InfoBars, find_info_bars

HEIGHT, WIDTH = 300, 400


def image(level: int = 90, spread: float = 12) -> np.ndarray:
    """Return (H, W) uint8: noise with bright disks."""
    random = np.random.default_rng(2)
    pixels = random.normal(level, spread, (HEIGHT, WIDTH))
    for row, column in random.integers(0, (HEIGHT, WIDTH), (15, 2)):
        cv2.circle(pixels, (int(column), int(row)), 14, level + 90, -1)
    return np.clip(pixels, 0, 255).astype(np.uint8)


def bar(
    rows: int, ground: int = 0, ink: int = 255, text: str = "15.0 kV  x50 000  SE"
) -> np.ndarray:
    """Return (rows, W) uint8 with writing and a scale bar in it."""
    pixels = np.full((rows, WIDTH), ground, np.uint8)
    cv2.putText(pixels, text, (8, rows - 8), cv2.FONT_HERSHEY_SIMPLEX, 0.4, ink, 1)
    pixels[rows // 2 : rows // 2 + 4, 300:380] = ink
    return pixels


def with_bars(top: int = 0, bottom: int = 0, **kind: int) -> np.ndarray:
    pixels = image()
    if top:
        pixels[:top] = bar(top, **kind)
    if bottom:
        pixels[-bottom:] = bar(bottom, **kind)
    return pixels


def found(pixels: np.ndarray) -> tuple[int, int]:
    bars = find_info_bars(Levels(pixels))
    return bars.top, bars.bottom


@pytest.mark.parametrize("bars", [(0, 0), (0, 40), (40, 0), (30, 50)])
@pytest.mark.parametrize("kind", [{}, {"ground": 255, "ink": 0}, {"ground": 170, "ink": 20}])
def test_bars_at_the_bottom_and_at_the_top(bars, kind):
    assert found(with_bars(*bars, **kind)) == bars


@pytest.mark.parametrize("quality", [40, 70, 90])
@pytest.mark.parametrize("bars", [(0, 45), (43, 0), (0, 0)])
def test_bars_after_jpeg(quality, bars):
    buffer = io.BytesIO()
    Image.fromarray(with_bars(*bars)).save(buffer, "JPEG", quality=quality)
    micrograph = formats.read(buffer.getvalue(), "a.jpg")
    assert micrograph.bar_rows == bars


@pytest.mark.parametrize("bars", [(0, 45), (43, 0), (0, 0)])
def test_bars_of_0_and_65535_beside_12_bits(bars):
    deep = with_bars(*bars).astype(np.uint16) * 16
    for rows in (slice(0, bars[0]), slice(HEIGHT - bars[1], None)):
        deep[rows] = np.where(deep[rows] > 2000, 65535, 0)
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, deep, photometric="minisblack")
    micrograph = formats.read(buffer.getvalue(), "a.tif")
    assert micrograph.bar_rows == bars
    # 0.1 % of the image itself is white, not 0.1 % of image and bar.
    seen = deep[micrograph.image_rows].astype(float)
    low, high = np.percentile(seen, (0.1, 99.9))
    expected = np.clip((seen - low) / (high - low), 0, 1)
    np.testing.assert_allclose(micrograph.pixels[micrograph.image_rows], expected, atol=1e-5)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int32])
def test_bars_beside_wide_samples(dtype):
    assert found(with_bars(0, 40).astype(dtype) * 100 - 5000) == (0, 40)


def test_a_bar_beside_fill_values():
    pixels = with_bars(0, 40).astype(np.float32)
    pixels[60:90] = np.finfo(np.float32).min
    pixels[100:110, :50] = np.nan
    assert found(pixels) == (0, 40)


@pytest.mark.parametrize("level", [0, 255])
@pytest.mark.parametrize("noise", [0, 1, 6])
def test_a_flat_saturated_bottom_is_no_bar(level, noise):
    pixels = image().astype(float)
    flat = np.random.default_rng(1).normal(level, noise, (70, WIDTH))
    for part in (slice(-70, None), slice(0, 70)):
        changed = pixels.copy()
        changed[part] = flat
        assert found(np.clip(changed, 0, 255).astype(np.uint8)) == (0, 0)


def test_a_saturated_bottom_with_dust_on_it_is_no_bar():
    pixels = image()
    pixels[-70:] = 255
    for row, column in np.random.default_rng(4).integers(0, (70, WIDTH), (12, 2)):
        cv2.circle(pixels, (int(column), HEIGHT - 70 + int(row)), 3, 60, -1)
    assert found(pixels) == (0, 0)


def test_a_bar_counts_with_the_ruled_line_above_it():
    pixels = with_bars(0, 40)
    pixels[-42:-40] = 200
    assert found(pixels) == (0, 42)


def test_a_scale_bar_is_writing_enough():
    pixels = image()
    pixels[-40:] = 0
    pixels[-25:-21, 200:300] = 255
    assert found(pixels) == (0, 40)


def test_a_bar_may_be_framed():
    pixels = with_bars(0, 40)
    cv2.rectangle(pixels, (0, HEIGHT - 40), (WIDTH - 1, HEIGHT - 1), 255, 1)
    assert found(pixels) == (0, 40)


def test_rows_without_a_value_are_no_bar():
    pixels = image().astype(np.float32)
    pixels[-30:] = np.nan
    assert found(pixels) == (0, 0)


@pytest.mark.parametrize("shape", [(1, 1), (8, 400), (300, 10)])
def test_images_too_small_for_a_bar(shape):
    assert find_info_bars(Levels(np.zeros(shape, np.uint8))) == InfoBars(0, 0)


def test_what_the_metadata_say_of_bars_counts():
    pixels = with_bars(30, 40)
    text = f"[Scan]\nPixelWidth=5e-9\n[Image]\nResolutionX={WIDTH}\nResolutionY={HEIGHT - 50}\n"
    buffer = io.BytesIO()
    tags = [(34682, "s", 0, text, True)]
    tifffile.imwrite(buffer, pixels, photometric="minisblack", metadata=None, extratags=tags)
    assert formats.read(buffer.getvalue(), "a.tif").bar_rows == (0, 50)

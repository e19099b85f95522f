"""Palettes: what the used entries say, in 16 bits or in 8."""

from __future__ import annotations

import io

import numpy as np
import pytest
import tifffile
from PIL import Image

from core import formats
from core.types.micrograph import Micrograph

GREY = np.arange(64 * 80, dtype=np.uint32).reshape(64, 80).astype(np.uint8)
RAMP = np.repeat(np.arange(256), 3).reshape(256, 3)


def tiff(index: np.ndarray, palette: np.ndarray, whole: int = 257) -> Micrograph:
    """Return the reading of a palette TIFF; ``palette``: (256, 3), 0 to 255."""
    colormap = (palette.T * whole).astype(np.uint16)
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, index, photometric="palette", colormap=colormap)
    return formats.read(buffer.getvalue(), "palette.tif")


def png(index: np.ndarray, palette: np.ndarray) -> Micrograph:
    image = Image.fromarray(index)
    image.putpalette(palette.astype(np.uint8).tobytes())
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return formats.read(buffer.getvalue(), "palette.png")


@pytest.mark.parametrize("read", [tiff, png])
@pytest.mark.parametrize(("first", "second"), [(255, 0), (0, 255), (200, 40)])
def test_two_used_greys_count_whatever_else_the_palette_holds(read, first, second):
    palette = RAMP.copy()
    palette[0], palette[1] = first, second
    micrograph = read((GREY > 99).astype(np.uint8), palette)
    np.testing.assert_allclose(micrograph.pixels * 255, np.where(GREY > 99, second, first))
    assert micrograph.notes == ()


@pytest.mark.parametrize("read", [tiff, png])
def test_a_colour_beside_black_and_white_is_no_annotation(read):
    palette = RAMP.copy()
    palette[7] = 255, 0, 0
    index = np.where(GREY > 200, 7, np.where(GREY > 99, 255, 0)).astype(np.uint8)
    micrograph = read(index, palette)
    expected = np.where(GREY > 200, 0.299, np.where(GREY > 99, 1, 0))
    np.testing.assert_allclose(micrograph.pixels, expected, atol=1e-6)
    assert any("Colour was turned into grey" in note for note in micrograph.notes)


@pytest.mark.parametrize("whole", [256, 257])
def test_white_is_white_however_a_program_made_16_bits_of_8(whole):
    micrograph = tiff(np.where(GREY > 99, 1, 0).astype(np.uint8), RAMP[[0, 255, *[0] * 254]], whole)
    assert set(np.unique(micrograph.pixels)) == {0, 1}


@pytest.mark.parametrize("palette", [RAMP, RAMP[::-1], RAMP // 2])
def test_a_colormap_of_8_bit_values(palette):
    micrograph = tiff(GREY, palette, whole=1)
    np.testing.assert_allclose(micrograph.pixels, palette[GREY, 0] / 255, atol=1e-6)


def test_a_palette_of_16_bits_is_mapped():
    index = (np.arange(64 * 80, dtype=np.uint16) * 12).reshape(64, 80)
    colormap = np.repeat(np.arange(65535, -1, -1, dtype=np.uint16)[None], 3, axis=0)
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, index, photometric="palette", colormap=colormap)
    micrograph = formats.read(buffer.getvalue(), "deep.tif")
    np.testing.assert_allclose(micrograph.pixels, 1 - index / 65535, atol=1e-6)

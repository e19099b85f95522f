"""Images of cameras are turned upright by their EXIF orientation."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from core import formats

UPRIGHT = np.arange(6, dtype=np.uint8).reshape(2, 3) * 40
STORED = {
    1: UPRIGHT,
    2: UPRIGHT[:, ::-1],
    3: UPRIGHT[::-1, ::-1],
    4: UPRIGHT[::-1],
    5: UPRIGHT.T,
    6: UPRIGHT.T[::-1],
    7: UPRIGHT.T[::-1, ::-1],
    8: UPRIGHT.T[:, ::-1],
    99: UPRIGHT,
}
"""What a camera stores, by EXIF orientation (Exif 2.3, 4.6.4: where row 0 and column 0 lie)."""


@pytest.mark.parametrize("orientation", STORED)
def test_every_exif_orientation_is_turned_upright(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(STORED[orientation])).save(buffer, "PNG", exif=exif)
    micrograph = formats.read(buffer.getvalue(), "camera.png")
    np.testing.assert_allclose(micrograph.pixels * 255, UPRIGHT, atol=1e-4)
    assert bool(micrograph.notes) == (2 <= orientation <= 8)


def test_damaged_exif_does_not_cost_the_image():
    buffer = io.BytesIO()
    image = np.random.default_rng(5).integers(0, 256, (32, 40), dtype=np.uint8)
    Image.fromarray(image).save(buffer, "PNG", exif=b"MM\0*\0\0\0\x08\xff\xff" + bytes(50))
    micrograph = formats.read(buffer.getvalue(), "camera.png")
    np.testing.assert_allclose(micrograph.pixels * 255, image, atol=1e-4)

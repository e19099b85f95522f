"""Pages of a TIFF: which are images, and what each may take over from the first."""

from __future__ import annotations

import io

import numpy as np
import pytest
import tifffile

from core import formats
from core.types.micrograph import Micrograph

RNG = np.random.default_rng(5)
LARGE, HALF = (RNG.integers(0, 256, shape, dtype=np.uint8) for shape in ((80, 96), (40, 48)))
FEI = (
    "[Beam]\nBeam=EBeam\nScan=EScan\n[EScan]\nPixelWidth={m}\nPixelHeight={m}\n"
    "[Image]\nResolutionX={width}\nResolutionY={rows}\n"
)


def fei(m: float, width: int = 96, rows: int = 80) -> tuple:
    return 34682, "s", 0, FEI.format(m=m, width=width, rows=rows), True


def tiff(*pages: tuple[np.ndarray, dict]) -> bytes:
    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer) as writer:
        for image, options in pages:
            writer.write(image, photometric="minisblack", metadata=None, **options)
    return buffer.getvalue()


def read(data: bytes, page: int = 0, **options: object) -> Micrograph:
    return formats.read(data, "image.tif", page=page, **options)


@pytest.mark.parametrize("second", [HALF, LARGE[:20, :24], LARGE[:40], LARGE[:, :48]])
def test_a_smaller_image_is_a_page_and_takes_nothing_over(second):
    data = tiff((LARGE, {"extratags": [fei(5e-9)]}), (second, {}))
    first, other = read(data), read(data, 1)
    assert (first.pages, other.pages) == (2, 2)
    np.testing.assert_allclose(other.pixels, second / 255, atol=1e-6)
    assert first.pixel_size.nm == pytest.approx(5)
    assert other.pixel_size is None and other.pixel_size_choices == ()
    assert other.metadata == {"Software": "tifffile.py"} and other.info_bar_rows == 0
    assert first.notes == other.notes == ()


def test_a_smaller_image_has_the_size_that_its_own_tags_say():
    data = tiff((LARGE, {"extratags": [fei(5e-9)]}), (HALF, {"extratags": [fei(2e-9, 48, 40)]}))
    assert read(data, 1).pixel_size.nm == pytest.approx(2)


def test_pages_of_one_shape_have_their_own_tags_or_the_first_ones():
    pages = [(LARGE, {"extratags": [fei(5e-9)]}), (LARGE, {"extratags": [fei(3e-9)]}), (LARGE, {})]
    found = [read(tiff(*pages), page).pixel_size.nm for page in range(3)]
    assert found == pytest.approx([5, 3, 5])


def test_a_text_file_beside_the_image_speaks_of_the_first_shape_only():
    sidecars = {"image.txt": b"[SemImageFile]\nPixelSize=4\nDataSize=96x80\n"}
    data = tiff((LARGE, {}), (HALF, {}), (LARGE[::-1], {}))
    found = [read(data, page, sidecars=sidecars) for page in range(3)]
    by_shape = {one.shape: one.pixel_size and one.pixel_size.nm for one in found}
    assert by_shape == {(80, 96): pytest.approx(4), (40, 48): None}


def test_a_reduced_copy_that_says_so_is_left_out():
    data = tiff((LARGE, {}), (HALF, {"subfiletype": 1}))
    micrograph = read(data)
    assert (micrograph.pages, micrograph.shape) == (1, (80, 96))
    assert "preview image was left out" in micrograph.notes[0]
    preview_first = read(tiff((HALF, {"subfiletype": 1}), (LARGE, {})))
    assert (preview_first.pages, preview_first.shape) == (1, (80, 96))


def test_a_reduced_copy_below_its_image_is_left_out():
    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer) as writer:
        writer.write(LARGE, photometric="minisblack", metadata=None, subifds=1)
        writer.write(HALF, photometric="minisblack", metadata=None)
        writer.write(LARGE[:50], photometric="minisblack", metadata=None)
    data = buffer.getvalue()
    assert [read(data, page).shape for page in range(2)] == [(80, 96), (50, 96)]
    assert read(data).pages == 2


def test_images_of_an_ome_file_have_each_their_own_size():
    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer, ome=True) as writer:
        for image, size in ((LARGE, 0.005), (HALF, 0.02)):
            sizes = {f"PhysicalSize{axis}": size for axis in "XY"}
            writer.write(image, photometric="minisblack", metadata=sizes)
    found = [read(buffer.getvalue(), page).pixel_size.nm for page in range(2)]
    assert found == pytest.approx([5, 20])

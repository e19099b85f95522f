"""The small inputs of ``shared/data/cases`` that once failed, with the right answer for each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from core.errors import FormatError
from core.formats import read_file
from core.types.micrograph import Micrograph

NOBODY_SET = "when nobody set the pixel size"


@pytest.fixture
def case(shared_data: Callable[..., Path]) -> Callable[[str], Micrograph]:
    """Return a function that reads one of the files."""
    return lambda name, page=0: read_file(shared_data("cases", name), page=page)


@pytest.mark.parametrize(
    ("name", "nm", "note"),
    [
        ("ome_then_imagej_description.tif", 5000, ""),
        ("imagej_unit_um_resolution_cm.tif", 5000, ""),
        ("imagej_unit_angstrom_escaped.tif", 0.2, ""),
        ("imagej_film_scan_4000dpi.tif", None, "not calibrated"),
        ("mrc_default_1_angstrom.mrc", 0.1, NOBODY_SET),
    ],
)
def test_pixel_size(case, name, nm, note):
    micrograph = case(name)
    assert (micrograph.pixel_size and micrograph.pixel_size.nm) == pytest.approx(nm)
    assert micrograph.pixel_size_choices == ()
    assert bool(note) == any(note and note in one for one in micrograph.notes)


def test_pixels_that_are_not_square(case):
    size = case("fei_nonsquare_circle_1200nm.tif").pixel_size
    assert (size.nm, size.height_nm) == pytest.approx((10, 16))


def test_a_crop_or_a_binned_copy(case):
    micrograph = case("fei_square_crop.tif")
    assert micrograph.pixel_size is None
    assert [one.nm for one in micrograph.pixel_size_choices] == pytest.approx([5, 10])
    assert any("cropped" in note and "binned" in note for note in micrograph.notes)


@pytest.mark.parametrize(
    ("name", "dark", "bright"),
    [
        ("mrc_imod_unsigned_bytes.mrc", 127, 198),
        ("colormap_8bit_values.tif", 60, 180),
        ("palette_two_greys_padded_by_ramp.tif", 0, 255),
    ],
)
def test_meaning_of_the_samples(case, name, dark, bright):
    pixels = case(name).pixels * 255
    middle = (dark + bright) / 2
    found = [np.median(pixels[pixels < middle]), np.median(pixels[pixels > middle])]
    np.testing.assert_allclose(found, [dark, bright], atol=1)


def test_black_is_what_the_palette_calls_black(case):
    pixels = case("palette_two_greys_padded_by_ramp.tif").pixels
    assert (pixels == 1).mean() == pytest.approx(0.87, abs=0.01)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("cl_line_spectrum.dm4", "without an image, only spectra"),
        ("mrc_mode101_4bit.mrc", r"an MRC file of mode 101 \(samples of 4 bits\)"),
    ],
)
def test_what_is_not_read_is_named(case, name, sentence):
    with pytest.raises(FormatError, match=sentence):
        case(name)


def test_pixels_without_a_value(case):
    micrograph = case("nan_border_dark_particles.tif")
    assert (~micrograph.valid).sum() == 25500
    assert not micrograph.pixels[~micrograph.valid].any()


def test_two_images_of_which_one_is_half_as_large(case):
    found = [case("two_images_second_half_size.tif", page) for page in (0, 1)]
    assert [one.pages for one in found] == [2, 2]
    assert [one.shape for one in found] == [(400, 520), (200, 260)]


@pytest.mark.parametrize(
    ("name", "top", "bottom"),
    [
        ("infobar_12bit_in_16bit.tif", 0, 50),
        ("infobar_jpeg_q70.jpg", 0, 50),
        ("infobar_at_top.tif", 50, 0),
        ("strip_20x1200.tif", 0, 0),
        ("rods_10to1_network.tif", 0, 0),
        ("nan_border_dark_particles.tif", 0, 0),
    ],
)
def test_info_bar(case, name, top, bottom):
    assert case(name).bar_rows == (top, bottom)

"""Pixel sizes that other programs write as text: units, several sources, values nobody set."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
import tifffile

from core import formats
from core.errors import LamellaError
from core.formats.reading.calibration import metres
from core.formats.reading.typed import pixel_size_text, typed_pixel_size
from core.types.micrograph import Micrograph

IMAGE = np.random.default_rng(3).integers(0, 256, (48, 64), dtype=np.uint8)
FEI = (
    "[Beam]\nBeam=EBeam\nScan=EScan\n[EScan]\nPixelWidth=5e-9\nPixelHeight=5e-9\n"
    "[Image]\nResolutionX={width}\nResolutionY={rows}\n"
)


def read(
    *descriptions: str,
    x: tuple[int, int] = (1, 1),
    y: tuple[int, int] | None = None,
    unit: int | None = None,
    tags: tuple = (),
) -> Micrograph:
    """Return the reading of a TIFF with these descriptions, resolution and ResolutionUnit."""
    extra = [(270, "s", 0, text.encode(), True) for text in descriptions]
    options = {"resolution": (x, y or x), "resolutionunit": unit or 2, "extratags": [*extra, *tags]}
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, IMAGE, photometric="minisblack", metadata=None, **options)
    data = buffer.getvalue()
    if unit is None:
        tag = struct.pack("<HHI", 296, 3, 1)
        assert data.count(tag) == 1
        data = data.replace(tag, struct.pack("<HHI", 65_000, 3, 1))
    return formats.read(data, "image.tif")


def nanometres(micrograph: Micrograph) -> float | None:
    return micrograph.pixel_size.nm if micrograph.pixel_size else None


def imagej(unit: str) -> str:
    return f"ImageJ=1.54f\nunit={unit}"


def ome(size: str, unit: str = "µm", width: int = 64) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><OME xmlns="http://www.openmicroscopy.org/Schemas/'
        'OME/2016-06"><Image ID="Image:0"><Pixels ID="Pixels:0" DimensionOrder="XYCZT" '
        f'Type="uint8" SizeX="{width}" SizeY="48" SizeC="1" SizeZ="1" SizeT="1" '
        f'PhysicalSizeX="{size}" PhysicalSizeXUnit="{unit}" PhysicalSizeY="{size}" '
        f'PhysicalSizeYUnit="{unit}"><TiffData/></Pixels></Image></OME>'
    )


@pytest.mark.parametrize(
    ("unit", "resolution", "resolution_unit", "expected_nm"),
    [
        ("um", (2000, 1), 3, 5000),
        ("um", (5080, 1), 2, 5000),
        ("um", (25400, 1), 2, 1000),
        ("micron", (12700, 1), 2, 2000),
        ("nm", (10_000_000, 1), 3, 1),
        ("\\u00B5m", (254_000_000, 100), 2, 10),
        ("um", (80, 1), 1, 12.5),
        ("um", (80, 1), None, 12.5),
        ("nm", (2, 1), 1, 0.5),
        ("cm", (2000, 1), 3, 5000),
        ("cm", (1_000_000, 1), 1, 10),
        ("inch", (100_000, 1), 2, 254),
    ],
)
def test_the_resolution_counts_by_its_own_unit(unit, resolution, resolution_unit, expected_nm):
    micrograph = read(imagej(unit), x=resolution, unit=resolution_unit)
    assert nanometres(micrograph) == pytest.approx(expected_nm)


@pytest.mark.parametrize(
    ("unit", "resolution", "resolution_unit"),
    [
        ("inch", (4000, 1), 2),
        ("inch", (4000, 1), 1),
        ("inch", (5400, 1), 2),
        ("inch", (12_800, 1), 2),
        ("inch", (72, 1), 2),
        ("cm", (157_480, 100), 3),
        ("cm", (2835, 100), 3),
        ("um", (300, 1), 2),
        ("um", (4000, 1), 2),
        ("um", (118_110, 1000), 3),
    ],
)
def test_prints_and_scanned_films_are_not_calibrated(unit, resolution, resolution_unit):
    micrograph = read(imagej(unit), x=resolution, unit=resolution_unit)
    assert micrograph.pixel_size is None
    assert any("a print or a scanner" in note for note in micrograph.notes)


@pytest.mark.parametrize(
    ("unit", "expected_nm"),
    [
        ("\\u00C5", 0.2),
        ("\\u00c5", 0.2),
        ("\\u212B", 0.2),
        ("A\\u030A", 0.2),
        ("\\u00C5ngstr\\u00F6m", 0.2),
        ("\\u00B5m", 2000),
        ("\\u03BCm", 2000),
        ("\\u339B", 2000),
        ("\\u339A", 2),
        ("nm/pixel", 2),
        ("\\u00B5m/px", 2000),
        ("\\u006E\\u006D", 2),
        ("\\\\u00B5m", 2000),
    ],
)
def test_every_escape_of_imagej(unit, expected_nm):
    micrograph = read(imagej(unit), x=(1, 2), unit=1)
    assert nanometres(micrograph) == pytest.approx(expected_nm)
    assert "\\u" not in micrograph.pixel_size.source


@pytest.mark.parametrize("unit", ["pixel", "\\u0070ixel", "", "1/nm", "mrad", "sec"])
def test_what_is_no_length_is_no_calibration(unit):
    assert read(imagej(unit), x=(1, 2), unit=1).pixel_size is None
    assert metres(1, "mm") == 1e-3


def test_every_description_is_looked_at():
    micrograph = read(ome("5.0"), imagej("um"), x=(2000, 1), unit=3)
    assert nanometres(micrograph) == pytest.approx(5000)
    assert micrograph.pixel_size_choices == ()
    only_second = read("Taken by hand", imagej("nm"), x=(1, 4), unit=1)
    assert nanometres(only_second) == pytest.approx(4)
    reversed_order = read(imagej("um"), ome("5.0"), x=(2000, 1), unit=3)
    assert nanometres(reversed_order) == pytest.approx(5000)


def test_two_descriptions_that_differ_are_a_choice():
    micrograph = read(ome("5.0"), imagej("um"), x=(1, 3), unit=1)
    assert nanometres(micrograph) == pytest.approx(5000)
    found = [(one.nm, one.source) for one in micrograph.pixel_size_choices]
    assert found == [
        (pytest.approx(5000), "OME PhysicalSizeX"),
        (pytest.approx(3000), "ImageJ, um"),
    ]
    assert any("5000 nm (OME PhysicalSizeX), 3000 nm (ImageJ, um)" in n for n in micrograph.notes)


@pytest.mark.parametrize(
    ("micrograph", "nm"),
    [
        (read(ome("1.0")), 1000),
        (read(ome("1", "nm")), 1),
        (read(imagej("um"), unit=1), 1000),
        (read(imagej("nm"), unit=1), 1),
    ],
    ids=["OME um", "OME nm", "ImageJ um", "ImageJ nm"],
)
def test_exactly_one_unit_may_never_have_been_set(micrograph, nm):
    assert nanometres(micrograph) == pytest.approx(nm)
    assert "when nobody set the pixel size" in micrograph.pixel_size.note
    assert micrograph.pixel_size.note in micrograph.notes


def test_what_nobody_set_gives_way_to_what_somebody_did():
    micrograph = read(ome("1.0"), imagej("nm"), x=(1, 4), unit=1)
    assert nanometres(micrograph) == pytest.approx(4)
    assert micrograph.pixel_size.note == ""
    assert [one.nm for one in micrograph.pixel_size_choices] == pytest.approx([4, 1000])


def test_other_values_have_no_such_note():
    for micrograph in (read(ome("1.5")), read(imagej("um"), x=(2, 1), unit=1)):
        assert micrograph.pixel_size.note == ""
        assert micrograph.notes == ()


def test_pixels_that_are_not_square_keep_both_sides():
    micrograph = read(imagej("nm"), x=(1, 4), y=(1, 5), unit=1)
    assert (micrograph.pixel_size.nm, micrograph.pixel_size.height_nm) == pytest.approx((4, 5))


@pytest.mark.parametrize("tag", [34680, 34682])
def test_an_instrument_and_a_program_that_differ_are_a_choice(tag):
    text = FEI.format(width=64, rows=48)
    micrograph = read(imagej("nm"), x=(1, 10), unit=1, tags=((tag, "s", 0, text, True),))
    assert nanometres(micrograph) == pytest.approx(5)
    assert [one.nm for one in micrograph.pixel_size_choices] == pytest.approx([5, 10])


def test_a_crop_or_copy_is_for_the_user_to_say_until_another_source_decides():
    tags = ((34682, "s", 0, FEI.format(width=128, rows=96), True),)
    micrograph = read(tags=tags)
    assert micrograph.pixel_size is None
    assert [(one.nm, one.source) for one in micrograph.pixel_size_choices] == [
        (pytest.approx(5), "FEI tag 34682, if cropped"),
        (pytest.approx(10), "FEI tag 34682, if binned or rescaled"),
    ]
    told = read(imagej("nm"), x=(1, 10), unit=1, tags=tags)
    assert nanometres(told) == pytest.approx(10)
    assert [one.nm for one in told.pixel_size_choices] == pytest.approx([10, 5])


@pytest.mark.parametrize(
    ("text", "nm"),
    [
        ("0.25", 0.25),
        ("2,5 nm", 2.5),
        ("0.444 um", 444),
        ("1.2 µm", 1200),
        ("1.2μm", 1200),
        ("4.5 Å", 0.45),
        ("3 angstrom", 0.3),
        ("0.5 nm/px", 0.5),
        ("0.5 nm / pixel", 0.5),
        ("2 µm per pixel", 2000),
        ("2 µ", 2000),
        (" ", None),
    ],
)
def test_a_typed_pixel_size_has_its_unit(text, nm):
    found = typed_pixel_size(text)
    assert (found and found.nm) == nm
    assert found is None or typed_pixel_size(pixel_size_text(found)) == found


@pytest.mark.parametrize(
    ("text", "width", "height"),
    [
        ("10x16", 10, 16),
        ("10 x 16 nm", 10, 16),
        ("0,5 nm X 1 nm", 0.5, 1),
        ("4\u00d74 um", 4e3, 4e3),
    ],
)
def test_a_pixel_that_is_not_square_is_typed_as_it_is_shown(text, width, height):
    found = typed_pixel_size(text)
    assert (found.nm, found.height_nm or found.nm) == (width, height)
    assert typed_pixel_size(pixel_size_text(found)) == found


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("two", "'two' is not a length"),
        ("3 px", "'3 px' is not a length"),
        ("1 nm 2 nm", "is not a length"),
        ("1x2x3", "'1x2x3' is not a length"),
        ("nan", "'nan' is not a length"),
        ("0 nm", "is 0 nm (typed by user); it must lie between"),
        ("-2", "is -2 nm (typed by user); it must lie between"),
        ("5 mm", "is 5e+06 nm (typed by user); it must lie between"),
        ("1e400", "is inf nm (typed by user); it must lie between"),
        ("1x2000", "is 1 x 2000 nm (typed by user); one side may be 10 times the other"),
    ],
)
def test_what_is_no_pixel_size_is_one_sentence(text, said):
    with pytest.raises(LamellaError, match="^The pixel size") as refused:
        typed_pixel_size(text)
    assert said in str(refused.value)


def test_pixels_that_no_microscope_has_are_left_out():
    micrograph = read(imagej("nm"), x=(1, 10), y=(1, 20000), unit=1)
    assert micrograph.pixel_size is None
    assert any("1e-08 m across and 2e-05 m down" in note for note in micrograph.notes)


def test_pixels_of_over_a_millimetre_are_counted_by_the_unit_as_imagej_does():
    micrograph = read(imagej("nm"), x=(2, 1), unit=2)
    assert nanometres(micrograph) == pytest.approx(0.5)
    (note,) = micrograph.notes
    assert "2 pixels per inch, too coarse for any image, and names the unit nm" in note
    assert read(imagej("nm"), x=(72, 1), unit=2).pixel_size is None

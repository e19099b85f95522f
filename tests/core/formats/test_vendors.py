"""Pixel sizes and info bars of every instrument, from files written here with its tags."""

from __future__ import annotations

import io
import struct
import unicodedata
import zlib

import numpy as np
import pytest
import tifffile
from PIL import Image

from core import formats
from core.formats.reading.calibration import Calibration, metres
from core.formats.reading.scale import scale_of
from core.formats.reading.text import decode_text, lengths
from core.types.micrograph import Micrograph

RNG = np.random.default_rng(7)


def noise(height: int, width: int) -> np.ndarray:
    return RNG.integers(0, 256, (height, width), dtype=np.uint8)


def tiff(array: np.ndarray, tags: list[tuple] | None = None, **options: object) -> bytes:
    buffer = io.BytesIO()
    options = {"photometric": "minisblack", "metadata": None, **options}
    tifffile.imwrite(buffer, array, extratags=tags or (), **options)
    return buffer.getvalue()


def text_tag(code: int, text: str) -> tuple:
    return code, "s", 0, text, True


def bytes_tag(code: int, data: bytes) -> tuple:
    return code, "B", len(data), data, True


def nanometres(micrograph: Micrograph) -> float | None:
    return micrograph.pixel_size.nm if micrograph.pixel_size else None


FEI = """[User]
User=supervisor
[Beam]
Beam=IBeam
Scan=IScan
[Scan]
PixelWidth=9e-009
PixelHeight=9e-009
[EScan]
PixelWidth=9e-009
PixelHeight=9e-009
[IScan]
PixelWidth=2.5e-009
PixelHeight=2.5e-009
[Image]
ResolutionX=128
ResolutionY=90
[PrivateFei]
DatabarHeight=10
"""


def test_fei_takes_the_beam_that_was_used_and_the_rows_below_the_scan():
    micrograph = formats.read(tiff(noise(100, 128), [text_tag(34682, FEI)]), "fei.tif")
    assert nanometres(micrograph) == pytest.approx(2.5)
    assert micrograph.info_bar_rows == 10
    assert micrograph.pixel_size.source == "FEI tag 34682"
    assert micrograph.metadata["User.User"] == "supervisor"


def test_fei_sfeg_tag_and_image_saved_without_its_bar():
    micrograph = formats.read(tiff(noise(90, 128), [text_tag(34680, FEI)]), "fei.tif")
    assert nanometres(micrograph) == pytest.approx(2.5)
    assert micrograph.info_bar_rows == 0


def test_fei_camera_has_field_of_view_over_width():
    text = (
        "[Beam]\nBeam=IRBeam\nScan=\n[IRBeam]\nHFW=0.0128\nVFW=0.009\n"
        "[Image]\nResolutionX=128\nResolutionY=90\n"
    )
    micrograph = formats.read(tiff(noise(100, 128), [text_tag(34682, text)]), "nav.tif")
    assert nanometres(micrograph) == pytest.approx(1e5)


def test_fei_damaged_numbers_are_no_calibration():
    text = FEI.replace("2.5e-009", "notafloat").replace("9e-009", "nan")
    micrograph = formats.read(tiff(noise(100, 128), [text_tag(34682, text)]), "fei.tif")
    assert micrograph.pixel_size is None
    assert micrograph.info_bar_rows == 10


def test_fei_tilted_pixels_are_not_averaged():
    text = FEI.replace("PixelHeight=2.5e-009", "PixelHeight=3.5e-009")
    micrograph = formats.read(tiff(noise(100, 128), [text_tag(34682, text)]), "fei.tif")
    assert micrograph.pixel_size is not None
    assert micrograph.pixel_size.nm == pytest.approx(2.5)
    assert micrograph.pixel_size.height_nm == pytest.approx(3.5)
    assert any("not square: 2.5 nm across and 3.5 nm down" in note for note in micrograph.notes)


def test_fei_xml():
    xml = (
        '<?xml version="1.0" encoding="UTF-8"?><Metadata xmlns="urn:fei"><BinaryResult><PixelSize>'
        '<X unit="m" unitPrefixPower="1">1.25E-08</X><Y unit="m" unitPrefixPower="1">1.25E-08</Y>'
        "</PixelSize></BinaryResult></Metadata>"
    )
    micrograph = formats.read(tiff(noise(64, 64), [text_tag(34683, xml)]), "fei.tif")
    assert nanometres(micrograph) == pytest.approx(12.5)


def zeiss_text(pixel_m: float, image: str = "", ion: str = "SEM") -> str:
    head = f"0\r\n0\r\n0\r\n{pixel_m:e}\r\n1000\r\n6\r\n"
    named = f"DP_FIB_IMAGING\r\nFIB Imaging = {ion}\r\n"
    named += "AP_FIB_PIXEL_SIZE\r\nFIB Pixel Size = 70.91 nm\r\n"
    if image:
        named += f"AP_IMAGE_PIXEL_SIZE\r\nImage Pixel Size = {image}\r\n"
    return head + named


@pytest.mark.parametrize(("width", "expected_nm"), [(1024, 11.65), (512, 23.3), (2048, 5.825)])
def test_zeiss_sizes_hold_for_1024_px(width, expected_nm):
    data = tiff(noise(32, width), [text_tag(34118, zeiss_text(11.65e-9, f"{expected_nm} nm"))])
    micrograph = formats.read(data, "zeiss.tif")
    assert nanometres(micrograph) == pytest.approx(expected_nm)
    assert micrograph.notes == ()


def test_zeiss_ion_image_and_disagreement():
    data = tiff(noise(32, 1024), [text_tag(34118, zeiss_text(11.65e-9, ion="FIB"))])
    assert nanometres(formats.read(data, "fib.tif")) == pytest.approx(70.91)
    data = tiff(noise(32, 1024), [text_tag(34118, zeiss_text(11.65e-9, "5.825 nm"))])
    micrograph = formats.read(data, "z.tif")
    assert [one.nm for one in micrograph.pixel_size_choices] == pytest.approx([11.65, 5.825])
    assert any("several pixel sizes: 11.65 nm" in note for note in micrograph.notes)


TESCAN = "[MAIN]\nImageStripSize=12\nPixelSizeX=2.42e-7\nPixelSizeY=2.42e-7\n[SEM]\nHV=3e4\n"


def test_tescan_tag_after_its_thumbnail():
    tag = struct.pack("<I", 8) + b"\xff\xd8\xff\xd9thumb\xff\xd9" + b"\xa4\1\0\0" + TESCAN.encode()
    micrograph = formats.read(tiff(noise(80, 64), [bytes_tag(50431, tag)]), "t.tif")
    assert nanometres(micrograph) == pytest.approx(242)
    assert micrograph.info_bar_rows == 12


@pytest.mark.parametrize("name", ["t.hdr", "t-tif.hdr"])
def test_tescan_header_beside_the_image(name):
    micrograph = formats.read(tiff(noise(80, 64)), "t.tif", sidecars={name: TESCAN.encode()})
    assert nanometres(micrograph) == pytest.approx(242)
    assert micrograph.info_bar_rows == 12


def test_tescan_png_chunk():
    buffer = io.BytesIO()
    Image.fromarray(noise(80, 64)).save(buffer, "PNG")
    chunk = b"gIFx" + TESCAN.encode()
    packed = struct.pack(">I", len(TESCAN)) + chunk + struct.pack(">I", zlib.crc32(chunk))
    data = buffer.getvalue().replace(b"\0\0\0\0IEND", packed + b"\0\0\0\0IEND")
    assert nanometres(formats.read(data, "t.png")) == pytest.approx(242)


def test_jeol_micron_bar_and_full_size():
    text = "$$SM_MICRON_BAR 53\n$$SM_MICRON_MARKER 100nm\n$CM_FULL_SIZE 80 60\n"
    micrograph = formats.read(tiff(noise(64, 80)), "j.tif", sidecars={"j.txt": text.encode()})
    assert nanometres(micrograph) == pytest.approx(100 / 53)
    assert micrograph.info_bar_rows == 4


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_jeol_field_of_view_is_preferred(encoding):
    text = (
        "$CM_SIGNAL SEI\n$CM_SIGNAL LEI\n$CM_IMAGE_SIZE 80 60\n$CM_FIELD_OF_VIEW 128µm 96µm\n"
        "$$SM_MICRON_BAR 10\n$$SM_MICRON_MARKER 20µm\n$SM_PNU_HEIGHT 5\n"
    )
    sidecars = {"j.txt": text.encode(encoding)}
    micrograph = formats.read(tiff(noise(65, 80)), "j.tif", sidecars=sidecars)
    assert nanometres(micrograph) == pytest.approx(1600)
    assert micrograph.info_bar_rows == 5
    assert [one.nm for one in micrograph.pixel_size_choices] == pytest.approx([1600, 2000])
    assert any("2000 nm (JEOL j.txt, micron bar)" in note for note in micrograph.notes)


def test_hitachi_in_nanometres_and_utf16():
    text = "[SemImageFile]\r\nInstructName=SU8230\r\nPixelSize=9.92\r\nDataSize=80x60\r\n"
    sidecars = {"H.TXT": text.encode("utf-16")}
    micrograph = formats.read(tiff(noise(66, 80)), "h.tif", sidecars=sidecars)
    assert nanometres(micrograph) == pytest.approx(9.92)
    assert micrograph.info_bar_rows == 6
    assert micrograph.metadata["InstructName"] == "SU8230"


@pytest.mark.parametrize("forms", [("NFC", "NFD"), ("NFD", "NFC")])
def test_a_sidecar_is_found_in_either_form_of_unicode(tmp_path, forms):
    image, text = (unicodedata.normalize(form, "Gef\u00fcge \u00c5") for form in forms)
    (tmp_path / f"{image}.tif").write_bytes(tiff(noise(66, 80)))
    (tmp_path / f"{text}.txt").write_text("[SemImageFile]\nPixelSize=9.92\nDataSize=80x60\n")
    micrograph = formats.read_file(tmp_path / f"{image}.tif")
    assert nanometres(micrograph) == pytest.approx(9.92)
    assert micrograph.name == "Gef\u00fcge \u00c5.tif"


def test_a_missing_sidecar_is_said():
    image = noise(100, 80)
    image[80:] = 0
    image[88:94, 10:40:3] = 255
    micrograph = formats.read(tiff(image), "j.tif")
    assert micrograph.info_bar_rows == 20
    assert any(".txt or .hdr file of the same name" in note for note in micrograph.notes)
    named = formats.read(tiff(noise(64, 64), [text_tag(271, "JEOL Ltd.")]), "j.tif")
    assert any("JEOL microscopes write it" in note for note in named.notes)


def test_olympus_page_behind_the_preview():
    sis = b"SIS0" + b"\0" * 6 + struct.pack("<5h", 0, 0, 1, 1, 100) + b"\0" * 6
    sis += b"name".ljust(32, b"\0") + struct.pack("<h", 1)
    general = b"\0" * 10 + struct.pack("<h", -9) + struct.pack("<dd", 0.25, 0.25)
    general += b"\0" * 8 + struct.pack("<d", 60_000.0) + b"\0\0" + b"camera".ljust(66, b"\0")
    entry = struct.pack("<hhI", 1, 1, 0xABCDABCD)
    deep = RNG.integers(0, 4000, (40, 48)).astype(np.uint16)
    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer) as writer:
        writer.write(np.stack([noise(40, 48)] * 3, -1), photometric="rgb", metadata=None)
        extra = [bytes_tag(33560, sis + entry + general)]
        writer.write(deep, photometric="minisblack", metadata=None, extratags=extra)
    data = buffer.getvalue()
    place = data.index(b"SIS0") + len(sis) + len(entry)
    data = data.replace(struct.pack("<I", 0xABCDABCD), struct.pack("<I", place))
    micrograph = formats.read(data, "sis.tif")
    assert (micrograph.file_shape, micrograph.dtype, micrograph.pages) == ((40, 48), "uint16", 1)
    assert nanometres(micrograph) == pytest.approx(0.25)
    assert any("preview" in note for note in micrograph.notes)


@pytest.mark.parametrize(("width", "choices"), [(64, []), (0, []), (128, [1.4208, 2.8416])])
def test_tvips_header_is_in_nanometres(width, choices):
    from tifffile.tifffile import TIFF

    first = np.zeros(1, np.dtype(TIFF.TVIPS_HEADER_V1))
    first["Version"] = 2
    second = np.zeros(1, np.dtype(TIFF.TVIPS_HEADER_V2))
    second["PixelSizeX"] = second["PixelSizeY"] = 1.4208
    second["ImageSizeX"] = second["ImageSizeY"] = width
    second["Magic"] = 0xAAAAAAAA
    tag = bytes_tag(37706, first.tobytes() + second.tobytes())
    micrograph = formats.read(tiff(noise(64, 64), [tag], resolution=(72, 72)), "tvips.tif")
    assert nanometres(micrograph) == (None if choices else pytest.approx(1.4208))
    assert [one.nm for one in micrograph.pixel_size_choices] == pytest.approx(choices)


@pytest.mark.parametrize(
    ("data", "sidecars"),
    [
        (
            tiff(noise(60, 80)),
            {"a.txt": b"$CM_PIXEL_SIZE 4 nm\n", "a.tif.txt": b"$CM_PIXEL_SIZE 6 nm\n"},
        ),
        (
            tiff(noise(60, 80)),
            {
                "a.txt": b"[SemImageFile]\nPixelSize=4\n",
                "a-tif.txt": b"[SemImageFile]\nPixelSize=6\n",
            },
        ),
        (
            tiff(noise(60, 80), [text_tag(50431, "[MAIN]\nPixelSizeX=4e-9\nPixelSizeY=4e-9\n")]),
            {"a.hdr": b"[MAIN]\nPixelSizeX=6e-9\nPixelSizeY=6e-9\n"},
        ),
        (
            tiff(
                noise(60, 80),
                [
                    text_tag(34680, "[Scan]\nPixelWidth=6e-9\n"),
                    text_tag(34682, "[Scan]\nPixelWidth=4e-9\n"),
                ],
            ),
            {},
        ),
        (
            tiff(noise(60, 80), [text_tag(34682, "[Scan]\nPixelWidth=4e-9\n")]),
            {"a.hdr": b"[MAIN]\nPixelSizeX=6e-9\nPixelSizeY=6e-9\n"},
        ),
    ],
    ids=["JEOL", "Hitachi", "TESCAN", "FEI", "FEI and TESCAN"],
)
def test_sources_that_differ_are_a_choice(data, sidecars):
    micrograph = formats.read(data, "a.tif", sidecars=sidecars)
    assert nanometres(micrograph) == pytest.approx(4)
    assert [one.nm for one in micrograph.pixel_size_choices] == pytest.approx([4, 6])
    told = next(note for note in micrograph.notes if "several pixel sizes: 4 nm" in note)
    assert "6 nm (" in told and "choose the right one" in told


@pytest.mark.parametrize(("unit", "expected_nm"), [("µm", 168.67), ("nm", 0.16867), ("1/nm", None)])
def test_gatan_tags(unit, expected_nm):
    tags = [(65009, "d", 1, 0.16867, True), (65010, "d", 1, 0.16867, True)]
    tags += [bytes_tag(code, unit.encode("latin-1") + b"\0") for code in (65003, 65004)]
    data = tiff(noise(64, 64).astype(np.int32), tags)
    assert nanometres(formats.read(data, "dm.tif")) == pytest.approx(expected_nm)


SIGHTX = (
    "<JEOL><TemReporter><Eos><EosMode>{eos}</EosMode></Eos><ImageFormingSystem><ModeString>{mode}"
    "</ModeString><SelectorValue>10000</SelectorValue></ImageFormingSystem></TemReporter></JEOL>\1"
)


@pytest.mark.parametrize(
    ("eos", "mode", "expected_nm"),
    [("eosTEM", "MAG", 1.5), ("eosTEM", "DIFF", None), ("modeASID", "MAG", None)],
)
@pytest.mark.parametrize("magnification", ["10000", "10,000"])
def test_jeol_sightx_divides_the_camera_pixel_by_the_magnification(
    eos, mode, expected_nm, magnification
):
    data = tiff(
        noise(64, 64),
        [text_tag(271, "JEOL Ltd.")],
        description=SIGHTX.format(eos=eos, mode=mode).replace("10000", magnification),
        resolution=(1 / 1.5e-3, 1 / 1.5e-3),
        resolutionunit="CENTIMETER",
    )
    assert nanometres(formats.read(data, "sx.tif")) == pytest.approx(expected_nm)


@pytest.mark.parametrize(
    ("unit", "pixels_a_unit", "expected_nm"),
    [
        ("um", 80, 12.5),
        ("micron", 80, 12.5),
        ("\\u00B5m", 80, 12.5),
        ("nm", 2, 0.5),
        ("cm", 1e6, 10),
        ("inch", 72, None),
        ("pixel", 1, None),
    ],
)
def test_imagej_units(unit, pixels_a_unit, expected_nm):
    data = tiff(
        noise(64, 64), imagej=True, metadata={"unit": unit}, resolution=(pixels_a_unit,) * 2
    )
    assert nanometres(formats.read(data, "ij.tif")) == pytest.approx(expected_nm)


def test_imagej_without_unit_and_print_resolution_are_no_calibration():
    assert (
        formats.read(tiff(noise(64, 64), imagej=True, resolution=(80, 80)), "a").pixel_size is None
    )
    for unit in ("INCH", "CENTIMETER"):
        data = tiff(noise(64, 64), resolution=(300, 300), resolutionunit=unit)
        assert formats.read(data, "print.tif").pixel_size is None


@pytest.mark.parametrize(("unit", "expected_nm"), [(None, 12.5), ("µm", 12.5), ("nm", 0.0125)])
def test_ome_physical_size(unit, expected_nm):
    metadata = {"PhysicalSizeX": 0.0125, "PhysicalSizeY": 0.0125}
    if unit:
        metadata |= {"PhysicalSizeXUnit": unit, "PhysicalSizeYUnit": unit}
    data = tiff(noise(64, 64), ome=True, metadata=metadata)
    assert nanometres(formats.read(data, "a.ome.tif")) == pytest.approx(expected_nm)


def test_two_sources_that_differ_are_said_and_the_instrument_counts():
    sidecars = {"f.txt": b"[SemImageFile]\nPixelSize=4\n"}
    data = tiff(noise(100, 128), [text_tag(34682, FEI)])
    micrograph = formats.read(data, "f.tif", sidecars=sidecars)
    assert nanometres(micrograph) == pytest.approx(2.5)
    assert [one.nm for one in micrograph.pixel_size_choices] == pytest.approx([2.5, 4])
    assert any("2.5 nm (FEI tag 34682), 4 nm (Hitachi f.txt)" in note for note in micrograph.notes)


def test_damaged_metadata_do_not_cost_the_image(monkeypatch):
    from core.formats.vendors import fei

    def broken(clues):
        raise KeyError("gone")

    monkeypatch.setattr(fei, "find", broken)
    micrograph = formats.read(tiff(noise(64, 64)), "a.tif")
    assert "The fei metadata are damaged and were left out." in micrograph.notes


@pytest.mark.parametrize("shape", [(384, 512), (420, 512), (1536, 2048)])
def test_an_image_of_another_size_is_either_a_crop_or_a_copy(shape):
    stated = Calibration(4e-9, 4e-9, "FEI tag 34682", width=1024, rows=768)
    scale = scale_of([stated], shape)
    assert scale.size is None
    assert [one.nm for one in scale.choices] == pytest.approx([4, 4 * 1024 / shape[1]])
    assert "cropped" in scale.notes[0] and "rescaled" in scale.notes[0]


def test_an_image_of_another_form_is_no_copy():
    stated = Calibration(4e-9, 4e-9, "FEI tag 34682", width=1024, rows=768)
    scale = scale_of([stated], (700, 500))
    assert scale.size is None
    assert [one.nm for one in scale.choices] == pytest.approx([4])
    assert "cropped or distorted" in scale.notes[0]


@pytest.mark.parametrize(("height_nm", "kept"), [(4, None), (4.01, None), (4.03, 4.03)])
def test_a_pixel_is_square_within_what_is_lost_by_rounding(height_nm, kept):
    scale = scale_of([Calibration(4e-9, height_nm * 1e-9, "FEI tag 34682")], (64, 64))
    assert scale.size is not None and scale.size.height_nm == pytest.approx(kept)
    assert scale.size.is_square == (kept is None)


@pytest.mark.parametrize("value", [0.9e-12, 1.1e-3, 1e8, float("nan"), 0.0])
def test_scales_that_no_microscope_has_are_refused(value):
    scale = scale_of([Calibration(value, value, "a reader")], (64, 64))
    assert scale.size is None and not scale.choices
    assert "no microscope" in scale.notes[0]


def test_units_and_text():
    assert metres(2, "Å") == pytest.approx(2e-10)
    assert metres(2, "[n_m]") == pytest.approx(2e-9)
    assert metres(2, "\u03bcm") == pytest.approx(2e-6)
    assert [metres(1, unit) for unit in ("1/nm", "mrad", "pix", "")] == [None] * 4
    assert lengths("128µm 9.6 mm") == [(128.0, "µm"), (9.6, "mm")]
    assert decode_text("[SemImageFile]".encode("utf-16-le")) == "[SemImageFile]"
    assert decode_text("倍率".encode("cp932")) == "倍率"

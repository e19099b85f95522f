"""What instruments write beside the usual: other encodings, other keys, other places."""

from __future__ import annotations

import io

import h5py
import mrcfile
import numpy as np
import pytest
import tifffile
from PIL import Image
from tifffile.tifffile import TIFF

from core import formats
from core.formats.reading.calibration import metres, number
from core.types.micrograph import Micrograph

RNG = np.random.default_rng(11)


def noise(height: int, width: int) -> np.ndarray:
    return RNG.integers(0, 256, (height, width), dtype=np.uint8)


def tiff(array: np.ndarray, code: int = 0, content: bytes = b"", **options: object) -> bytes:
    buffer = io.BytesIO()
    tags = [(code, "B", len(content), content, True)] if code else []
    options = {"photometric": "minisblack", "metadata": None, **options}
    tifffile.imwrite(buffer, array, extratags=tags, **options)
    return buffer.getvalue()


def nanometres(micrograph: Micrograph) -> float | None:
    return micrograph.pixel_size.nm if micrograph.pixel_size else None


FEI = (
    "[User]\r\nUserText={text}\r\n[Beam]\r\nBeam=EBeam\r\nScan=EScan\r\n"
    "[EScan]\r\nPixelWidth={pixel}\r\nPixelHeight={pixel}\r\nHorFieldsize=3.2e-7\r\n"
    "[Image]\r\nResolutionX=64\r\nResolutionY=50\r\n"
)


@pytest.mark.parametrize("encoding", ["utf-8", "cp932", "gbk", "cp1251"])
def test_fei_user_text_in_any_encoding(encoding):
    # In the last three these letters hold bytes that Windows-1252 leaves undefined.
    text = {"cp1251": "ЏЌЉ", "gbk": "亐亖"}.get(encoding, "テスト\u3000ソ")
    content = FEI.format(text=text, pixel="2.5e-009").encode(encoding)
    micrograph = formats.read(tiff(noise(64, 64), 34682, content), "fei.tif")
    assert nanometres(micrograph) == pytest.approx(2.5)
    assert micrograph.info_bar_rows == 14


def test_fei_decimal_comma_and_field_size_alone():
    content = FEI.format(text="", pixel="2,5e-009").encode()
    assert nanometres(formats.read(tiff(noise(64, 64), 34682, content), "a")) == pytest.approx(2.5)
    content = FEI.format(text="", pixel="2.5nm").encode()
    assert nanometres(formats.read(tiff(noise(64, 64), 34682, content), "a")) == pytest.approx(2.5)
    content = FEI.format(text="", pixel="").encode()
    assert nanometres(formats.read(tiff(noise(64, 64), 34682, content), "a")) == pytest.approx(5.0)


@pytest.mark.parametrize(
    ("field", "expected_nm"), [("12.8mm", 2e5), ("128.0µm", 2000), ("128.0\u03bcm", 2000)]
)
def test_fei_tag_of_other_makers_has_units_and_scan_rows(field, expected_nm):
    content = f"[Beam]\r\nHFW={field}\r\n[Scan]\r\nResolutionX=64\r\nResolutionY=50\r\n"
    data = content.encode("gbk" if "\u03bc" in field else "latin-1")
    micrograph = formats.read(tiff(noise(64, 64), 34682, data), "sm32.tif")
    assert nanometres(micrograph) == pytest.approx(expected_nm)
    assert micrograph.info_bar_rows == 14


PHENOM = (
    '<?xml version="1.0"?><FeiImage><databarHeight>14</databarHeight><databarLabel>a</databarLabel>'
    '<pixelWidth unit="{unit}">0.131</pixelWidth><pixelHeight unit="{unit}">0.131</pixelHeight>'
    "</FeiImage>"
)


@pytest.mark.parametrize(("unit", "expected_nm"), [("um", 131), ("µm", 131), ("nm", 0.131)])
def test_phenom_xml(unit, expected_nm):
    content = PHENOM.format(unit=unit).encode()
    micrograph = formats.read(tiff(noise(64, 50), 34683, content), "phenom.tiff")
    assert nanometres(micrograph) == pytest.approx(expected_nm)
    assert micrograph.info_bar_rows == 14


def test_phenom_xml_in_a_jpeg():
    buffer = io.BytesIO()
    Image.fromarray(noise(64, 50)).save(buffer, "JPEG", comment=PHENOM.format(unit="um").encode())
    micrograph = formats.read(buffer.getvalue(), "phenom.jpg")
    assert nanometres(micrograph) == pytest.approx(131)
    assert micrograph.info_bar_rows == 14


ZEISS = (
    "0\r\n0\r\n0\r\n1.165e-008\r\n1000\r\n6\r\nSV_USER_TEXT\r\nUser Text = {text}\r\n"
    "DP_IMAGE_STORE\r\nStore resolution = {store}\r\n"
    "AP_IMAGE_PIXEL_SIZE\r\nImage Pixel Size = {image}\r\n"
)


@pytest.mark.parametrize("encoding", ["utf-8", "cp932"])
def test_zeiss_user_text_in_any_encoding(encoding):
    text = ZEISS.format(text="テスト\u3000ソ", store="512 * 384", image="23.30 nm")
    micrograph = formats.read(tiff(noise(384, 512), 34118, text.encode(encoding)), "z.tif")
    assert nanometres(micrograph) == pytest.approx(23.3)
    assert micrograph.notes == ()


@pytest.mark.parametrize(("image", "expected_nm"), [("558.2 pm", 0.5582), ("2,791 µm", 2791)])
def test_zeiss_with_the_image_pixel_size_alone(image, expected_nm):
    text = f"AP_IMAGE_PIXEL_SIZE\r\nImage Pixel Size = {image}\r\nAP_MAG\r\nMag =  50.00 K X\r\n"
    micrograph = formats.read(tiff(noise(64, 512), 34118, text.encode("latin-1")), "z.tif")
    assert nanometres(micrograph) == pytest.approx(expected_nm)


def test_zeiss_images_of_another_size_leave_the_pixel_size_to_the_user():
    content = ZEISS.format(text="", store="1024 * 768", image="11.65 nm").encode()
    cropped = formats.read(tiff(noise(300, 800), 34118, content), "z.tif")
    assert cropped.pixel_size is None
    assert any("cropped or distorted" in note and "11.65 nm" in note for note in cropped.notes)
    half = noise(384, 512)
    half[344:] = 0
    half[354:360, 20:80:4] = 255
    micrograph = formats.read(tiff(half, 34118, content), "z.tif")
    assert micrograph.pixel_size is None
    assert [one.nm for one in micrograph.pixel_size_choices] == pytest.approx([11.65, 23.3])
    assert micrograph.info_bar_rows == 40


JEOL = "CM_IMAGE_SIZE{s}80 60\n$CM_FIELD_OF_VIEW{s}128.000µm 96.000µm\n$SM_PNU_HEIGHT{s}4\n"


@pytest.mark.parametrize("filler", [b"\0", b""])
@pytest.mark.parametrize("code", [37500, 37510])
@pytest.mark.parametrize("between", ["\t", "\r\n", " "])
def test_jeol_metadata_inside_the_tiff(filler, code, between):
    lines = ("$" + JEOL.format(s="=")).replace("\n", between)
    content = b"UNICODE" + filler + lines.encode("utf-16-le")
    micrograph = formats.read(tiff(noise(64, 80), code, content), "jeol.tif")
    assert nanometres(micrograph) == pytest.approx(1600)
    assert micrograph.info_bar_rows == 4


@pytest.mark.parametrize(
    ("encoding", "newline"),
    [("utf-8-sig", "\r\n"), ("utf-16", "\r\n"), ("cp1252", "\n"), ("utf-16-be", "\r\n")],
)
def test_jeol_text_in_any_encoding(encoding, newline):
    text = ("$" + JEOL.format(s=" ")).replace("\n", newline)
    sidecars = {"IMG_001.TXT": text.encode(encoding)}
    micrograph = formats.read(tiff(noise(64, 80)), "img_001.tif", sidecars=sidecars)
    assert nanometres(micrograph) == pytest.approx(1600)
    assert micrograph.info_bar_rows == 4


def test_jeol_image_saved_without_its_bar_keeps_all_rows():
    text = "$" + JEOL.format(s=" ")
    micrograph = formats.read(tiff(noise(60, 80)), "j.tif", sidecars={"j.txt": text.encode()})
    assert micrograph.info_bar_rows == 0
    assert nanometres(micrograph) == pytest.approx(1600)


HITACHI = b"[SemImageFile]\r\nPixelSize=9.92\r\nDataSize=80x60\r\n"


@pytest.mark.parametrize(
    ("shape", "tags", "sidecars"),
    [
        ((40, 40), (34682, FEI.format(text="", pixel="2.5e-9").encode()), {}),
        ((50, 50), (), {"a.txt": HITACHI}),
        ((50, 50), (), {"a.txt": ("$" + JEOL.format(s=" ")).encode()}),
    ],
    ids=["FEI", "Hitachi", "JEOL"],
)
def test_rows_of_a_crop_are_no_info_bar(shape, tags, sidecars):
    micrograph = formats.read(tiff(noise(*shape), *tags), "a.tif", sidecars=sidecars)
    assert micrograph.info_bar_rows == 0
    assert micrograph.pixel_size is None
    assert any("cropped or distorted" in note for note in micrograph.notes)


@pytest.mark.parametrize("line", ["$$SM_MICRON_BAR 0\n$$SM_MICRON_MARKER 1um\n", ""])
def test_a_sidecar_without_a_pixel_size_is_said(line):
    sidecars = {"j.txt": f"$CM_FULL_SIZE 80 60\n{line}".encode()}
    micrograph = formats.read(tiff(noise(64, 80)), "j.tif", sidecars=sidecars)
    assert micrograph.info_bar_rows == 4
    assert micrograph.notes == ("No pixel size was found in j.txt; type the pixel size.",)


@pytest.mark.parametrize("head", ["[SemImageFile]", "[TemImageFile]", "[semimagefile]"])
@pytest.mark.parametrize("value", ["9.92", "9,92", " 9.92 nm", "9.92E+00"])
def test_hitachi_spellings(head, value):
    text = f"{head}\r\nInstructName=TM4000\r\nPixelSize={value}\r\nDataSize = 80 x 60\r\n"
    sidecars = {"h.tif.txt": text.encode("utf-8-sig")}
    micrograph = formats.read(tiff(noise(66, 80)), "h.tif", sidecars=sidecars)
    assert nanometres(micrograph) == pytest.approx(9.92)
    assert micrograph.info_bar_rows == 6


@pytest.mark.parametrize(
    "content",
    [
        b"\0ImageStripSize=12\nPixelSizeX=2.42e-7\nPixelSizeY=2.42e-7\n",
        b"\x08\0\0\0\xff\xd8\xff\xd9" + b"[MAIN]\r\nPixelSizeX=2,42e-007\r\nImageStripSize=12\r\n",
        b"[MAIN]\nPixelSizeX=2.42e-7\nImageStripSize=12.0\n\0\0\xff\xd9\xa4\0",
        b"[MAIN]\nPixelSizeX=2.42e-7\nImageStripSize=12\nNote=\xc5\x99\x81\nUserName=\xf8\x8d\n",
    ],
    ids=["no header", "decimal comma", "bytes behind the text", "user text"],
)
def test_tescan_tag_contents(content):
    micrograph = formats.read(tiff(noise(80, 64), 50431, content), "t.tif")
    assert nanometres(micrograph) == pytest.approx(242)
    assert micrograph.info_bar_rows == 12


def test_gatan_unit_in_two_bytes_a_character():
    buffer = io.BytesIO()
    tags = [(code, "d", 1, 0.25, True) for code in (65009, 65010)]
    tags += [(code, "B", 6, "nm\0".encode("utf-16-le"), True) for code in (65003, 65004)]
    tifffile.imwrite(buffer, noise(64, 64), photometric="minisblack", extratags=tags, metadata=None)
    assert nanometres(formats.read(buffer.getvalue(), "dm.tif")) == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("resolution", "unit", "expected_nm"),
    [(17_877_205, "INCH", 1.42080), (1e7, "CENTIMETER", 1.0), (300, "INCH", None)],
)
def test_tvips_first_version_has_its_scale_in_the_resolution(resolution, unit, expected_nm):
    header = np.zeros(1, np.dtype(TIFF.TVIPS_HEADER_V1))
    header["Version"] = 1
    options = {"resolution": (resolution, resolution), "resolutionunit": unit}
    data = tiff(noise(64, 64), 37706, header.tobytes(), **options)
    found = nanometres(formats.read(data, "tvips.tif"))
    assert found == (expected_nm and pytest.approx(expected_nm, rel=1e-5))


@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("bigtiff", [False, True])
def test_tags_in_either_byte_order_and_bigtiff(byteorder, bigtiff):
    content = FEI.format(text="", pixel="2.5e-009").encode()
    data = tiff(
        noise(64, 64).astype(np.uint16), 34682, content, byteorder=byteorder, bigtiff=bigtiff
    )
    micrograph = formats.read(data, "fei.tif")
    assert nanometres(micrograph) == pytest.approx(2.5)
    assert (micrograph.dtype, micrograph.info_bar_rows) == ("uint16", 14)


def test_mrc_with_the_pixel_size_in_the_extended_header(tmp_path):
    path = tmp_path / "fei.mrc"
    with mrcfile.new(path) as file:
        file.set_data(noise(24, 32).astype(np.int16))
        file.header.cella = (32, 24, 1)
        records = np.zeros((1024, 32), "<f4")
        records[0, 11] = 3.5e-9
        file.set_extended_header(np.frombuffer(records.tobytes(), "V1"))
        file.header.exttyp = b"\0\0\0\0"
    micrograph = formats.read(path.read_bytes(), "fei.mrc")
    assert nanometres(micrograph) == pytest.approx(3.5)
    assert micrograph.file_shape == (24, 32)


@pytest.mark.parametrize(
    ("folder", "names", "shape"),
    [
        ("data", ("x", "y"), (20, 30)),
        ("data", ("y", "x"), (30, 20)),
        ("4DSTEM_simulation", ("R_x", "R_y"), (20, 30)),
        ("4DSTEM_experiment", ("R_x", "R_y"), (30, 20)),
    ],
)
def test_ncem_axes_are_told_by_their_names(folder, names, shape):
    buffer = io.BytesIO()
    stored = np.arange(600, dtype=np.int32).reshape(30, 20)
    with h5py.File(buffer, "w") as file:
        group = file.create_group(f"{folder}/image")
        group.attrs["emd_group_type"] = 1
        group["data"] = stored
        for place, (name, length) in enumerate(zip(names, stored.shape, strict=True), 1):
            group[f"dim{place}"] = np.arange(length) * 2.0
            group[f"dim{place}"].attrs.update({"name": name, "units": "[n_m]"})
    micrograph = formats.read(buffer.getvalue(), "a.emd")
    assert micrograph.file_shape == shape
    assert nanometres(micrograph) == pytest.approx(2.0)
    # Stored values grow by 1 along the last dimension, by 20 along the first.
    assert (micrograph.pixels[0, 2] > micrograph.pixels[2, 0]) == (shape == (20, 30))


def test_micro_signs_and_decimal_commas():
    spellings = ("\u00b5m", "\u03bcm", "\uff75m", "¦Ìm", "Âµm", "Î¼m", "um", "µ\0m\0")
    assert [metres(2, unit) for unit in spellings] == [pytest.approx(2e-6)] * len(spellings)
    assert [number(text) for text in ("2,5e-9", " 2.5e-9 ", 2.5e-9)] == [2.5e-9] * 3
    assert [number(text) for text in ("1,234,5", "1,234.5", "inf", "", None)] == [None] * 5

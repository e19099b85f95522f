"""Files that are damaged, lie about themselves, or are no images: one sentence each, no crash."""

from __future__ import annotations

import io
import re
import struct
import time
import zlib
from unittest.mock import Mock

import h5py
import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image

from core import formats
from core.errors import FormatError, LamellaError, LimitError
from core.formats.reading.names import clean_name
from core.settings import Limits

RNG = np.random.default_rng(3)
NOISE = RNG.integers(0, 256, (64, 80), dtype=np.uint8)


def tiff(array: np.ndarray, **options: object) -> bytes:
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, array, **{"photometric": "minisblack", **options})
    return buffer.getvalue()


def pillow(kind: str) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(NOISE).save(buffer, kind)
    return buffer.getvalue()


def hand_made_tiff(
    width: int, height: int, strip: bytes, compression: int = 1, next_ifd: int = 0
) -> bytes:
    """A TIFF of one strip whose tags say whatever the test wants."""
    tags = [
        (256, 4, width), (257, 4, height), (258, 3, 8), (259, 3, compression), (262, 3, 1),
        (273, 4, 8 + 2 + 12 * 9 + 4), (277, 3, 1), (278, 4, height), (279, 4, len(strip)),
    ]  # fmt: skip
    directory = struct.pack("<H", len(tags))
    for code, kind, value in tags:
        packed = struct.pack("<HH", value, 0) if kind == 3 else struct.pack("<I", value)
        directory += struct.pack("<HHI", code, kind, 1) + packed
    return b"II*\0" + struct.pack("<I", 8) + directory + struct.pack("<I", next_ifd) + strip


def refusal(data: bytes, name: str = "file.tif", **options: object) -> str:
    with pytest.raises(FormatError) as caught:
        formats.read(data, name, **options)
    message = str(caught.value)
    assert name in message
    assert not re.search(r"(Error|Exception)\b", message)
    return message


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF"])
@pytest.mark.parametrize("kept", [0.0, 0.02, 0.3, 0.9])
def test_truncated_files(kind, kept):
    data = pillow(kind)
    refusal(data[: int(len(data) * kept)], f"cut.{kind.lower()}")


@pytest.mark.parametrize("folder", ["Data/Image/1", "data/image"])
def test_a_truncated_emd_is_named_as_one(folder):
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file[f"{folder}/data"] = NOISE
    assert "damaged or incomplete NCEM EMD" in refusal(buffer.getvalue()[:3000], "cut.emd")


def test_corrupt_compressed_data_never_become_pixels():
    data = bytearray(tiff(NOISE, compression="zlib"))
    data[-2000:-1500] = b"\xff" * 500
    assert "damaged" in refusal(bytes(data))


@pytest.mark.parametrize(
    ("limits", "variable"),
    [
        (Limits(file_bytes=100), "LAMELLA_MAX_FILE_BYTES"),
        (Limits(pixels=5000), "LAMELLA_MAX_PIXELS"),
        (Limits(decoded_bytes=5000), "LAMELLA_MAX_DECODED_BYTES"),
        (Limits(pages=1), "LAMELLA_MAX_PAGES"),
        (Limits(expansion=1, expansion_floor_bytes=100), "LAMELLA_MAX_EXPANSION"),
    ],
)
def test_each_limit_names_its_variable(limits, variable):
    data = tiff(np.stack([NOISE * 0] * 2), compression="zlib")
    with pytest.raises(LimitError, match=variable):
        formats.read(data, "a.tif", limits=limits)


def test_channels_are_limited():
    data = tiff(np.zeros((16, 16, 9), np.uint8), planarconfig="contig")
    with pytest.raises(LimitError, match="LAMELLA_MAX_CHANNELS"):
        formats.read(data, "a.tif", limits=Limits(channels=8))


def test_limits_come_from_the_environment(monkeypatch):
    monkeypatch.setenv("LAMELLA_MAX_PIXELS", "100")
    with pytest.raises(LimitError, match="at most 100 px"):
        formats.read(tiff(NOISE), "a.tif")


@pytest.mark.parametrize("text", ["", "0", "-5", "1e6", "many", "²", "9" * 5000])
def test_limits_that_are_no_whole_number_are_named(text, monkeypatch):
    monkeypatch.setenv("LAMELLA_MAX_PIXELS", text)
    with pytest.raises(LamellaError, match="positive whole number, such as 100000000"):
        Limits.from_environment()


def test_a_header_that_claims_a_huge_image_is_refused_at_once():
    start = time.perf_counter()
    assert "LAMELLA_MAX_PIXELS" in refusal(hand_made_tiff(100_000, 100_000, b"\0" * 10, 8))
    ihdr = b"IHDR" + struct.pack(">IIBBBBB", 100_000, 100_000, 8, 0, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + ihdr
    png += struct.pack(">I", zlib.crc32(ihdr)) + b"\0\0\0\0IDAT" + b"\0" * 20
    assert "LAMELLA_MAX_PIXELS" in refusal(png, "bomb.png")
    assert time.perf_counter() - start < 20


def test_deflate_bomb_is_refused_before_decoding():
    data = tiff(np.zeros((9000, 9000), np.uint8), compression="zlib")
    assert "LAMELLA_MAX_EXPANSION" in refusal(data)


OME = (
    '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image ID="Image:0"><Pixels '
    'ID="Pixels:0" DimensionOrder="XYCZT" Type="uint8" SizeX="{x}" SizeY="64" SizeC="1" SizeZ="1" '
    'SizeT="{t}"><TiffData IFD="0" PlaneCount="{planes}"/></Pixels></Image></OME>'
)


@pytest.mark.parametrize(
    "description",
    [
        OME.format(x=80, t=10**12, planes=1),
        OME.format(x=10**15, t=1, planes=1),
        OME.format(x=80, t=1, planes=10**12),
        OME.format(x=80, t="&#53;00000000000", planes=1),
        '{"shape": [1000000000000, 64, 80]}',
        "shape=(1000000000000,64,80)",
    ],
    ids=["OME frames", "OME width", "OME planes", "OME escapes", "tifffile", "old tifffile"],
)
def test_claimed_frames_are_refused_before_room_is_made_for_them(description):
    tag = (270, "s", 0, description, True)
    data = tiff(NOISE, metadata=None, description=None, extratags=[tag])
    assert "LAMELLA_MAX_PAGES" in refusal(data)


def test_a_tile_larger_than_its_page_is_refused(tmp_path):
    path = tmp_path / "tile.tif"
    path.write_bytes(tiff(NOISE * 0, tile=(64, 80), compression="zlib", metadata=None))
    with tifffile.TiffFile(path, mode="r+b") as file:
        for name in ("TileWidth", "TileLength"):
            file.pages[0].tags[name].overwrite(2**16)
    assert "LAMELLA_MAX_DECODED_BYTES" in refusal(path.read_bytes())


def test_a_strip_that_decodes_to_more_than_the_page_stays_bounded():
    bomb = hand_made_tiff(64, 64, zlib.compress(b"\0" * 50_000_000, 9), 8)
    assert "damaged" in refusal(bomb)
    codec = imagecodecs.jpeg2k_encode(np.zeros((2000, 2000), np.uint8))
    assert formats.read(hand_made_tiff(64, 64, codec, 34712), "j2k.tif").shape == (64, 64)


def test_directory_loops_and_empty_directories():
    assert formats.read(hand_made_tiff(8, 8, bytes(64), next_ifd=8), "loop.tif").pages == 1
    assert "0 x 0 px" in refusal(hand_made_tiff(0, 0, b""))
    assert "TIFF" in refusal(b"II*\0\x08\0\0\0")


@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (50, 1), (2, 2)])
def test_tiny_images_are_read(shape):
    data = tiff(np.arange(np.prod(shape), dtype=np.uint8).reshape(shape))
    assert formats.read(data, "tiny.tif").shape == shape


def test_complex_and_all_nan():
    assert "complex numbers" in refusal(tiff(np.ones((20, 20), np.complex64)))
    assert "no finite number" in refusal(tiff(np.full((20, 20), np.nan, np.float32)))


def test_extreme_floats_do_not_overflow():
    image = 1.7e308 * np.linspace(-1, 1, 600).reshape(20, 30)
    pixels = formats.read(tiff(image), "extreme.tif").pixels
    assert np.isfinite(pixels).all()


def test_xml_that_defines_entities_is_refused():
    xml = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aa">]><OME>&a;</OME>'
    assert "entities" in refusal(tiff(NOISE, description=xml, metadata=None))
    # The same in a tag of a vendor leaves the image readable and not calibrated.
    tags = [(34683, "s", 0, xml, True)]
    assert formats.read(tiff(NOISE, extratags=tags), "fei.tif").pixel_size is None


def test_ome_does_not_open_other_files(tmp_path, monkeypatch):
    other = tmp_path / "other.ome.tif"
    other.write_bytes(tiff(NOISE, ome=True))
    xml = (
        '<?xml version="1.0" encoding="UTF-8"?><OME xmlns="http://www.openmicroscopy.org/Schemas/'
        'OME/2016-06"><Image ID="Image:0"><Pixels ID="Pixels:0" DimensionOrder="XYCZT" '
        'Type="uint8" SizeX="80" SizeY="64" SizeC="1" SizeZ="2" SizeT="1"><TiffData IFD="0" '
        'FirstZ="0"><UUID FileName="a.ome.tif">urn:uuid:1</UUID></TiffData><TiffData IFD="0" '
        f'FirstZ="1"><UUID FileName="{other}">urn:uuid:2</UUID></TiffData></Pixels></Image></OME>'
    )
    xml = xml.replace("<OME ", '<OME UUID="urn:uuid:1" ')
    data = tiff(NOISE * 0, description=xml, metadata=None)
    for page in (0, 1):
        try:
            assert not formats.read(data, "a.ome.tif", page=page).pixels.any()
        except FormatError as error:
            assert "another file" in str(error) or "page" in str(error)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"<!DOCTYPE html><html></html>", "web page"),
        (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"PK\x03\x04....", "zip"),
        (b"%!PS-Adobe", "PostScript"),
        (b"$CM_FORMAT JEOL\r\n", "JEOL image and holds no pixels"),
        ("[SemImageFile]\r\n".encode("utf-16"), "Hitachi image and holds no pixels"),
        (b"[MAIN]\nPixelSizeX=1\n", "TESCAN image and holds no pixels"),
        (b"", "empty"),
        (b"1 2 3\n4 5 6\n", "a text file and holds no image (what is read: BMP,"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "a HEIC photograph, which is not read here"),
        (b"\0\0\0\x18ftypisom\0\0\0\0", "a film"),
        (b"ZISRAWFILE\0\0", "a ZEISS CZI file"),
        (b"\x93NUMPY\1\0", "a NumPy array"),
        (bytes(range(256)) * 8, "no format that can be read here"),
    ],
)
def test_what_is_no_image_is_named(data, said):
    assert said in refusal(data, "shot.png")


def test_a_compression_that_is_not_read_is_named():
    data = tiff(NOISE)
    tag = struct.pack("<HHI", 259, 3, 1)
    assert data.count(tag) == 1
    start = data.index(tag) + len(tag)
    data = data[:start] + struct.pack("<H", 12345) + data[start + 2 :]
    assert "not read here (TIFF compression 12345); save it uncompressed" in refusal(data)


def test_the_name_never_decides():
    assert formats.read(pillow("PNG"), "really.tif").shape == (64, 80)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\lab\\a b.tif", "a b.tif"),
        ("a\u202egnp.tif", "agnp.tif"),
        ("new\nline\0.tif", "newline.tif"),
        ("", "image"),
        ("..", "image"),
        ("x" * 300 + ".tif", "x" * 116 + ".tif"),
    ],
)
def test_names_are_cleaned(name, expected):
    assert clean_name(name) == expected
    assert formats.read(tiff(NOISE), name).name == expected


def test_a_mostly_empty_file_is_said():
    image = NOISE.copy()
    image[20:] = 0
    assert any("one grey level only" in note for note in formats.read(tiff(image), "a").notes)


def test_any_exception_of_a_decoder_becomes_a_sentence(monkeypatch):
    from core.formats import png

    for error in (RuntimeError("x"), RecursionError(), KeyError("x"), struct.error("x")):
        monkeypatch.setattr(png, "read_with", Mock(side_effect=error))
        assert "a.png is a damaged or incomplete PNG file" in refusal(pillow("PNG"), "a.png")
    monkeypatch.setattr(png, "read_with", Mock(side_effect=MemoryError))
    with pytest.raises(LimitError, match="more memory"):
        formats.read(pillow("PNG"), "a.png")


def test_random_damage_gives_an_image_or_a_sentence():
    rng = np.random.default_rng(11)
    whole = [pillow(kind) for kind in ("PNG", "GIF", "BMP")] + [tiff(NOISE, compression="lzw")]
    read = refused = 0
    for trial in range(60):
        data = bytearray(whole[trial % len(whole)])
        for place in rng.integers(0, len(data), 6):
            data[place] = rng.integers(0, 256)
        try:
            pixels = formats.read(bytes(data), "fuzz", limits=Limits(pixels=1_000_000)).pixels
            assert 0 <= pixels.min() <= pixels.max() <= 1
            read += 1
        except FormatError:
            refused += 1
    assert read + refused == 60
    assert refused

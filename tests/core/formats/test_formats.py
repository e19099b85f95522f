"""The public door of core.formats: bytes in, grey levels in [0, 1] out."""

from __future__ import annotations

import hashlib
import io
import json
import os
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from core import formats
from core.errors import FormatError

GREY = np.arange(64 * 80, dtype=np.uint32).reshape(64, 80).astype(np.uint8)
COLOR = np.stack([GREY, GREY // 2, GREY // 4], axis=-1)


def tiff(array: np.ndarray, **options: object) -> bytes:
    options = {"photometric": "minisblack", **options}
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, array, **options)
    return buffer.getvalue()


def pillow(array: np.ndarray | Image.Image, kind: str, **options: object) -> bytes:
    image = array if isinstance(array, Image.Image) else Image.fromarray(array)
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def levels(data: bytes, **options: object) -> np.ndarray:
    return formats.read(data, "image.tif", **options).pixels


def assert_grey(pixels: np.ndarray, expected: np.ndarray) -> None:
    np.testing.assert_allclose(pixels, expected, atol=1e-6)


def test_every_module_of_the_folder_keeps_the_contract():
    modules = formats.modules()
    folder = Path(formats.__file__).parent
    assert len(modules) == len([p for p in folder.glob("*.py") if p.name != "__init__.py"])
    for module in modules:
        assert module.TITLE and module.EXTENSIONS
        assert module.sniff(b"") is False
        assert module.sniff(b"\0" * 2000) is False
        assert all(extension == extension.lower().lstrip(".") for extension in module.EXTENSIONS)
    assert {"tif", "png", "emd", "dm4", "txt", "hdr"} <= set(formats.extensions())


@pytest.mark.parametrize("kind", ["PNG", "BMP", "GIF", "TIFF"])
def test_eight_bit_grey_is_scaled_by_its_type(kind):
    micrograph = formats.read(pillow(GREY, kind), "a name that says nothing")
    assert_grey(micrograph.pixels, GREY / 255)
    assert micrograph.pixels.dtype == np.float32
    assert (micrograph.file_shape, micrograph.dtype, micrograph.pages) == ((64, 80), "uint8", 1)
    assert micrograph.pixel_size is None
    assert not micrograph.pixels.flags.writeable


def test_jpeg_and_webp_lossless_and_lossy():
    flat = np.full((64, 80), 51, np.uint8)
    assert_grey(levels(pillow(flat, "JPEG")), np.full((64, 80), 0.2))
    assert_grey(levels(pillow(np.stack([GREY] * 3, -1), "WEBP", lossless=True)), GREY / 255)


def test_digest_is_of_the_file_and_page():
    data = tiff(np.stack([GREY, GREY]))
    first, second = (formats.read(data, "a.tif", page=page) for page in (0, 1))
    assert first.digest == hashlib.sha256(data).hexdigest()
    assert second.digest != first.digest
    assert formats.read(data, "other name", page=1).digest == second.digest


def test_color_becomes_luminance_and_equal_channels_stay_exact():
    expected = (0.299 * COLOR[..., 0] + 0.587 * COLOR[..., 1] + 0.114 * COLOR[..., 2]) / 255
    for data in (pillow(COLOR, "PNG"), tiff(COLOR, photometric="rgb")):
        micrograph = formats.read(data, "color")
        np.testing.assert_allclose(micrograph.pixels, expected, atol=1e-6)
        assert micrograph.file_shape == (64, 80, 3)
        assert any("Colour" in note for note in micrograph.notes)
    equal = formats.read(tiff(np.stack([GREY] * 3, -1), photometric="rgb"), "grey")
    assert_grey(equal.pixels, GREY / 255)
    assert equal.notes == ()


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_alpha_is_dropped_not_multiplied(mode):
    image = Image.fromarray(GREY).convert(mode)
    image.putalpha(7)
    assert_grey(levels(pillow(image, "PNG")), GREY / 255)
    rgba = np.stack([GREY, GREY, GREY, GREY * 0 + 7], -1)
    assert_grey(levels(tiff(rgba, photometric="rgb", extrasamples=["unassalpha"])), GREY / 255)


def test_sixteen_bit_colour_png_keeps_its_bits():
    import imagecodecs

    deep = np.stack([np.arange(5120, dtype=np.uint16).reshape(64, 80) * 12] * 3, -1)
    micrograph = formats.read(imagecodecs.png_encode(deep), "deep.png")
    assert micrograph.dtype == "uint16"
    assert len(np.unique(micrograph.pixels)) > 5000


def test_grey_ramp_palette_with_coloured_annotations_is_read_by_index():
    palette = np.repeat(np.arange(256), 3).reshape(256, 3)
    palette[[9, 18, 27]] = [[255, 0, 0], [0, 255, 0], [0, 0, 255]]
    expected = GREY / 255
    drawn = int(np.isin(GREY, [9, 18, 27]).sum())
    colormap = (palette.T * 257).astype(np.uint16)
    image = Image.fromarray(GREY)
    image.putpalette(palette.astype(np.uint8).tobytes())
    for data in (tiff(GREY, photometric="palette", colormap=colormap), pillow(image, "PNG")):
        micrograph = formats.read(data, "zeiss.tif")
        np.testing.assert_allclose(micrograph.pixels, expected, atol=1e-6)
        assert f"{drawn} px are annotations" in micrograph.notes[0]


def test_inverted_palette_is_mapped():
    palette = np.repeat(np.arange(255, -1, -1), 3).reshape(256, 3)
    data = tiff(GREY, photometric="palette", colormap=(palette.T * 257).astype(np.uint16))
    assert_grey(levels(data), (255 - GREY.astype(float)) / 255)


def test_white_is_zero_is_inverted():
    assert_grey(levels(tiff(GREY, photometric="miniswhite")), 1 - GREY / 255)


def test_cmyk_black_ink_darkens():
    cmyk = np.zeros((64, 80, 4), np.uint8)
    cmyk[..., 3] = GREY
    data = tiff(cmyk, photometric="separated")
    np.testing.assert_allclose(levels(data), 1 - GREY / 255, atol=1e-6)


def test_exif_orientation_of_jpeg_is_applied():
    image = Image.fromarray(np.repeat(np.arange(80, dtype=np.uint8)[None], 64, axis=0))
    exif = Image.Exif()
    exif[0x0112] = 6
    micrograph = formats.read(pillow(image, "JPEG", exif=exif.tobytes()), "turned.jpg")
    assert micrograph.shape == (80, 64)
    assert micrograph.file_shape == (64, 80)
    assert micrograph.pixels[0, 0] < micrograph.pixels[-1, 0]


@pytest.mark.parametrize(
    "dtype", ["uint16", "uint32", "uint64", "int16", "int32", "float16", "float32", "float64"]
)
def test_wide_samples_are_stretched_between_percentiles(dtype):
    ramp = np.linspace(0, 1000, 10_001).reshape(73, 137).astype(dtype)
    micrograph = formats.read(tiff(ramp), "wide.tif")
    low, high = np.percentile(ramp.astype(float), (0.1, 99.9))
    expected = np.clip((ramp.astype(float) - low) / (high - low), 0, 1)
    np.testing.assert_allclose(micrograph.pixels, expected, atol=1e-6)
    assert micrograph.dtype == dtype


def test_small_samples_are_scaled_by_their_type():
    assert_grey(levels(tiff(GREY > 100)), (GREY > 100).astype(float))
    signed = (GREY.astype(int) - 128).astype(np.int8)
    assert_grey(levels(tiff(signed)), GREY / 255)


def test_info_bar_does_not_set_the_grey_range():
    rng = np.random.default_rng(0)
    image = rng.integers(20_000, 30_000, (200, 160)).astype(np.uint16)
    image[170:] = 0
    image[175:180, 10:60:3] = 65_535
    micrograph = formats.read(tiff(image), "bar.tif")
    assert micrograph.info_bar_rows == 30
    low, high = np.percentile(image[:170].astype(float), (0.1, 99.9))
    expected = np.clip((image.astype(float) - low) / (high - low), 0, 1)
    np.testing.assert_allclose(micrograph.pixels, expected, atol=1e-6)


def test_info_bar_that_ends_before_the_image_and_none_without_bar():
    rng = np.random.default_rng(1)
    image = rng.integers(0, 256, (200, 160), dtype=np.uint8)
    assert formats.read(tiff(image), "a.tif").info_bar_rows == 0
    image[160:198] = 0
    image[165:175, 20:40:2] = 255
    assert formats.read(tiff(image), "a.tif").info_bar_rows == 40


def test_constant_images_are_zeros_and_said():
    micrograph = formats.read(tiff(np.full((20, 30), 7, np.uint16)), "flat.tif")
    assert not micrograph.pixels.any()
    assert any("constant" in note for note in micrograph.notes)


@pytest.mark.parametrize(
    "options",
    [
        {"compression": "zlib", "predictor": True},
        {"compression": "lzw"},
        {"compression": "zstd", "tile": (16, 16)},
        {"compression": "lzma"},
        {"compression": "packbits"},
        {"byteorder": ">", "bigtiff": True},
        {"tile": (32, 32)},
        {"rowsperstrip": 7},
    ],
)
def test_tiff_layouts_and_compressions(options):
    deep = GREY.astype(np.uint16) * 200
    low, high = np.percentile(deep, (0.1, 99.9))
    expected = np.clip((deep - low) / (high - low), 0, 1)
    np.testing.assert_allclose(levels(tiff(deep, **options)), expected, atol=1e-6)


@pytest.mark.parametrize("compression", ["jpeg2000", "png"])
def test_tiff_with_an_image_codec_is_decoded_in_a_process_of_its_own(compression):
    assert_grey(levels(tiff(GREY, compression=compression)), GREY / 255)


def test_planar_colour_equals_interleaved():
    planar = tiff(np.moveaxis(COLOR, -1, 0), photometric="rgb", planarconfig="separate")
    assert_grey(levels(planar), levels(tiff(COLOR, photometric="rgb")))


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"metadata": None},
        {"imagej": True},
        {"ome": True},
        # One page with all frames behind each other, as ImageJ writes stacks over 4 GB.
        {"truncate": True},
    ],
)
def test_stacks_give_the_page_asked_for(options):
    stack = np.stack([np.roll(GREY, shift) for shift in range(5)])
    micrograph = formats.read(tiff(stack, **options), "stack.tif", page=3)
    assert_grey(micrograph.pixels, stack[3] / 255)
    assert (micrograph.page, micrograph.pages, micrograph.file_shape) == (3, 5, (5, 64, 80))


def test_pages_of_different_sizes_are_counted_on():
    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer) as writer:
        writer.write(GREY, metadata=None)
        writer.write(GREY[:32], metadata=None)
    second = formats.read(buffer.getvalue(), "mixed.tif", page=1)
    assert (second.pages, second.shape) == (2, (32, 80))


def test_frames_of_a_gif_are_pages():
    frames = [Image.fromarray(np.roll(GREY, shift)) for shift in (0, 9, 18)]
    data = pillow(frames[0], "GIF", save_all=True, append_images=frames[1:])
    micrograph = formats.read(data, "a.gif", page=2)
    assert_grey(micrograph.pixels, np.roll(GREY, 18) / 255)
    assert micrograph.pages == 3


@pytest.mark.parametrize("page", [-1, 2])
def test_a_page_that_is_not_there_is_named(page):
    with pytest.raises(FormatError, match=f"2 pages, and page {page + 1} .* 1 to 2"):
        formats.read(tiff(np.stack([GREY, GREY])), "stack.tif", page=page)


def test_pairs_are_found_by_stem_in_any_case():
    files = {
        "A.TIF": b"1", "a.txt": b"2", "b.tif": b"3", "B-tif.hdr": b"4", "c.txt": b"5",
        "run_1.ser": b"6", "run.emi": b"7", "d.png": b"8", "alone.emi": b"9",
    }  # fmt: skip
    assert formats.pair_sidecars(files) == [
        ("A.TIF", {"a.txt": b"2"}),
        ("b.tif", {"B-tif.hdr": b"4"}),
        ("c.txt", {}),
        ("run_1.ser", {"run.emi": b"7"}),
        ("d.png", {}),
        ("alone.emi", {}),
    ]


def test_read_file_finds_its_sidecar_in_any_case(tmp_path):
    (tmp_path / "Shot.TIF").write_bytes(tiff(GREY))
    (tmp_path / "SHOT.Txt").write_text("[SemImageFile]\nPixelSize=12.5\nDataSize=80x64\n")
    micrograph = formats.read_file(tmp_path / "Shot.TIF")
    assert micrograph.pixel_size is not None
    assert micrograph.pixel_size.nm == pytest.approx(12.5)
    assert "Hitachi" in micrograph.pixel_size.source


def test_a_file_that_is_not_there_is_a_sentence(tmp_path):
    with pytest.raises(FormatError, match="gone.tif cannot be opened"):
        formats.read_file(tmp_path / "gone.tif")


def acceptance_cases() -> list[str]:
    """Names of the client's instrument files; one stand-in where the folder is not there."""
    beside = Path(__file__).parents[4] / "shared/data"
    listing = Path(os.environ.get("LAMELLA_SHARED_DATA") or beside) / "formats/expected.json"
    if not listing.exists():
        return ["expected.json"]
    expected = json.loads(listing.read_text())
    return [name for name, entry in expected.items() if entry["shape"] is not None]


@pytest.mark.parametrize("name", acceptance_cases())
def test_instrument_files(name, shared_data):
    expected = json.loads(shared_data("formats", "expected.json").read_text())[name]
    micrograph = formats.read_file(shared_data("formats", name))
    assert list(micrograph.file_shape) == expected["shape"]
    assert micrograph.dtype == expected["dtype"]
    assert micrograph.info_bar_rows == expected["databar_rows"]
    assert 0 <= micrograph.pixels.min() <= micrograph.pixels.max() <= 1
    if expected["pixel_size_m"] is None:
        assert micrograph.pixel_size is None
    else:
        assert micrograph.pixel_size is not None
        assert micrograph.pixel_size.nm * 1e-9 == pytest.approx(expected["pixel_size_m"], rel=1e-4)


def test_rows_of_one_level_are_damage_only_where_the_image_ends_in_them():
    image = np.random.default_rng(0).integers(0, 255, (40, 30)).astype(np.uint8)
    broken_off, feature = image.copy(), np.full_like(image, 20)
    broken_off[12:] = 0
    feature[15:22] = image[15:22]
    notes = formats.read(tiff(broken_off), "cut.tif").notes
    assert any("The last 70% of the rows" in note for note in notes)
    assert not any("incomplete" in note for note in formats.read(tiff(feature), "disk.tif").notes)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_an_image_of_one_grey_level_has_one_note_on_it(dtype):
    notes = formats.read(tiff(np.full((40, 30), 7, dtype)), "flat.tif").notes
    assert [one for one in notes if "pixel size" not in one] == [
        "The image is constant: each pixel holds 7."
    ]


def test_an_image_of_one_grey_level_in_a_frame_is_not_called_incomplete():
    pixels = np.full((40, 30), 7, np.float32)
    pixels[:3] = np.nan
    notes = formats.read(tiff(pixels), "framed.tif").notes
    assert notes[-1] == "The image is constant: each pixel holds 7."
    assert not any("incomplete" in note for note in notes)

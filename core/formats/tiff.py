"""TIFF: what nearly every microscope writes."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from tifffile import PHOTOMETRIC, TIFF, TiffFile, TiffPage

from core.errors import FormatError, LamellaError
from core.formats.isolation.running import run_isolated_once
from core.formats.reading.grey import Levels, from_color, from_palette, full_scale, luminance
from core.formats.reading.limits import check_decoded_bytes, check_frame
from core.formats.reading.source import Decoded, Source, damaged
from core.formats.reading.tiff_pages import (
    Frame,
    check_structure,
    descriptions_of,
    image_frames,
    tags_of,
)
from core.settings import Limits

TITLE = "TIFF"
EXTENSIONS = ("tif", "tiff")

_FILE = "image.tif"
_ORIENTATION = 274
_IMAGE_CODECS = {
    "OJPEG",
    "JPEG",
    "JPEG_2000_LOSSY",
    "JPEG2000",
    "APERIO_JP2000_RGB",
    "APERIO_JP2000_YCBC",
    "ALT_JPEG",
    "JPEG_LOSSY",
    "JPEGXL",
    "JPEGXL_DNG",
    "JPEGXR",
    "JPEGXR_NDPI",
    "JETRAW",
    "LERC",
    "PNG",
    "WEBP",
}
"""Compressions whose data state a size of their own, which may be larger than the page's."""


def sniff(data: bytes) -> bool:
    """Whether ``data`` starts as a TIFF or BigTIFF of either byte order does."""
    return data[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def read(source: Source) -> Decoded:
    """Return the page of ``source``: pages are counted over the stack, or the series of stacks."""
    # Without _multifile an OME file could name other files to be opened.
    with TiffFile(BytesIO(source.data), _multifile=False) as tiff:
        check_structure(tiff, source)
        frames, notes = image_frames(tiff, source)
        frame, pages = frames[source.page], len(frames)
        page = frame.keyframe
        _check_frame(page, source)
        samples = _isolated(source) if _has_image_codec(page) else _decode(frame, tiff, source)
        levels, level_notes = _levels(samples, page)
        file_shape = page.shape if pages == 1 else tuple(frame.series.shape)
        return Decoded(
            levels,
            tuple(int(length) for length in file_shape),
            np.dtype(frame.series.dtype).name,
            pages,
            tags=tags_of(frame, frames[0]),
            descriptions=descriptions_of(frame, frames[0]),
            image=frame.image,
            is_first=frame.shape == frames[0].shape,
            notes=notes + level_notes + _orientation_note(page),
        )


def decode_as_child(
    folder: Path, job: Mapping[str, Any], limits: Limits
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Do the work of :func:`_isolated` in the child; return the samples, (H, W) or (H, W, S)."""
    source = Source((folder / _FILE).read_bytes(), job["name"], {}, job["page"], limits)
    with TiffFile(BytesIO(source.data), _multifile=False) as tiff:
        frames, _ = image_frames(tiff, source)
        try:
            return {"samples": _decode(frames[source.page], tiff, source)}, {}
        except (LamellaError, MemoryError):
            raise
        except Exception as error:
            raise damaged(source.name, TITLE) from error


def _has_image_codec(page: TiffPage) -> bool:
    return getattr(page.compression, "name", "") in _IMAGE_CODECS


def _isolated(source: Source) -> np.ndarray:
    job = {"name": source.name, "page": source.page}
    answer = run_isolated_once(
        "core.formats.tiff:decode_as_child", {_FILE: source.data}, job, source
    )
    return answer.arrays["samples"]


def _check_frame(page: TiffPage, source: Source) -> None:
    if not set(page.axes) <= set("YXS"):
        raise FormatError(
            f"{source.name} stores a volume (axes {page.axes}) in one page; save it as a stack of "
            "images."
        )
    if page.dtype is None:
        raise FormatError(
            f"{source.name} has {page.bitspersample} bits a sample, a kind that cannot be read; "
            "save it with 8, 16 or 32 bits."
        )
    if page.compression not in TIFF.DECOMPRESSORS:
        raise FormatError(
            f"{source.name} is compressed in a way that is not read here (TIFF compression "
            f"{int(page.compression)}); save it uncompressed, or with LZW or Deflate."
        )
    lengths = dict(zip(page.axes, page.shape, strict=True))
    shape = (lengths["Y"], lengths["X"], lengths.get("S", 1))
    file_bytes = len(source.data)
    check_frame(source.name, shape, page.dtype.itemsize, file_bytes, source.limits)
    if page.is_tiled:
        # A tile may be larger than its page, and is decoded whole.
        tile_bytes = prod(page.chunks) * page.dtype.itemsize
        check_decoded_bytes(source.name, tile_bytes, file_bytes, source.limits)


def _decode(frame: Frame, tiff: TiffFile, source: Source) -> np.ndarray:
    """Return the samples, (H, W) or (H, W, S)."""
    series, page = frame.series, frame.keyframe
    pages = series.pages
    if frame.number < len(pages):
        own = pages[frame.number]
        if own is None:
            raise FormatError(
                f"Page {source.page} of {source.name} lies in another file; save the stack as one "
                "file."
            )
        array = own.asarray()
    elif series.dataoffset is not None and page.dtype is not None:
        # ImageJ writes large stacks as one page with all frames behind each other.
        dtype = page.dtype.newbyteorder(tiff.byteorder)
        start = series.dataoffset + frame.number * page.nbytes
        array = np.frombuffer(source.data, dtype, prod(page.shape), start).reshape(page.shape)
        array = array.astype(page.dtype)
    else:
        check_decoded_bytes(source.name, series.nbytes, len(source.data), source.limits)
        array = series.asarray().reshape(-1, *page.shape)[frame.number]
    return np.moveaxis(array, page.axes.index("S"), -1) if "S" in page.axes else array


def _levels(samples: np.ndarray, page: TiffPage) -> tuple[Levels, tuple[str, ...]]:
    """Return the grey levels that ``samples`` mean under the page's photometric interpretation."""
    photometric = page.photometric
    scale = full_scale(samples.dtype, _bits(page))
    if photometric == PHOTOMETRIC.PALETTE and page.colormap is not None and samples.ndim == 2:
        if samples.dtype.kind == "u" and samples.dtype.itemsize <= 2:
            return from_palette(samples, page.colormap.T.astype(np.float32) / _whole(page.colormap))
        return Levels(samples, scale), ()
    if samples.ndim == 2:
        return Levels(samples, scale, photometric == PHOTOMETRIC.MINISWHITE), ()
    channels = samples.shape[2]
    if photometric == PHOTOMETRIC.SEPARATED and channels >= 4:
        white = (scale or (0.0, float(np.iinfo(samples.dtype).max)))[1]
        ink = samples[..., :4].astype(np.float32) / white
        light = (1 - ink[..., :3]) * (1 - ink[..., 3:])
        return Levels(luminance(light) * white, (0.0, white)), ()
    is_color = photometric == PHOTOMETRIC.RGB or (
        photometric == PHOTOMETRIC.YCBCR and page.compression == 7
    )
    if is_color and channels >= 3:
        return from_color(samples, scale)
    first = samples[..., 0]
    inverted = photometric == PHOTOMETRIC.MINISWHITE
    # The first channel of YCbCr, L*a*b* and grey with alpha is the grey level.
    if channels == 1 or photometric != PHOTOMETRIC.MINISBLACK and not inverted:
        return Levels(first, scale, inverted), ()
    if channels - 1 == len(page.extrasamples) and channels == 2:
        return Levels(first, scale, inverted), ()
    return Levels(first, scale, inverted), (f"The first of {channels} channels is shown.",)


def _whole(colormap: np.ndarray) -> int:
    """Return what one of 255 steps is in a colormap.

    White is 65535 by the standard; some programs leave the lower 8 bits empty, and some write
    8 bits only, as no value of 16 then shows.
    """
    if colormap.max() <= 255:
        return 1
    return 257 if (colormap & 255).any() else 256


def _bits(page: TiffPage) -> int | None:
    bits = page.bitspersample
    return bits if isinstance(bits, int) else max(bits, default=None)


def _orientation_note(page: TiffPage) -> tuple[str, ...]:
    tag = page.tags.get(_ORIENTATION)
    if tag is None or int(tag.value) == 1:
        return ()
    return (
        f"The file asks to be shown turned (TIFF orientation {int(tag.value)}); it is shown as "
        "stored, as the microscope's other programs do.",
    )

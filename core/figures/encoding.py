"""Arrays -> image files for a browser: greyscale, labels, object ids and colour overlays.

Everything here is lossless except very large micrographs, so that a value read back from a pixel
is the value that was put in.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import imagecodecs
import numpy as np
from PIL import Image

from core.types.segmentation import Phase

LOSSLESS_PIXELS = 20_000_000
"""Micrographs of more pixels are sent as JPEG: a PNG of them takes seconds."""

DISPLAY_PIXELS = 40_000_000
"""Larger images are thinned by a whole step before display: a browser holds 4 bytes a pixel."""

JPEG_QUALITY = 92

HATCH_PX, HATCHES = 3, 200
"""Least width of a stripe, and how many lie along the longer side of a large image: narrower ones
would run together where the whole image is looked at."""


@dataclass(frozen=True)
class EncodedImage:
    """An image file in memory: its bytes and their media type, such as "image/png"."""

    data: bytes
    media_type: str

    @property
    def data_uri(self) -> str:
        """The file as an address of its own (RFC 2397)."""
        return f"data:{self.media_type};base64,{base64.b64encode(self.data).decode('ascii')}"


@dataclass(frozen=True, eq=False)
class IndexedImage:
    """A picture of at most 256 colours: ``index`` (h, w) uint8 into ``colors`` (n, 4) uint8 RGBA.

    A PNG of it is a third of that of its :attr:`rgba`, in a quarter of the time.
    """

    index: np.ndarray
    colors: np.ndarray

    @property
    def rgba(self) -> np.ndarray:
        """(h, w, 4) uint8."""
        return self.colors[self.index]


def display_step(shape: tuple[int, int]) -> int:
    """Return the step, 1 or more, by which (H, W) is thinned to stay within DISPLAY_PIXELS."""
    step = 1
    while (shape[0] // step) * (shape[1] // step) > DISPLAY_PIXELS:
        step += 1
    return step


def encode_grey(pixels: np.ndarray) -> EncodedImage:
    """Return a micrograph, (H, W) in [0, 1], as 8-bit greyscale: PNG, or JPEG when very large."""
    step = display_step(pixels.shape)
    grey = np.rint(np.clip(pixels[::step, ::step], 0, 1) * 255).astype(np.uint8)
    if grey.size <= LOSSLESS_PIXELS:
        # Neighbours are alike and the rest is noise, in which nothing repeats that could be found.
        return _quick_png(grey, imagecodecs.PNG.FILTER.SUB, imagecodecs.PNG.STRATEGY.RLE)
    buffer = io.BytesIO()
    Image.fromarray(grey).save(buffer, "JPEG", quality=JPEG_QUALITY)
    return EncodedImage(buffer.getvalue(), "image/jpeg")


def encode_labels(
    labels: np.ndarray,
    phases: Sequence[Phase],
    transparent: Collection[int] = (0,),
    hatched: np.ndarray | None = None,
) -> EncodedImage:
    """Return labels, (H, W) uint8, as a palette PNG in the colours of the phases.

    ``transparent``: indices of the phases that let the micrograph show through. ``hatched``: (H, W)
    bool, where diagonal stripes have half the opacity and what is between them an eighth, so that
    what is smaller than a stripe is pale as well.
    """
    step = display_step(labels.shape)
    shown = np.ascontiguousarray(labels[::step, ::step], np.uint8)
    if hatched is not None:
        row, column = np.ogrid[: shown.shape[0], : shown.shape[1]]
        width = max(HATCH_PX, round(max(shown.shape) / HATCHES))
        stripe = (row + column) % (2 * width) < width
        # The phase's colour twice more, behind those of all phases.
        paler = np.where(stripe, np.uint8(len(phases)), np.uint8(2 * len(phases)))
        shown = shown + paler * hatched[::step, ::step]
    image = Image.fromarray(shown, "P")
    palette = b"".join(bytes.fromhex(phase.color.removeprefix("#")) for phase in phases)
    image.putpalette(palette * 3)
    opaque = bytes(0 if index in transparent else 255 for index in range(len(phases)))
    half, eighth = (bytes((value + 1) // part for value in opaque) for part in (2, 8))
    return _png(image, transparency=opaque + half + eighth)


def encode_objects(objects: np.ndarray) -> EncodedImage:
    """Return object ids, (H, W) below 2**24, as an RGB PNG: id = red + 256 green + 65536 blue."""
    step = display_step(objects.shape)
    ids = np.ascontiguousarray(objects[::step, ::step], "<u4")
    channels = ids.view(np.uint8).reshape(*ids.shape, 4)[..., :3]
    # Filters would hide that ids repeat.
    filters, strategy = imagecodecs.PNG.FILTER.NONE, imagecodecs.PNG.STRATEGY.DEFAULT
    return _quick_png(np.ascontiguousarray(channels), filters, strategy)


def encode_colors(colors: np.ndarray | IndexedImage) -> EncodedImage:
    """Return an overlay, (h, w, 4) uint8 RGBA, as PNG; h and w may be smaller than the image's."""
    if isinstance(colors, IndexedImage):
        image = Image.fromarray(colors.index, "P")
        image.putpalette(colors.colors[:, :3].tobytes())
        return _png(image, transparency=colors.colors[:, 3].tobytes())
    return _png(Image.fromarray(np.ascontiguousarray(colors, np.uint8)))


def encode_thumbnail(pixels: np.ndarray, side: int = 360) -> EncodedImage:
    """Return the largest centred square of a micrograph, (H, W) in [0, 1], as a small JPEG."""
    height, width = pixels.shape
    square = min(height, width)
    top, left = (height - square) // 2, (width - square) // 2
    crop = pixels[top : top + square, left : left + square]
    image = Image.fromarray(np.rint(np.clip(crop, 0, 1) * 255).astype(np.uint8))
    buffer = io.BytesIO()
    image.resize((side, side), Image.Resampling.LANCZOS).save(buffer, "JPEG", quality=85)
    return EncodedImage(buffer.getvalue(), "image/jpeg")


def _png(image: Image.Image, transparency: bytes | None = None) -> EncodedImage:
    buffer = io.BytesIO()
    if transparency is None:
        image.save(buffer, "PNG", compress_level=1)
    else:
        image.save(buffer, "PNG", compress_level=1, transparency=transparency)
    return EncodedImage(buffer.getvalue(), "image/png")


def _quick_png(values: np.ndarray, filters: int, strategy: int) -> EncodedImage:
    """Return (h, w) or (h, w, 3) uint8 as PNG; Pillow has no choice of filters, and takes two to
    seven times as long."""
    data = imagecodecs.png_encode(values, level=1, strategy=strategy, filter=filters)
    return EncodedImage(bytes(data), "image/png")

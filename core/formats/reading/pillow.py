"""Read one image with exactly one of Pillow's decoders."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

import numpy as np
from PIL import Image
from PIL.Image import Image as PillowImage
from PIL.ImageFile import ImageFile

from core.formats.reading.grey import Levels, from_color, from_palette, full_scale
from core.formats.reading.limits import check_frame, check_pages
from core.formats.reading.source import Decoded, Source

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What turns an image of each EXIF orientation upright."""
_ITEMSIZE = {"I": 4, "F": 4, "I;16": 2, "I;16B": 2, "I;16L": 2}


def read_with(decoder: Callable[[BytesIO], ImageFile], source: Source) -> Decoded:
    """Return the page of ``source`` that ``decoder``, one of Pillow's file classes, decodes.

    ``Image.open`` is left out on purpose: it tries decoders by itself, and its own size check
    warns where ``core.settings.Limits`` decide.
    """
    image = decoder(BytesIO(source.data))
    pages = getattr(image, "n_frames", 1)
    check_pages(source.name, pages, source.limits)
    source.check_page(pages)
    image.seek(source.page)
    shape = (image.height, image.width, *_channels(image))
    itemsize = _ITEMSIZE.get(image.mode, 1)
    check_frame(source.name, shape, itemsize, len(source.data), source.limits)
    image.load()
    turn = _UPRIGHT.get(_orientation(image))
    note = ("Turned upright, as the file's EXIF orientation asks.",) if turn is not None else ()
    levels, notes = _levels(image if turn is None else image.transpose(turn))
    dtype = np.asarray(image).dtype.name
    file_shape = (pages, *shape) if pages > 1 else shape
    return Decoded(levels, file_shape, dtype, pages, notes=note + notes)


def _channels(image: ImageFile) -> tuple[int, ...]:
    bands = len(image.getbands())
    return (bands,) if bands > 1 else ()


def _orientation(image: ImageFile) -> int:
    """Return the EXIF orientation; of damaged EXIF data 1, for the pixels may be sound."""
    try:
        return image.getexif().get(0x0112, 1)
    except Exception:
        return 1


def _levels(image: PillowImage) -> tuple[Levels, tuple[str, ...]]:
    if image.mode in ("P", "PA"):
        palette = np.asarray(image.getpalette("RGB"), np.uint8).reshape(-1, 3)
        index = np.asarray(image if image.mode == "P" else image.getchannel("P"))
        return from_palette(index, palette.astype(np.int16))
    if image.mode in ("CMYK", "YCbCr", "LAB", "HSV"):
        image = image.convert("RGB")
    array = np.asarray(image)
    scale = full_scale(array.dtype)
    if array.ndim == 3 and array.shape[2] >= 3:
        return from_color(array, scale)
    return Levels(array[..., 0] if array.ndim == 3 else array, scale), ()

"""A mask from the bytes of its file: one whole number a pixel."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from core.errors import DataError
from core.image_size import width_x_height
from core.pixels.outline_file import outlined


@dataclass(frozen=True, eq=False)
class Labels:
    """``values``: (H, W) integers from 0, of a mask of colours 65536 red + 256 green + blue."""

    values: np.ndarray
    are_colors: bool


def read_mask(path: Path) -> np.ndarray:
    """Return the mask (H, W) in a PNG or TIFF file, see :func:`decode_mask`."""
    try:
        return decode_mask(path.read_bytes(), path.name)
    except OSError as error:
        raise DataError(f"{path.name} is no readable mask: {error.strerror}.") from error


def decode_mask(data: bytes, name: str, shape: tuple[int, int] | None = None) -> np.ndarray:
    """Return the mask (H, W) in the bytes of a PNG or TIFF file, values untouched.

    ``shape``: (H, W) of its image, looked at before anything is decoded; None for any.

    Raises:
        DataError: no such file, another shape, more than one channel, or no whole numbers from 0.
    """
    try:
        with Image.open(io.BytesIO(data), formats=["PNG", "TIFF"]) as image:
            # A small file may claim a huge image.
            if shape is not None and image.size != shape[::-1]:
                raise _other_shape(name, (image.size[1], image.size[0]), shape)
            mask = np.asarray(image)
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError) as error:
        raise DataError(f"{name} is no readable PNG or TIFF mask; save it as one.") from error
    if mask.ndim != 2:
        raise DataError(
            f"{name} holds colours, {mask.shape[2]} values a pixel; a mask needs one channel of "
            "whole numbers."
        )
    if mask.dtype.kind not in "bui" or mask.min() < 0:
        raise DataError(
            f"{name} holds {mask.dtype} values from {mask.min():g} to {mask.max():g}; a mask needs "
            "whole numbers from 0 and no fractions."
        )
    return mask


def decode_labels(data: bytes, name: str, shape: tuple[int, int] | None = None) -> Labels:
    """Return the values of a mask that may be a table of colours, see :func:`decode_mask`, or
    outlines, see :func:`core.pixels.outline_file.outlined`.

    Raises:
        DataError: as these; a JPEG, whose values are not those that were saved.
    """
    drawn = outlined(data, name, shape)
    if drawn is not None:
        return Labels(drawn, False)
    try:
        with Image.open(io.BytesIO(data)) as image:
            if image.format == "JPEG":
                raise DataError(
                    f"The mask {name} is a JPEG, which changes the values at every edge; export it "
                    "as PNG or TIFF."
                )
            if image.mode not in ("RGB", "RGBA"):
                return Labels(decode_mask(data, name, shape), False)
            # A small file may claim a huge image.
            if shape is not None and image.size != shape[::-1]:
                raise _other_shape(name, (image.size[1], image.size[0]), shape)
            red, green, blue = np.moveaxis(np.asarray(image.convert("RGB"), np.int32), 2, 0)
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError) as error:
        raise DataError(f"{name} is no readable PNG or TIFF mask; save it as one.") from error
    is_grey = bool((red == green).all() and (green == blue).all())
    return Labels(red if is_grey else red << 16 | green << 8 | blue, not is_grey)


def _other_shape(name: str, found: tuple[int, int], wanted: tuple[int, int]) -> DataError:
    return DataError(
        f"The mask {name} is {width_x_height(found)} px and its image {width_x_height(wanted)} px; "
        "they must be the same."
    )

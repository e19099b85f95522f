"""A mask from the bytes of its file: one whole number a pixel."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from core.errors import DataError


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
                raise DataError(
                    f"The mask {name} is {image.size[1]} x {image.size[0]} px and its image "
                    f"{shape[0]} x {shape[1]} px; they must be the same."
                )
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

"""A mask that a hand has drawn, from the bytes of its file."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, UnidentifiedImageError

from core.errors import DataError


def read_mask_file(data: bytes, name: str, marked: str) -> np.ndarray:
    """Return which pixels of a mask file are marked (H, W) bool: every value above 0.

    ``marked``: what the mask marks, one and several: "boundary/boundaries".

    Raises:
        DataError: no PNG or TIFF, more than one channel, or nothing marked.
    """
    one, several = marked.split("/")
    try:
        with Image.open(io.BytesIO(data), formats=["PNG", "TIFF"]) as image:
            mask = np.asarray(image)
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError) as error:
        raise DataError(f"{name} is no readable PNG or TIFF mask; save it as one.") from error
    if mask.ndim != 2:
        raise DataError(f"{name} has shape {mask.shape}; a mask needs one channel.")
    if not (mask > 0).any():
        raise DataError(f"{name} marks no {one}; pixels above 0 are {several}.")
    return mask > 0

"""Images whose pixels are not square, from scans that step differently down than across."""

from __future__ import annotations

import cv2
import numpy as np

from core.types import PixelSize

MOST_ENLARGED = 4.0


def square_pixel_nm(pixel_size: PixelSize) -> float:
    """Return the side in nm of the square pixels that an image is resampled to.

    That of the finer direction, so that no detail is lost; the coarser one is enlarged by at most
    4, to bound the memory that a line scan takes.
    """
    if pixel_size.height_nm is None:
        return pixel_size.nm
    finer, coarser = sorted((pixel_size.nm, pixel_size.height_nm))
    return max(finer, coarser / MOST_ENLARGED)


def square_shape(shape: tuple[int, int], pixel_size: PixelSize | None) -> tuple[int, int]:
    """Return (H, W) of an image of ``shape`` (H, W) in square pixels; without a size as it is."""
    if pixel_size is None or pixel_size.height_nm is None:
        return shape
    side = square_pixel_nm(pixel_size)
    return (
        max(1, round(shape[0] * pixel_size.height_nm / side)),
        max(1, round(shape[1] * pixel_size.nm / side)),
    )


def resample(image: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Return ``image`` (H, W) float32 at ``shape`` (H, W): area mean down, linear up."""
    if image.shape == shape:
        return image
    shrinks = shape[0] < image.shape[0]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return cv2.resize(image, (shape[1], shape[0]), interpolation=method)


def resample_mask(mask: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Return ``mask`` (H, W) bool or ids at ``shape`` (H, W), each pixel that of its centre."""
    if mask.shape == shape:
        return mask
    rows, columns = (
        np.minimum(((np.arange(new) + 0.5) * old / new).astype(np.intp), old - 1)
        for old, new in zip(mask.shape, shape, strict=True)
    )
    return mask[np.ix_(rows, columns)]

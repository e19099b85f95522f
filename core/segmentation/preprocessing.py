"""From a micrograph to what a model sees: image rows, square pixels, grey levels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.pixels.grey_range import with_sparse_objects
from core.pixels.image_area import nearest_index
from core.pixels.percentiles import percentiles
from core.pixels.resampling import resample, resample_mask, square_pixel_nm, square_shape
from core.types.micrograph import Micrograph

TAIL_PERCENT = 0.5
"""Darkest and brightest pixels that are clipped, in % of the image."""
# Few enough that what is made of one strip stays in the processor's cache.
STRIP_ROWS = 32
MOST_RESAMPLED = 4.0
"""Times that an image is enlarged or reduced to a model's training pixel size, at most."""


@dataclass(frozen=True, eq=False)
class ImageField:
    """The image in a micrograph, without info bars, as every model sees it.

    ``grey``: (h, w) float32 in [0, 1], stretched, in square pixels. ``valid``: (h, w) bool, False
    where the file holds no grey level and ``grey`` is that of the nearest pixel that has one; None
    where every pixel has one. ``shape``: (rows, W) in the micrograph's own pixels.
    """

    grey: np.ndarray
    valid: np.ndarray | None
    shape: tuple[int, int]


def image_field(micrograph: Micrograph, pixel_size_nm: float | None = None) -> ImageField:
    """Return the image in ``micrograph``: bars cut off, grey levels stretched, pixels square.

    Training, segmentation, inspection, classification and warnings all get it here.
    ``pixel_size_nm``: that a model was trained at. Where the micrograph's is known too, the field
    is resampled to it, enlarged by 0.25 to 4.
    """
    rows, size = micrograph.image_rows, micrograph.pixel_size
    valid = None if micrograph.valid is None else micrograph.valid[rows]
    grey = grey_levels(micrograph.pixels[rows], valid)
    seen = square_shape(grey.shape, size)
    if size is not None and pixel_size_nm is not None:
        factor = square_pixel_nm(size) / pixel_size_nm
        factor = min(max(factor, 1 / MOST_RESAMPLED), MOST_RESAMPLED)
        seen = max(1, round(seen[0] * factor)), max(1, round(seen[1] * factor))
    return ImageField(
        grey=resample(grey, seen),
        valid=None if valid is None else resample_mask(valid, seen),
        shape=grey.shape,
    )


def eight_bit(grey: np.ndarray) -> np.ndarray:
    """Return grey levels in [0, 1] as uint8, as training images are kept."""
    return np.rint(grey * 255).astype(np.uint8)


def grey_levels(pixels: np.ndarray, valid: np.ndarray | None = None) -> np.ndarray:
    """Return ``pixels`` (H, W) stretched to [0, 1] float32 between two percentiles.

    The 0.5th percentile becomes 0 and the 99.5th 1; what lies outside is clipped, so that hot
    pixels do not set the contrast. Where objects are so few that this would clip them too, the
    range reaches to their own levels, see ``core.pixels.grey_range``. A constant image becomes
    0.5 everywhere. ``valid``: (H, W) bool, the pixels that set the range; each other
    pixel gets the level of the nearest of them.
    """
    if valid is not None and not valid.any():
        return np.full(pixels.shape, 0.5, np.float32)
    low, high = _percentiles(pixels, valid)
    if high <= low:
        return np.full(pixels.shape, 0.5, np.float32)
    low, high = with_sparse_objects(pixels, low, high, TAIL_PERCENT, valid)
    grey = np.empty(pixels.shape, np.float32)
    for top in range(0, len(pixels), STRIP_ROWS):
        strip = slice(top, top + STRIP_ROWS)
        grey[strip] = np.clip((pixels[strip] - low) / (high - low), 0, 1)
    return grey if valid is None else _filled(grey, valid)


def has_sparse_objects(micrograph: Micrograph) -> bool:
    """Return whether objects are so few that :func:`grey_levels` reaches further for them; then the
    statistics of the image are those of the ground."""
    rows = micrograph.image_rows
    pixels = micrograph.pixels[rows]
    valid = None if micrograph.valid is None else micrograph.valid[rows]
    if valid is not None and not valid.any():
        return False
    low, high = _percentiles(pixels, valid)
    return with_sparse_objects(pixels, low, high, TAIL_PERCENT, valid) != (low, high)


def _percentiles(pixels: np.ndarray, valid: np.ndarray | None) -> tuple[float, float]:
    """Return the grey levels that become black and white; the extremes where those are equal."""
    seen = pixels if valid is None else pixels[valid]
    low, high = percentiles(seen, (TAIL_PERCENT, 100 - TAIL_PERCENT))
    return (low, high) if high > low else (float(seen.min()), float(seen.max()))


def _filled(grey: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Return ``grey`` with the level of the nearest valid pixel where there is none: a border of
    one grey would be an edge that the image does not have."""
    return grey if valid.all() else grey[tuple(nearest_index(valid))]

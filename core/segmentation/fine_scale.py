"""Whether the objects of an image are so small that the network should see it enlarged."""

from __future__ import annotations

import cv2
import numpy as np

from core.segmentation.objects.watershed import separate_by_distance
from core.segmentation.settings import ObjectSettings
from core.types.model_card import ModelCard

SMALL_PX = 20.0
LEAST_SHARE = 0.002
LARGEST_LUMP = 3.0
"""Times :data:`SMALL_PX`, how wide what small objects run together to may look."""
LOOKED_AT_PX = 512
"""Side of the part of an image in which objects are told apart."""


def fine_scale(card: ModelCard, outputs: np.ndarray, usual: float = 1.0) -> float | None:
    """Return the ``card``'s ``fine_scale`` times the ``usual`` scale where what it found at that is
    small; None where that will do.

    Small: :func:`typical_width` under 20 px, of at least 0.2 % of the image; or, under 60 px,
    :func:`mean_width` under 20 px, for small objects whose contacts the network missed; widths as
    the network saw them. ``outputs``: (C, H, W), the card's, in [0, 1], at the image's size.
    """
    if card.fine_scale is None or card.objects_phase is None or not card.object_outputs:
        return None
    phases = len(card.phases)
    of_phase = outputs[card.objects_phase] == outputs[:phases].max(axis=0)
    parts = of_phase & (outputs[phases] < 0.5)
    if np.count_nonzero(parts) < LEAST_SHARE * parts.size:
        return None
    width = usual * typical_width(parts)
    if SMALL_PX <= width < LARGEST_LUMP * SMALL_PX:
        mean = mean_width(of_phase, outputs[phases], outputs[phases + 1])
        width = min(width, usual * mean)
    return round(card.fine_scale * usual, 4) if width < SMALL_PX else None


def typical_width(parts: np.ndarray) -> float:
    """Return the diameter in px of disks whose pixels lie as far from the edge as those of
    ``parts`` (H, W) bool do on average, a third of the radius; 0 without any.

    Disks that run into one another change it little, unlike the area of what hangs together.
    """
    if not parts.any():
        return 0.0
    depth = cv2.distanceTransform(parts.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)[parts]
    # The first pixel inside lies half a pixel from the edge.
    return float(6 * (depth.mean() - 0.5))


def mean_width(mask: np.ndarray, contact: np.ndarray, distance: np.ndarray) -> float:
    """Return the diameter in px of a disk of the mean area of the objects in the part of the image,
    at most 512 px a side, that holds most of ``mask``; infinite without any.

    ``mask``, ``contact``, ``distance``: as in
    :func:`core.segmentation.objects.watershed.separate_by_distance`.
    """
    here = _fullest(mask)
    settings = ObjectSettings(minimum_area_px=0, fill_holes=False)
    objects = separate_by_distance(mask[here], contact[here], distance[here], settings)
    if not objects.any():
        return float("inf")
    return float(np.sqrt(4 / np.pi * np.count_nonzero(objects) / objects.max()))


def _fullest(mask: np.ndarray) -> tuple[slice, slice]:
    """Return rows and columns of the part of ``mask`` (H, W) bool that holds most of it."""
    rows, columns = (
        [min(begin, max(0, side - LOOKED_AT_PX)) for begin in range(0, side, LOOKED_AT_PX)]
        for side in mask.shape
    )
    parts = [
        np.s_[top : top + LOOKED_AT_PX, left : left + LOOKED_AT_PX]
        for top in rows
        for left in columns
    ]
    return max(parts, key=lambda part: np.count_nonzero(mask[part]))

"""Whether the objects of an image are so small that the network should see it enlarged."""

from __future__ import annotations

import cv2
import numpy as np

from core.types import ModelCard

SMALL_PX = 20.0
LEAST_SHARE = 0.002


def fine_scale(card: ModelCard, outputs: np.ndarray) -> float | None:
    """Return the ``card``'s ``fine_scale`` where what it found at its usual scale is small; None
    where that will do.

    Small: :func:`typical_width` under 20 px, of at least 0.2 % of the image. ``outputs``:
    (C, H, W), the card's, in [0, 1].
    """
    if card.fine_scale is None or card.objects_phase is None or not card.object_outputs:
        return None
    phases = len(card.phases)
    of_phase = outputs[card.objects_phase] == outputs[:phases].max(axis=0)
    parts = of_phase & (outputs[phases] < 0.5)
    if np.count_nonzero(parts) < LEAST_SHARE * parts.size:
        return None
    return card.fine_scale if typical_width(parts) < SMALL_PX else None


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

"""What a network that tells objects apart learns from a mask of instances.

Beside the foreground: *contact*, the line between touching objects, and *normalized distance*, 0 at
an object's edge and 1 at its middle, each object by itself.
"""

from __future__ import annotations

import cv2
import numpy as np
from scipy import ndimage

CONTACT_PX = 3
IGNORED_ID = 65535
"""Of pixels in a uint16 mask of instances that nothing is learned from."""
UNKNOWN = -1.0
"""Target of a pixel that nothing is learned from."""


def object_targets(instances: np.ndarray) -> np.ndarray:
    """Return the targets (3, H, W) float32 in [0, 1]: foreground, contact, normalized distance.

    ``instances``: (H, W) integers, 0 = background, each object its own value; in a mask of uint16
    :data:`IGNORED_ID` where it is not known, and then all targets there are :data:`UNKNOWN`, as is
    the contact of what lies beside it.
    """
    unknown = instances == IGNORED_ID if instances.dtype == np.uint16 else None
    if unknown is not None and unknown.any():
        instances = np.where(unknown, np.uint16(0), instances)
    targets = np.stack(
        [
            (instances > 0).astype(np.float32),
            contact_line(instances).astype(np.float32),
            normalized_distance(instances),
        ]
    )
    if unknown is not None and unknown.any():
        targets[:, unknown] = UNKNOWN
        window = np.ones((2 * CONTACT_PX - 1,) * 2, np.uint8)
        targets[1, cv2.dilate(unknown.astype(np.uint8), window) > 0] = UNKNOWN
    return targets


def contact_line(instances: np.ndarray) -> np.ndarray:
    """Return (H, W) bool, true on the line of 3 px between two objects that touch.

    Objects that one or two pixels of background keep apart have a line of 2 or 1 px in the gap: a
    micrograph does not show such a gap either.

    ``instances``: (H, W) integers, 0 = background.
    """
    window = np.ones((CONTACT_PX + 1, CONTACT_PX + 1), np.uint8)
    # OpenCV's morphology knows no 32-bit integers; float32 holds ids up to 2**24.
    ids = instances.astype(np.float32)
    highest = cv2.dilate(ids, window)
    lowest = cv2.erode(np.where(ids > 0, ids, np.float32(np.inf)), window)
    return (highest > 0) & (highest != lowest)


def normalized_distance(instances: np.ndarray) -> np.ndarray:
    """Return (H, W) float32: the distance to the object's edge divided by the object's largest.

    An object that the image cuts off has no edge there, for nobody knows where it ends.

    ``instances``: (H, W) integers, 0 = background. Source of the distance: Felzenszwalb and
    Huttenlocher 2012, doi 10.4086/toc.2012.v008a019.
    """
    result = np.zeros(instances.shape, np.float32)
    for number, box in enumerate(ndimage.find_objects(instances), start=1):
        if box is None:
            continue
        rows, columns = (slice(max(side.start - 1, 0), side.stop + 1) for side in box)
        mask = (instances[rows, columns] == number).astype(np.uint8)
        inside = mask > 0
        if inside.all():
            result[rows, columns] = 1
            continue
        # Measured between pixel centres; the edge lies half a pixel closer.
        distance = cv2.distanceTransform(mask, cv2.DIST_L2, cv2.DIST_MASK_PRECISE) - 0.5
        result[rows, columns][inside] = distance[inside] / distance.max()
    return result

"""From labels of the whole micrograph to the field that is inspected, and back."""

from __future__ import annotations

import cv2
import numpy as np

from core.inspection.field import Field
from core.inspection.subject import Subject


def labels_in_field(labels: np.ndarray, field: Field) -> np.ndarray:
    """Return labels or object ids (H, W) of a micrograph as (h, w) of the field, nearest pixel."""
    rows, columns = (
        start + np.arange(count) * size // count
        for start, count, size in zip(
            (field.box.top, field.box.left), field.shape, field.box.size, strict=True
        )
    )
    return labels[np.ix_(rows, columns)]


def labels_on_micrograph(
    labels: np.ndarray, field: Field, micrograph_shape: tuple[int, int]
) -> np.ndarray:
    """Return labels (h, w) uint8 of the field in their place on (H, W) uint8, 0 around it."""
    whole = np.zeros(micrograph_shape, np.uint8)
    height, width = field.box.size
    whole[field.box.slices] = cv2.resize(
        labels.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST
    )
    return whole


def pixel_region(subject: Subject, row: int, column: int) -> np.ndarray:
    """Return (H, W) bool of the field, true at one pixel of it.

    Raises:
        LamellaError: the pixel lies outside the field.
    """
    subject.check_pixel(row, column)
    region = np.zeros(subject.shape, bool)
    region[row, column] = True
    return region


def pixel_of_object(objects: np.ndarray, number: int) -> tuple[int, int]:
    """Return the (row, column) of the pixel of object ``number`` that lies nearest to its centroid,
    which itself may lie outside, as in a ring. ``objects``: (H, W), 0 = none."""
    found = np.argwhere(objects == number)
    nearest = ((found - found.mean(axis=0)) ** 2).sum(axis=1).argmin()
    return int(found[nearest, 0]), int(found[nearest, 1])

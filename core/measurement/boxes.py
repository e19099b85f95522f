"""Rectangles around objects: read from YOLO text, taken from a label image, compared."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy import ndimage
from scipy.optimize import linear_sum_assignment

from core.errors import DataError
from core.measurement.object_agreement import ObjectAgreement


def read_yolo_boxes(path: Path, shape: tuple[int, int]) -> np.ndarray:
    """Return the boxes (N, 4) float64 of a file in px: top, left, bottom, right.

    Each line is "class x y width height", of the middle, relative to the width and height of the
    image; what follows on a line does not count. ``shape``: (H, W) of the image.

    Raises:
        DataError: a line that is none of that form.

    Source: Ultralytics YOLO detection format.
    """
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        words = line.split()
        if not words:
            continue
        try:
            x, y, width, height = map(float, words[1:5])
        except ValueError:
            raise DataError(
                f'{path.name}, line {number} is "{line[:60]}"; boxes are wanted as five numbers, '
                "class x y width height, relative to the image."
            ) from None
        found.append((y - height / 2, x - width / 2, y + height / 2, x + width / 2))
    return np.array(found, np.float64).reshape(-1, 4) * [shape[0], shape[1], shape[0], shape[1]]


def boxes_of_objects(objects: np.ndarray) -> np.ndarray:
    """Return the boxes (N, 4) float64 in px, top, left, bottom, right, around the objects of (H, W)
    integers, 0 = none; one pixel has a box of 1 px."""
    slices = [one for one in ndimage.find_objects(objects) if one is not None]
    boxes = [(rows.start, columns.start, rows.stop, columns.stop) for rows, columns in slices]
    return np.array(boxes, np.float64).reshape(-1, 4)


def box_overlaps(boxes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return the IoU (N, M) of boxes (N, 4) with others (M, 4)."""
    top_left = np.maximum(boxes[:, None, :2], others[None, :, :2])
    bottom_right = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    both = np.clip(bottom_right - top_left, 0, None).prod(axis=2)
    areas = [(some[:, 2:] - some[:, :2]).prod(axis=1) for some in (boxes, others)]
    either = areas[0][:, None] + areas[1][None] - both
    return both / np.where(either > 0, either, 1)


def match_boxes(reference: np.ndarray, found: np.ndarray, least_iou: float) -> ObjectAgreement:
    """Match boxes (N, 4) with those of a reference (M, 4), one to one, as many as possible.

    ``least_iou``: of a pair. Among equally many pairs those with the largest IoU count.
    """
    overlaps = box_overlaps(reference, found)
    # A pair more outweighs whatever the others could gain in IoU.
    worth = np.where(overlaps >= least_iou, overlaps + min(overlaps.shape, default=0) + 1, 0)
    rows, columns = linear_sum_assignment(worth, maximize=True)
    pairs = overlaps[rows, columns][overlaps[rows, columns] >= least_iou]
    return ObjectAgreement(
        len(pairs), len(found) - len(pairs), len(reference) - len(pairs), float(pairs.sum())
    )

"""How well a segmentation agrees with a reference: pixel by pixel, and at boundaries.

Everything is counted first (a confusion matrix) and divided last, so that the counts of several
images can be added. What cannot be told is nan, never a made-up 0 or 1.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from core.errors import DataError
from core.image_size import width_x_height


def confusion_matrix(reference: np.ndarray, prediction: np.ndarray, classes: int) -> np.ndarray:
    """Count the pixels of each pair of classes.

    ``reference``, ``prediction``: integer class indices in [0, classes), of one shape. Returns
    (C, C) int64: row = class in the reference, column = class in the prediction.

    Raises:
        DataError: shapes that differ, or an index outside [0, classes).
    """
    check_same_shape(reference, prediction)
    for name, labels in (("reference", reference), ("prediction", prediction)):
        if labels.size and not 0 <= int(labels.min()) <= int(labels.max()) < classes:
            raise DataError(
                f"The {name} has labels from {labels.min()} to {labels.max()}; with {classes} "
                f"classes they must lie between 0 and {classes - 1}. Renumber its labels."
            )
    pairs = reference.ravel().astype(np.int64) * classes + prediction.ravel()
    return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)


def intersection_over_union(confusion: np.ndarray) -> np.ndarray:
    """Return the Jaccard index of each class.

    ``confusion``: (..., C, C) from :func:`confusion_matrix`. Returns (..., C) float in [0, 1]; nan
    for a class that is absent in both images.
    """
    both = np.diagonal(confusion, axis1=-2, axis2=-1)
    return ratio(both, confusion.sum(axis=-2) + confusion.sum(axis=-1) - both)


def pooled_intersection_over_union(confusion: np.ndarray) -> np.ndarray:
    """Return the Jaccard index of all classes counted together: right pixels over the union of the
    one-hot masks, TP / (2 N - TP).

    Frequent classes decide it: a rare class that is missed altogether hardly lowers it, so it is
    never to be compared with a mean over classes. Some published scores are of this kind.

    ``confusion``: (..., C, C) from :func:`confusion_matrix`. Returns (...) float in [0, 1]; nan
    without pixels.

    Source: ``utils.metrics.IoU`` of segmentation_models_pytorch up to 0.3, which sums over images,
    classes and pixels before it divides; used in nasa/pretrained-microscopy-models.
    """
    right = np.trace(confusion, axis1=-2, axis2=-1)
    return ratio(right, 2 * confusion.sum(axis=(-2, -1)) - right)


def dice(confusion: np.ndarray) -> np.ndarray:
    """Return the Dice coefficient, 2 IoU / (1 + IoU), of each class.

    ``confusion``: (..., C, C) from :func:`confusion_matrix`. Returns (..., C) float in [0, 1]; nan
    for a class that is absent in both images.
    """
    both = np.diagonal(confusion, axis1=-2, axis2=-1)
    return ratio(2 * both, confusion.sum(axis=-2) + confusion.sum(axis=-1))


def pixel_accuracy(confusion: np.ndarray) -> float:
    """Return the fraction of pixels whose class is right; nan without pixels.

    ``confusion``: (C, C) from :func:`confusion_matrix`.
    """
    return float(ratio(np.trace(confusion), confusion.sum()))


def mean_of_known(values: Sequence[float] | np.ndarray) -> float:
    """Return the mean of the values that are not nan; nan where none is known."""
    known = np.asarray(values, float)
    known = known[~np.isnan(known)]
    return float(known.mean()) if known.size else float("nan")


def boundary_f1(reference: np.ndarray, prediction: np.ndarray, tolerance_px: float) -> float:
    """Return how well the outlines of two masks agree: the F1 of boundary pixels.

    A boundary pixel is a pixel of the mask with a 4-neighbour outside it; the edge of the image is
    no boundary. It counts as right when the other boundary lies within ``tolerance_px``
    (Euclidean, 0 = the very pixel). ``reference``, ``prediction``: (H, W) bool. Returns a value in
    [0, 1]: 0 when only one mask has a boundary, nan when neither has. Source: Csurka et al.,
    BMVC 2013, doi 10.5244/C.27.32.

    Raises:
        DataError: shapes that differ.
    """
    check_same_shape(reference, prediction)
    ours, theirs = outline(prediction), outline(reference)
    if not ours.any() and not theirs.any():
        return float("nan")
    precision = fraction_near(ours, theirs, tolerance_px)
    recall = fraction_near(theirs, ours, tolerance_px)
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def outline(mask: np.ndarray) -> np.ndarray:
    """Return the pixels of ``mask`` (H, W) bool that have a 4-neighbour outside it."""
    padded = np.pad(np.asarray(mask, bool), 1, mode="edge")
    inside = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    return padded[1:-1, 1:-1] & ~inside


def fraction_near(points: np.ndarray, target: np.ndarray, tolerance_px: float) -> float:
    """Return the fraction of ``points`` (H, W) bool that lie within ``tolerance_px`` of a pixel of
    ``target`` (H, W) bool; 0 where either is empty."""
    if not points.any() or not target.any():
        return 0.0
    distance = cv2.distanceTransform((~target).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    # The transform is float32: a distance of exactly the tolerance must not fall outside it.
    return float((distance[points] <= tolerance_px + 1e-4).mean())


def ratio(numerator: np.ndarray | float, denominator: np.ndarray | float) -> np.ndarray:
    """Return ``numerator / denominator``, nan where both are 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.divide(numerator, denominator, dtype=np.float64)


def check_same_shape(
    reference: np.ndarray,
    prediction: np.ndarray,
    names: tuple[str, str] = ("reference", "prediction"),
) -> None:
    """Refuse arrays (H, W) that do not cover the same pixels. ``names``: what they are called.

    Raises:
        DataError: shapes that differ.
    """
    if reference.shape != prediction.shape:
        raise DataError(
            f"The {names[0]} is {width_x_height(reference.shape)} px and the {names[1]} "
            f"{width_x_height(prediction.shape)} px; both must cover the same pixels. Check that "
            "the mask belongs to this image."
        )

"""How well a segmentation agrees with a reference: pixel by pixel, at boundaries, object by object.

Everything is counted first (a confusion matrix, matched objects) and divided last, so that the
counts of several images can be added. What cannot be told is nan, never a made-up 0 or 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

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
    return _ratio(both, confusion.sum(axis=-2) + confusion.sum(axis=-1) - both)


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
    return _ratio(right, 2 * confusion.sum(axis=(-2, -1)) - right)


def dice(confusion: np.ndarray) -> np.ndarray:
    """Return the Dice coefficient, 2 IoU / (1 + IoU), of each class.

    ``confusion``: (..., C, C) from :func:`confusion_matrix`. Returns (..., C) float in [0, 1]; nan
    for a class that is absent in both images.
    """
    both = np.diagonal(confusion, axis1=-2, axis2=-1)
    return _ratio(2 * both, confusion.sum(axis=-2) + confusion.sum(axis=-1))


def pixel_accuracy(confusion: np.ndarray) -> float:
    """Return the fraction of pixels whose class is right; nan without pixels.

    ``confusion``: (C, C) from :func:`confusion_matrix`.
    """
    return float(_ratio(np.trace(confusion), confusion.sum()))


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


@dataclass(frozen=True)
class ObjectAgreement:
    """Objects of a prediction matched one to one with those of a reference.

    ``true_positives``: matched pairs. ``false_positives``: predicted objects without a partner.
    ``false_negatives``: missed objects. ``iou_sum``: of the matched pairs. Add the four of several
    images to score their objects as one matching over all.
    """

    true_positives: int
    false_positives: int
    false_negatives: int
    iou_sum: float

    @property
    def precision(self) -> float:
        """Fraction of predicted objects that are right; nan without any."""
        return float(_ratio(self.true_positives, self.true_positives + self.false_positives))

    @property
    def recall(self) -> float:
        """Fraction of the reference's objects that were found; nan without any."""
        return float(_ratio(self.true_positives, self.true_positives + self.false_negatives))

    @property
    def f1(self) -> float:
        """2 TP / (2 TP + FP + FN); nan when there is no object in either image."""
        return float(_ratio(self.true_positives, self._weight))

    @property
    def panoptic_quality(self) -> float:
        """F1 times the mean IoU of the matched pairs (Kirillov et al. 2019, arXiv 1801.00868)."""
        return float(_ratio(self.iou_sum, self._weight))

    @property
    def _weight(self) -> float:
        return self.true_positives + (self.false_positives + self.false_negatives) / 2


def match_objects(
    reference: np.ndarray, prediction: np.ndarray, minimum_iou: float = 0.5
) -> ObjectAgreement:
    """Match objects one to one: as many pairs as possible, then the largest sum of IoU.

    A pair may match at IoU **>=** ``minimum_iou``, so an object cut into exact halves still counts
    once at 0.5; torchmetrics' panoptic quality asks for > 0.5 and would not count it.
    ``reference``, ``prediction``: (H, W) object ids, 0 = none, not necessarily consecutive.
    ``minimum_iou``: in (0, 1].

    Raises:
        DataError: shapes that differ, or a threshold outside (0, 1].
    """
    check_same_shape(reference, prediction)
    if not 0 < minimum_iou <= 1:
        raise DataError(
            f"The smallest IoU of a match is {minimum_iou:g}; it must be above 0 and at most 1. "
            "The usual value is 0.5."
        )
    overlaps = _overlaps(reference, prediction)
    candidate = overlaps.iou >= minimum_iou
    matched = _best_matches(
        overlaps.reference[candidate], overlaps.prediction[candidate], overlaps.iou[candidate]
    )
    return ObjectAgreement(
        true_positives=len(matched),
        false_positives=overlaps.predictions - len(matched),
        false_negatives=overlaps.references - len(matched),
        iou_sum=float(matched.sum()),
    )


def best_overlaps(reference: np.ndarray, prediction: np.ndarray) -> np.ndarray:
    """Return the largest IoU that any predicted object has with each object of the reference.

    ``reference``, ``prediction``: (H, W) object ids, 0 = none. Returns (N,) float in [0, 1], in the
    order of the reference's ids; 0 for an object that no predicted one overlaps.

    Raises:
        DataError: shapes that differ.
    """
    check_same_shape(reference, prediction)
    overlaps = _overlaps(reference, prediction)
    best = np.zeros(len(np.unique(reference)))
    np.maximum.at(best, overlaps.reference, overlaps.iou)
    return best[len(best) - overlaps.references :]


@dataclass(frozen=True, eq=False)
class _Overlaps:
    """Each pair of objects that share a pixel, as indices from 0, and how many objects exist."""

    reference: np.ndarray
    prediction: np.ndarray
    iou: np.ndarray
    references: int
    predictions: int


def _overlaps(reference: np.ndarray, prediction: np.ndarray) -> _Overlaps:
    reference_ids, rows = np.unique(reference, return_inverse=True)
    prediction_ids, columns = np.unique(prediction, return_inverse=True)
    shape = len(reference_ids), len(prediction_ids)
    pairs = coo_matrix((np.ones(rows.size, np.int64), (rows.ravel(), columns.ravel())), shape)
    pairs.sum_duplicates()
    union = (
        np.bincount(rows.ravel())[pairs.row] + np.bincount(columns.ravel())[pairs.col] - pairs.data
    )
    is_pair = (reference_ids[pairs.row] > 0) & (prediction_ids[pairs.col] > 0)
    return _Overlaps(
        reference=pairs.row[is_pair],
        prediction=pairs.col[is_pair],
        iou=pairs.data[is_pair] / union[is_pair],
        references=int((reference_ids > 0).sum()),
        predictions=int((prediction_ids > 0).sum()),
    )


def _best_matches(rows: np.ndarray, columns: np.ndarray, iou: np.ndarray) -> np.ndarray:
    """Return the IoU of each matched pair; solved group by group, as overlaps are local."""
    if not len(iou):
        return np.empty(0)
    nodes = int(rows.max()) + 1
    graph = coo_matrix(
        (np.ones(len(iou)), (rows, columns + nodes)), (nodes + columns.max() + 1,) * 2
    )
    group = connected_components(graph, directed=False)[1][rows]
    order = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.diff(group[order])) + 1
    return np.concatenate(
        [
            _assign(rows[members], columns[members], iou[members])
            for members in np.split(order, starts)
        ]
    )


def _assign(rows: np.ndarray, columns: np.ndarray, iou: np.ndarray) -> np.ndarray:
    if len(iou) == 1:
        return iou
    row_ids, row = np.unique(rows, return_inverse=True)
    column_ids, column = np.unique(columns, return_inverse=True)
    gain = np.zeros((len(row_ids), len(column_ids)))
    gain[row, column] = iou
    # One more pair outweighs any sum of IoU.
    score = (gain > 0) * float(min(gain.shape) + 1) + gain
    found = gain[linear_sum_assignment(score, maximize=True)]
    return found[found > 0]


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


def _ratio(numerator: np.ndarray | float, denominator: np.ndarray | float) -> np.ndarray:
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

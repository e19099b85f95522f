"""How well the objects of a segmentation agree with those of a reference: matched one to one.

Objects are counted first and divided last, so that the counts of several images can be added. What
cannot be told is nan, never a made-up 0 or 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from core.errors import DataError
from core.measurement.agreement import check_same_shape, ratio


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
        return float(ratio(self.true_positives, self.true_positives + self.false_positives))

    @property
    def recall(self) -> float:
        """Fraction of the reference's objects that were found; nan without any."""
        return float(ratio(self.true_positives, self.true_positives + self.false_negatives))

    @property
    def f1(self) -> float:
        """2 TP / (2 TP + FP + FN); nan when there is no object in either image."""
        return float(ratio(self.true_positives, self._weight))

    @property
    def panoptic_quality(self) -> float:
        """F1 times the mean IoU of the matched pairs (Kirillov et al. 2019, arXiv 1801.00868)."""
        return float(ratio(self.iou_sum, self._weight))

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

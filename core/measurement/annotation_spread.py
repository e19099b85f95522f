"""How far two annotations of one image lie apart: neither is the truth, so nothing is right."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from core.errors import DataError
from core.measurement.agreement import check_same_shape, outline
from core.measurement.object_agreement import match_objects
from core.measurement.particle_size import mean_diameter
from core.measurement.regions import measure_objects


@dataclass(frozen=True)
class AnnotationSpread:
    """Two masks of one image compared; exchanging them changes nothing but the order of pairs.

    ``dice``, ``iou``: of the pixels. ``boundary_px``: mean distance from an outline to the other,
    both ways; ``boundary_95_px``: the distance that 95 % of both stay below. ``objects``: how many
    each has. ``matched``: pairs with an IoU of at least 0.5. ``diameter_px``: mean equivalent
    diameter of each, of objects that the edge does not cut; nan without any.
    """

    dice: float
    iou: float
    boundary_px: float
    boundary_95_px: float
    objects: tuple[int, int]
    matched: int
    diameter_px: tuple[float, float]

    @property
    def diameter_difference(self) -> float:
        """Difference of the mean diameters by their mean."""
        first, second = self.diameter_px
        return abs(first - second) / ((first + second) / 2)


def annotation_spread(first: np.ndarray, second: np.ndarray) -> AnnotationSpread:
    """Compare two masks (H, W) bool of one image.

    Objects are 8-connected regions. The mean of both ways is the average symmetric surface
    distance, the quantile the symmetric form of the 95 % Hausdorff distance. Source: Reinke et al.
    2024, doi:10.1038/s41592-023-02150-0.

    Raises:
        DataError: shapes that differ, or a mask with nothing in it.
    """
    check_same_shape(first, second, ("first mask", "second mask"))
    first, second = np.asarray(first, bool), np.asarray(second, bool)
    if not first.any() or not second.any():
        raise DataError("One of the two masks is empty; both need pixels above 0 on particles.")
    both, either = int((first & second).sum()), int((first | second).sum())
    apart = np.concatenate([_distances(first, second), _distances(second, first)])
    ours, theirs = _numbered(first), _numbered(second)
    return AnnotationSpread(
        dice=2 * both / (both + either),
        iou=both / either,
        boundary_px=float(apart.mean()) if len(apart) else float("nan"),
        boundary_95_px=float(np.quantile(apart, 0.95)) if len(apart) else float("nan"),
        objects=(int(ours.max()), int(theirs.max())),
        matched=match_objects(ours, theirs).true_positives,
        diameter_px=(_mean_diameter(ours), _mean_diameter(theirs)),
    )


def _distances(mask: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return how far each outline pixel of ``mask`` lies from the outline of ``other``, (n,)."""
    ours, theirs = outline(mask), outline(other)
    if not theirs.any():
        return np.empty(0)
    distance = cv2.distanceTransform((~theirs).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return distance[ours]


def _numbered(mask: np.ndarray) -> np.ndarray:
    return cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)[1]


def _mean_diameter(objects: np.ndarray) -> float:
    return mean_diameter(measure_objects(objects, np.zeros(objects.shape, np.float32), None))

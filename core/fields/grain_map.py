"""The grains of one field as they are counted and crossed by test lines."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from core.errors import DataError
from core.fields.view import View
from core.measurement.grain_size import GrainCount, count_grains, count_in_circle, intercepts
from core.measurement.intercept_lines import (
    LineIntercepts,
    cross,
    cross_boundaries,
    straight_lines,
    three_circles,
)
from core.pixels.image_area import nearest_index
from core.segmentation.grain_merging import grains_from_probability

FEWEST_LINES = 3
CLOSEST_LINES_PX = 8


@dataclass(frozen=True, eq=False)
class GrainMap:
    """Grains that fill the image area of ``view``."""

    view: View

    @cached_property
    def grains(self) -> np.ndarray:
        """(H, W) ids from 1, 0 where the image cannot be measured.

        From the probability of a boundary, where the model tells it and nobody corrected the
        grains; else every pixel goes to the nearest object.
        """
        card, objects = self.view.analysis.card, self.view.objects
        if card.boundary_phase is not None and self.view.analysis.by_hand is None:
            found = grains_from_probability(self.view.probability(card.boundary_phase))
        elif objects.any():
            found = objects[tuple(nearest_index(objects > 0))]
        else:
            found = np.ones(self.view.shape, np.uint32)
        return np.where(self.view.measurable, found, 0)

    @cached_property
    def spacing_px(self) -> int:
        """Distance of test lines: one mean intercept, and three lines a direction at least."""
        if self.view.settings.line_spacing_px is not None:
            return self.view.settings.line_spacing_px
        mean = intercepts(self.grains).mean_px
        most = min(self.grains.shape) // FEWEST_LINES
        wanted = most if np.isnan(mean) else round(mean)
        return max(1, min(most, max(CLOSEST_LINES_PX, wanted)))

    @cached_property
    def lines(self) -> LineIntercepts:
        """Straight lines in four directions."""
        lines = straight_lines(self.grains.shape, self.spacing_px)
        return cross(self.grains, lines, self._removed("lines in four directions"), self.spacing_px)

    @cached_property
    def chords_px(self) -> np.ndarray:
        """(n,) chords of the same lines between boundaries as they were segmented, with their width
        and their gaps; none of a model without boundaries, or of one corrected by hand."""
        boundary = self.view.analysis.card.boundary_phase
        if boundary is None or self.view.analysis.by_hand is not None:
            return np.empty(0)
        lines = straight_lines(self.grains.shape, self.spacing_px)
        return cross_boundaries(self.view.labels == boundary, lines).chords_px

    @cached_property
    def circles(self) -> LineIntercepts:
        """Abrams' three circles."""
        lines = three_circles(self.grains.shape)
        return cross(self.grains, lines, self._removed("three circles"))

    @cached_property
    def in_circle(self) -> GrainCount:
        """Jeffries' count."""
        return count_in_circle(self.grains)

    @cached_property
    def in_rectangle(self) -> GrainCount:
        """Saltykov's count; the rectangle is the image."""
        return count_grains(self.grains)

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row a grain, see :func:`core.measurement.regions.measure_objects`; places in px of
        the micrograph."""
        return self.view.measure(self.grains)

    def _removed(self, method: str) -> tuple[int, ...]:
        settings = self.view.settings
        return settings.removed_hits if settings.grain_method == method else ()


def grain_map(view: View) -> GrainMap:
    """Return the grains of a view.

    Raises:
        DataError: an image area under 20 px, over which no test lines can be laid.
    """
    if min(view.shape) < 20 or not view.measurable.any():
        raise DataError(
            f"The image area is {view.shape[0]} x {view.shape[1]} px; grain size needs 20 px a "
            "side. Make the info bar smaller or use a larger image."
        )
    return GrainMap(view)

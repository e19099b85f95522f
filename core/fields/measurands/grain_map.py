"""The grains of one field as they are counted and crossed by test lines."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from core.errors import DataError
from core.fields.view import View
from core.image_size import width_x_height
from core.measurement.grains.grain_lines import grain_lines, line_spacing_px
from core.measurement.grains.grain_size import GrainCount, count_grains, count_in_circle
from core.measurement.grains.intercept_lines import straight_lines, three_circles
from core.measurement.grains.line_intercepts import LineIntercepts, cross, cross_boundaries
from core.segmentation.grains.intercepts import filling_grains
from core.segmentation.grains.second_phase import closing_probability, second_phase_mask

FILLED = 0.7
"""Of the image, at least, where objects are its grains."""
CLOSED = 0.8
"""Hits on borders of closed grains by those on boundaries as segmented: 0.98 to 1.12 on micrographs
of steel, 0 on a map of Ti-6Al-4V whose boundaries end within the grains."""


@dataclass(frozen=True, eq=False)
class GrainMap:
    """Grains that fill the image area of ``view``."""

    view: View

    @cached_property
    def grains(self) -> np.ndarray:
        """(H, W) ids from 1, 0 where the image cannot be measured.

        From the probability of a boundary, where the model tells it and nobody corrected the
        grains; else every pixel goes to the nearest object. Particles of a second phase are left
        out, or regions of their own where the settings keep them.
        """
        view, card = self.view, self.view.analysis.card
        objects, settings = view.objects, view.analysis.object_settings
        by_hand = view.analysis.by_hand is not None and objects.any()
        if card.boundary_phase is None or by_hand:
            return filling_grains(None, objects, view.measurable)
        particles = second_phase_mask(view.labels, card) if settings.keep_second_phase else None
        probability = closing_probability(view.probability, card)
        least = settings.minimum_area_px
        return filling_grains(probability, objects, view.measurable, particles, least)

    @cached_property
    def spacing_px(self) -> int:
        """Distance of test lines: one mean intercept, and three lines a direction at least."""
        chosen = self.view.settings.line_spacing_px
        return line_spacing_px(self.grains) if chosen is None else chosen

    @cached_property
    def lines(self) -> LineIntercepts:
        """Straight lines in four directions."""
        return grain_lines(self.grains, self.spacing_px, self._removed("lines in four directions"))

    @cached_property
    def as_segmented(self) -> LineIntercepts | None:
        """The same lines across boundaries as they were segmented, with their width and their gaps;
        None of a model without boundaries, or of one corrected by hand."""
        boundary = self.view.analysis.card.boundary_phase
        if boundary is None or self.view.analysis.by_hand is not None:
            return None
        lines = straight_lines(self.grains.shape, self.spacing_px)
        return cross_boundaries(self.view.labels == boundary, lines)

    @cached_property
    def is_open(self) -> bool:
        """Whether boundaries end in nothing: lines cross many that divide no two grains."""
        found = self.as_segmented
        return found is not None and self.lines.hits < CLOSED * found.hits

    @cached_property
    def is_scattered(self) -> bool:
        """Whether objects without boundaries cover too little of the image to be its grains."""
        if self.view.analysis.card.boundary_phase is not None:
            return False
        objects = np.count_nonzero(self.view.objects[self.view.measurable])
        return bool(objects < FILLED * np.count_nonzero(self.view.measurable))

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
            f"The image area is {width_x_height(view.shape)} px; grain size needs 20 px a "
            "side. Make the info bar smaller or use a larger image."
        )
    return GrainMap(view)

"""A segmented and measured micrograph."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from core.by_hand import ByHand
from core.segmentation.objects.selection import Selection
from core.segmentation.settings import ObjectSettings, TileSettings
from core.types.arrays import read_only
from core.types.micrograph import Micrograph
from core.types.model_card import ModelCard
from core.types.segmentation import Segmentation

if TYPE_CHECKING:
    import pandas as pd

    from core.measurement.grains.grain_size import Intercepts
    from core.segmentation.engines.forest_engine import ForestTraining


@dataclass(frozen=True, eq=False)
class Analysis:
    """A segmented and measured micrograph.

    ``objects``: (H, W) uint32, 0 = none, same shape as the micrograph. ``table``: one row an
    object, units in the column names. ``seconds``: of the segmentation alone. ``warnings``:
    sentences for the user, where the network ran otherwise than asked, or the image is unlike those
    that the model learned from. ``doubts``: sentences of the kind, from a classifier of images
    (``core.classification.doubt``), where one was asked. ``intercepts``: of test lines over the
    grains, from a model that finds their boundaries. ``forest_training``: the marks that a forest
    was fitted to. ``selection``: how many objects were left out, and why. ``by_hand``: of one that
    was corrected, see :mod:`core.correction`; its ids need not follow each other.
    """

    micrograph: Micrograph
    card: ModelCard
    segmentation: Segmentation
    objects: np.ndarray
    table: pd.DataFrame
    object_settings: ObjectSettings
    seconds: float
    tile_settings: TileSettings = field(default_factory=TileSettings)
    warnings: tuple[str, ...] = ()
    intercepts: Intercepts | None = None
    forest_training: ForestTraining | None = None
    selection: Selection = field(default_factory=Selection)
    doubts: tuple[str, ...] = ()
    by_hand: ByHand | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "objects", read_only(self.objects))

    @property
    def object_phases(self) -> dict[int, int]:
        """Index of the phase of each object, by id; they differ where somebody corrected them."""
        ids = [int(one) for one in self.table["id"]]
        if "phase" in self.table:
            index = {phase.name: number for number, phase in enumerate(self.segmentation.phases)}
            return dict(zip(ids, map(index.__getitem__, self.table["phase"]), strict=True))
        return dict.fromkeys(ids, self.card.objects_phase or 0)

    @property
    def objects_digest(self) -> str:
        """Names the objects: other settings number them anew."""
        return f"{self.segmentation.digest} {self.object_settings}"

    @property
    def reasons_to_doubt(self) -> tuple[str, ...]:
        """Sentences on how the image differs from those that the model learned from."""
        from core.segmentation.out_of_distribution import ONE_GREY_LEVEL

        if ONE_GREY_LEVEL in self.warnings:
            return (ONE_GREY_LEVEL,)
        left_out, counted = self.selection.doubtful, len(self.table)
        unsure = (self.why_no_object,) if self.why_no_object else ()
        # What a higher limit than usual leaves out says nothing about the image.
        is_usual = self.object_settings.minimum_confidence <= ObjectSettings().minimum_confidence
        if not unsure and left_out > counted and is_usual:
            unsure = (
                f"{left_out} objects were left out for low confidence, more than the {counted} "
                "that count.",
            )
        return (*self.doubts, *self.warnings, *unsure)

    @property
    def why_no_object(self) -> str:
        """Why what was found is taken for no object, all of it; "" where it is not."""
        mean = self.selection.mean_confidence
        if mean is None:
            return ""
        return (
            "What was found is more likely no object than one, with a mean confidence (weighted "
            f"by diameter) of {mean:.2f}, so {self.selection.doubtful} are left out. To count "
            "them, set the least confidence to 0 (under Objects; --min-confidence on the terminal)."
        )

    @property
    def few_pixels(self) -> str | None:
        """Why number and sizes of the objects are not to be trusted, where those that count are too
        small; else None."""
        from core.measurement.few_pixels import few_pixels_in_words

        if self.card.objects_phase is None or self.why_no_object:
            return None
        return few_pixels_in_words(
            self.table,
            self.selection.too_small,
            self.object_settings.minimum_area_px,
            self.micrograph.pixel_size,
        )

    @cached_property
    def phase_fractions(self) -> pd.DataFrame:
        """The table of :func:`core.measurement.phase_fraction.phase_fractions`."""
        from core.measurement.phase_fraction import phase_fractions

        made = self.segmentation
        measurable = self.micrograph.measurable
        return phase_fractions(made.labels, made.phases, made.pixel_size, measurable)

    @property
    def object_fraction(self) -> float:
        """Share of the measurable area, in [0, 1], that lies in objects that count."""
        measurable = int(np.count_nonzero(self.micrograph.measurable))
        return int(np.count_nonzero(self.objects)) / max(measurable, 1)

    @cached_property
    def mean_confidence(self) -> float:
        """How sure the network was, see :func:`core.segmentation.confidence.mean_confidence`."""
        from core.segmentation.confidence import mean_confidence

        measurable, temperature = self.micrograph.measurable, self.card.temperature
        return mean_confidence(self.segmentation.probabilities, measurable, temperature)

    @property
    def object_bytes(self) -> int:
        """Bytes of the objects and their table, which other object settings make anew."""
        return self.objects.nbytes + int(self.table.memory_usage(deep=True).sum())

    @property
    def image_bytes(self) -> int:
        """Bytes of the micrograph and its segmentation, which all object settings share."""
        shown, made = self.micrograph, self.segmentation
        of_network = (made.labels, made.probabilities, made.contact, made.distance)
        arrays = (shown.pixels, shown.valid, *of_network)
        return sum(array.nbytes for array in arrays if array is not None)

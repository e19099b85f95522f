"""What is corrected: which object and which phase each pixel belongs to, and what is known of each
object.

Ids are never given twice: an object that is deleted takes its id with it, and an object that is
drawn anew gets one that no object had before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.analysis.analysis import Analysis
from core.errors import CorrectionError
from core.measurement.regions import bounds, find_runs
from core.types.segmentation import Phase

OUTSIDE = 255
"""Label of the pixels that are no image or hold no grey level; no correction changes them."""
LARGEST_ID = 2**24 - 1
"""Of an object; a browser keeps id and label of a pixel in 32 bits together."""
Origin = Literal["model", "clicked", "drawn"]


@dataclass(frozen=True, order=True)
class Box:
    """Pixels from ``top``, ``left`` to before ``bottom``, ``right``."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """The rows and the columns."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    def around(self, other: Box) -> Box:
        """Return the smallest box around both."""
        return Box(
            min(self.top, other.top),
            min(self.left, other.left),
            max(self.bottom, other.bottom),
            max(self.right, other.right),
        )

    def widened(self, margin: int, shape: tuple[int, int]) -> Box:
        """Return the box with ``margin`` px more on each side, within an image (H, W)."""
        return Box(
            max(self.top - margin, 0),
            max(self.left - margin, 0),
            min(self.bottom + margin, shape[0]),
            min(self.right + margin, shape[1]),
        )


@dataclass(frozen=True)
class ObjectRecord:
    """What is known of an object beside its pixels.

    ``phase``: index. ``origin``: the model found it, a click did, or a person drew it.
    ``corrected``: its pixels or its phase were changed by hand since. ``confirmed``: a person said
    that it is right.
    """

    phase: int
    origin: Origin = "model"
    corrected: bool = False
    confirmed: bool = False

    @property
    def by_hand(self) -> bool:
        """Whether a person had a part in it."""
        return self.corrected or self.origin != "model"

    @property
    def made_by(self) -> str:
        """ "model", "corrected" (found by the model, changed by hand), "clicked" or "drawn"."""
        return "corrected" if self.origin == "model" and self.corrected else self.origin


class CorrectionState:
    """A segmentation while it is corrected; changed in place, as a copy of a large image a stroke
    would take too long; its owner keeps threads apart.

    ``ids``: (H, W) uint32, 0 = no object. ``labels``: (H, W) uint8, index into ``phases``, or
    :data:`OUTSIDE`. Where an object's holes belong to it, labels in it may differ from its phase.
    ``ground``: the phase of what is deleted. ``objects``: by id. ``boxes``: a box around each
    object, perhaps too large. ``pixels``: how many each has. ``phase_pixels``: (256,) how many
    pixels have each label. ``areas``: what was confirmed as a whole. ``next_id``: of the next new
    object. ``first_new_id``: of the first that did not come from the model; ``found``: how many
    did.
    """

    def __init__(
        self,
        ids: np.ndarray,
        labels: np.ndarray,
        phases: tuple[Phase, ...],
        objects: Mapping[int, ObjectRecord],
        *,
        ground: int = 0,
        areas: tuple[Box, ...] = (),
        next_id: int | None = None,
        first_new_id: int | None = None,
        found: int | None = None,
    ) -> None:
        """Take the arrays, which are changed from now on, and count what is in them.

        Raises:
            CorrectionError: the ids of the map are not those of ``objects``, or a label has no
                phase.
        """
        self.ids, self.labels, self.phases, self.ground = ids, labels, phases, ground
        self.objects, self.areas = dict(objects), areas
        runs = find_runs(ids)
        if runs.ids.tolist() != sorted(self.objects):
            raise CorrectionError("The objects of the image are not those of its list.")
        areas_px = runs.sum(runs.length).astype(int).tolist()
        self.pixels = dict(zip(runs.ids.tolist(), areas_px, strict=True))
        corners = np.stack(bounds(runs)).T[:, [0, 2, 1, 3]].tolist()
        self.boxes = {one: Box(*box) for one, box in zip(runs.ids.tolist(), corners, strict=True)}
        self.phase_pixels = np.bincount(labels.ravel(), minlength=256)
        if self.phase_pixels[len(phases) : OUTSIDE].any():
            raise CorrectionError(f"The labels go beyond the {len(phases)} phases.")
        self.first_new_id = first_new_id or max(self.objects, default=0) + 1
        self.next_id = next_id or self.first_new_id
        self.found = len(self.objects) if found is None else found

    @property
    def shape(self) -> tuple[int, int]:
        """(H, W)."""
        return self.ids.shape

    @property
    def nbytes(self) -> int:
        """Bytes of memory."""
        return self.ids.nbytes + self.labels.nbytes + 500 * len(self.objects)

    def record(self, number: int) -> ObjectRecord:
        """Return what is known of an object.

        Raises:
            CorrectionError: there is none of this id.
        """
        found = self.objects.get(number)
        if found is None:
            raise CorrectionError(
                f"There is no object {number} in this image: it was deleted or merged, or never "
                "was; choose another one."
            )
        return found

    def crop(self, number: int, margin: int = 0) -> Box:
        """Return the smallest box around an object, ``margin`` px wider, and remember it.

        Raises:
            CorrectionError: there is none of this id.
        """
        self.record(number)
        box = self.boxes[number]
        inside = self.ids[box.slices] == number
        rows, columns = (np.flatnonzero(inside.any(axis=axis)) for axis in (1, 0))
        self.boxes[number] = Box(
            box.top + int(rows[0]),
            box.left + int(columns[0]),
            box.top + int(rows[-1]) + 1,
            box.left + int(columns[-1]) + 1,
        )
        return self.boxes[number].widened(margin, self.shape)


def begin(analysis: Analysis) -> CorrectionState:
    """Return the state from which corrections of ``analysis`` begin; its ids are the analysis's."""
    labels = analysis.segmentation.labels.copy()
    labels[~analysis.micrograph.measurable] = OUTSIDE
    phase = analysis.card.objects_phase or 0
    numbers = np.unique(analysis.objects).tolist()
    return CorrectionState(
        analysis.objects.copy(),
        labels,
        analysis.segmentation.phases,
        {number: ObjectRecord(phase) for number in numbers if number},
        ground=_ground(analysis),
    )


def _ground(analysis: Analysis) -> int:
    """Return the phase that an object's pixels have once it is deleted."""
    if analysis.card.objects_phase != 0:
        return 0
    # Of grains: their boundary.
    return analysis.card.boundary_phase or len(analysis.segmentation.phases) - 1

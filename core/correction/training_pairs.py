"""What a model may learn from a correction: the pixels that a person confirmed, and no others.

What nobody looked at is no label: most of it is what a model said, and a model that learns from it
learns its own mistakes again.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from core.correction.blank import BLANK
from core.correction.state import OUTSIDE, CorrectionState
from core.pixels.resampling import resample_mask
from core.segmentation.preprocessing import eight_bit, image_field
from core.training.augmentation import IGNORED, Pair
from core.types.micrograph import Micrograph

RIM_PX = 2


@dataclass(frozen=True)
class Provenance:
    """Where the labels of an image come from.

    ``pixels``: confirmed ones; ``share``: of the image. ``confirmed``, ``corrected``, ``clicked``,
    ``drawn``: objects that count, by how they were made: found by the model and said to be right,
    changed by hand, from clicks, drawn. ``from_blank``: no model had a part in it. Where one had,
    the labels agree with it more than they should, and its own score on them is flattered.
    """

    pixels: int
    share: float
    confirmed: int
    corrected: int
    clicked: int
    drawn: int
    from_blank: bool

    @property
    def objects(self) -> int:
        """All objects that count."""
        return self.confirmed + self.corrected + self.clicked + self.drawn


@dataclass(frozen=True, eq=False)
class TrainingLabels:
    """Labels of one image to learn from.

    ``phases``: (H, W) uint8, index of each confirmed pixel's phase, ``IGNORED`` elsewhere.
    ``instances``: (H, W) uint32, ids of the objects that count, 0 elsewhere.
    """

    phases: np.ndarray
    instances: np.ndarray
    provenance: Provenance


def training_labels(
    state: CorrectionState, beginning: CorrectionState, micrograph: Micrograph, model: str
) -> TrainingLabels:
    """Return what a model may learn from ``state``.

    Confirmed are the areas that a person said are right as a whole; the objects that were
    confirmed, clicked or drawn; the pixels whose phase or object was changed by hand; and beside an
    object that counts, ground up to 2 px away: an outline that is right says what lies beyond it.

    ``beginning``: how the correction began. ``micrograph``: that was corrected. ``model``: name of
    what made the result.
    """
    chosen = [
        number
        for number, one in sorted(state.objects.items())
        if one.confirmed or one.origin != "model"
    ]
    instances = np.where(np.isin(state.ids, chosen), state.ids, 0).astype(np.uint32)
    counted = instances > 0
    rim = cv2.dilate(counted.astype(np.uint8), np.ones((2 * RIM_PX + 1,) * 2, np.uint8)) > 0
    ground = (state.ids == 0) & (state.labels == state.ground)
    confirmed = counted | (rim & ground)
    confirmed |= (state.labels != beginning.labels) | (state.ids != beginning.ids)
    for area in state.areas:
        confirmed[area.slices] = True
    image = (state.labels != OUTSIDE) & micrograph.measurable
    confirmed &= image
    phases = np.where(confirmed, state.labels, np.uint8(IGNORED))
    made_by = [state.objects[number].made_by for number in chosen]
    pixels = int(np.count_nonzero(confirmed))
    provenance = Provenance(
        pixels=pixels,
        share=pixels / max(1, int(np.count_nonzero(image))),
        confirmed=made_by.count("model"),
        corrected=made_by.count("corrected"),
        clicked=made_by.count("clicked"),
        drawn=made_by.count("drawn"),
        from_blank=model == BLANK,
    )
    return TrainingLabels(phases, instances, provenance)


def training_pair(
    labels: TrainingLabels, micrograph: Micrograph, pixel_size_nm: float | None, group: str
) -> Pair:
    """Return an image with its labels as training takes them, which is as segmentation sees it.

    ``pixel_size_nm``: that the model resamples to, None for images as they are. ``group``: the
    specimen, which stays on one side of a split.
    """
    grey = image_field(micrograph, pixel_size_nm).grey
    known = resample_mask(labels.phases[micrograph.image_rows], grey.shape)
    return Pair(micrograph.name, eight_bit(grey), known, group)

"""Otsu's threshold: one grey level for the whole image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.types.model_card import ModelCard, Score
from core.types.segmentation import Phase

if TYPE_CHECKING:
    import numpy as np

EMPS = "all 366 images of EMPS; nothing was trained on them"


def method(grey: np.ndarray, valid: np.ndarray | None = None) -> np.ndarray:
    """Return the labels (H, W) uint8 of grey levels (H, W) in [0, 1]; ``valid``: which count."""
    from core.segmentation.classic import otsu

    return otsu(grey, valid)


CARD = ModelCard(
    name="otsu",
    title="Otsu threshold",
    purpose="One threshold for the whole image; the phase of the smaller area is the object.",
    phases=(Phase("ground", "#0072B2"), Phase("object", "#E69F00")),
    build=None,
    method=method,
    weights=None,
    architecture="classic: threshold on the histogram",
    mean=0.0,
    std=1.0,
    data="none: nothing is learned",
    licence="BSD-3-Clause",
    reference="Otsu 1979, doi:10.1109/TSMC.1979.4310076",
    limits=(
        "Uses grey levels only: fails with uneven illumination, dirt and a two-tone background."
    ),
    objects_phase=1,
    scores=(
        Score("IoU of objects, mean over images", 0.528, EMPS),
        Score("IoU of objects, dark on bright (186 images)", 0.637, EMPS),
        Score("IoU of objects, bright on dark (179 images)", 0.415, EMPS),
    ),
)

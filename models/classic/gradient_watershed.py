"""Watershed on the gradient, from what is surely dark or bright."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.types.model_card import ModelCard
from core.types.segmentation import Phase

if TYPE_CHECKING:
    import numpy as np


def method(grey: np.ndarray, valid: np.ndarray | None = None) -> np.ndarray:
    """Return the labels (H, W) uint8 of grey levels (H, W) in [0, 1]; ``valid``: which count."""
    from core.segmentation.classic import gradient_watershed

    return gradient_watershed(grey, valid)


CARD = ModelCard(
    name="gradient-watershed",
    title="Gradient watershed",
    purpose="Watershed of the gradient magnitude, from dark and bright markers.",
    phases=(Phase("ground", "#0072B2"), Phase("object", "#E69F00")),
    build=None,
    method=method,
    weights=None,
    architecture="classic: watershed of the Sobel gradient",
    mean=0.0,
    std=1.0,
    data="none: nothing is learned",
    licence="BSD-3-Clause",
    reference="Beucher and Lantuejoul 1979; watershed of scikit-image",
    limits=("Needs two distinct grey levels for its markers; fails with uneven illumination."),
    objects_phase=1,
)

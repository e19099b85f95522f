"""Otsu's thresholds for three phases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.types.model_card import ModelCard
from core.types.segmentation import Phase

if TYPE_CHECKING:
    import numpy as np


def method(grey: np.ndarray, valid: np.ndarray | None = None) -> np.ndarray:
    """Return the labels (H, W) uint8 of grey levels (H, W) in [0, 1]; ``valid``: which count."""
    from core.segmentation.classic import multi_otsu

    return multi_otsu(grey, valid)


CARD = ModelCard(
    name="multi-otsu",
    title="Multi-Otsu thresholds",
    purpose="Two thresholds split the grey levels into dark, middle and bright.",
    phases=(Phase("dark", "#0072B2"), Phase("middle", "#E69F00"), Phase("bright", "#009E73")),
    build=None,
    method=method,
    weights=None,
    architecture="classic: thresholds on the histogram",
    mean=0.0,
    std=1.0,
    data="none: nothing is learned",
    licence="BSD-3-Clause",
    reference="Liao et al. 2001, J. Inf. Sci. Eng. 17:713",
    limits=("Uses grey levels only, and always finds three phases."),
    objects_phase=2,
)

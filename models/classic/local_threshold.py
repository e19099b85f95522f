"""A threshold that follows the brightness around each pixel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.types.model_card import ModelCard
from core.types.segmentation import Phase

if TYPE_CHECKING:
    import numpy as np


def method(grey: np.ndarray, valid: np.ndarray | None = None) -> np.ndarray:
    """Return the labels (H, W) uint8 of grey levels (H, W) in [0, 1]; ``valid``: which count."""
    from core.segmentation.classic import local_threshold

    return local_threshold(grey, valid)


CARD = ModelCard(
    name="local-threshold",
    title="Local threshold",
    purpose="Thresholds each pixel against its neighbourhood; for uneven illumination.",
    phases=(Phase("ground", "#0072B2"), Phase("object", "#E69F00")),
    build=None,
    method=method,
    weights=None,
    architecture="classic: Gaussian local mean",
    mean=0.0,
    std=1.0,
    data="none: nothing is learned",
    licence="BSD-3-Clause",
    reference="Otsu 1979, doi:10.1109/TSMC.1979.4310076, on the difference from the local mean",
    limits=(
        "Hollows out objects as large as the neighbourhood, about a quarter of the shorter side."
    ),
    objects_phase=1,
)

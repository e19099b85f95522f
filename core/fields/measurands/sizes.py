"""The curve over a histogram of sizes, where there are enough of them."""

from __future__ import annotations

import numpy as np

from core.fields.settings import MeasureSettings
from core.measurement.size_fit import FEWEST_VALUES, SizeFit, fit_sizes


def fitted(settings: MeasureSettings, sizes: np.ndarray, weights: np.ndarray) -> SizeFit | None:
    """Return the fit that was asked for; None of too few sizes, or equal ones."""
    if settings.fit == "none" or len(sizes) < FEWEST_VALUES or np.ptp(sizes) == 0:
        return None
    return fit_sizes(sizes, settings.fit, weights)

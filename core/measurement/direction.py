"""Directions without a sense, such as those of fibres: 0 and 180 degrees are one."""

from __future__ import annotations

import numpy as np


def mean_direction(
    angles_deg: np.ndarray, weights: np.ndarray | None = None
) -> tuple[float, float]:
    """Return the mean axial direction in degrees, in (-90, 90], and how much they agree.

    The second is the mean resultant length R in [0, 1]: 0 for directions that are evenly spread, 1
    where all are one. ``angles_deg``: (n,), at least one. ``weights``: (n,), such as lengths.

    Source: axial data, Mardia and Jupp 2000, Directional Statistics, section 9.4: angles doubled.
    """
    used = np.ones(len(angles_deg)) if weights is None else weights
    doubled = np.radians(2 * np.asarray(angles_deg, np.float64))
    total = (used * np.exp(1j * doubled)).sum() / used.sum()
    angle = float(np.degrees(np.angle(total)) / 2)
    return (angle + 180 if angle <= -90 else angle), float(min(1.0, abs(total)))

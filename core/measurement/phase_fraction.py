"""How much of the image each phase covers, and how sure several fields make that number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import t as student_t

from core.errors import DataError
from core.types import Phase, PixelSize

ONE_FIELD = "n = 1 field: no confidence interval"


def phase_fractions(
    labels: np.ndarray,
    phases: Sequence[Phase],
    pixel_size: PixelSize | None = None,
    measurable: np.ndarray | None = None,
) -> pd.DataFrame:
    """Return the area fraction of each phase over the image area.

    In a random plane section the area fraction equals the volume fraction (Delesse 1847). Objects
    at the edge count, as they must for a fraction. ``labels``: (H, W) class indices.
    ``measurable``: (H, W) bool, the pixels that are image and hold a grey level; no other counts.
    Returns one row a phase: ``phase``, ``area_px2`` (with a pixel size ``area_nm2``),
    ``area_fraction`` in [0, 1].

    Raises:
        DataError: no pixel left, or a label without a phase.
    """
    image_area = labels.ravel() if measurable is None else labels[measurable]
    if not image_area.size:
        raise DataError(
            f"The info bar, with pixels that hold no grey level, leaves nothing of an image of "
            f"{labels.shape[0]} x {labels.shape[1]} px. Make the info bar smaller."
        )
    counts = np.bincount(image_area, minlength=len(phases))
    if len(counts) > len(phases):
        raise DataError(
            f"The labels go up to {len(counts) - 1}, but there are only {len(phases)} phases."
        )
    area, unit = (pixel_size.area_nm2, "nm") if pixel_size else (1.0, "px")
    return pd.DataFrame(
        {
            "phase": [phase.name for phase in phases],
            f"area_{unit}2": counts * area,
            "area_fraction": counts / counts.sum(),
        }
    )


@dataclass(frozen=True)
class FieldStatistics:
    """Mean over fields and how well it is known; ASTM E562 and E1245 share these formulas.

    ``standard_deviation``, ``confidence_interval_95`` (half its width) and
    ``relative_accuracy_percent`` are None for a single field: pixels of one field depend on each
    other and are no sample.
    """

    fields: int
    mean: float
    standard_deviation: float | None
    confidence_interval_95: float | None
    relative_accuracy_percent: float | None

    @property
    def wording(self) -> str:
        """How sure the mean is, in words."""
        if self.confidence_interval_95 is None:
            return ONE_FIELD
        text = f"n = {self.fields} fields: 95 % confidence interval \N{PLUS-MINUS SIGN} "
        text += f"{self.confidence_interval_95:.3g}"
        if self.relative_accuracy_percent is not None:
            text += f", relative accuracy {self.relative_accuracy_percent:.3g} %"
        return text


def field_statistics(values: Sequence[float]) -> FieldStatistics:
    """Average one measurand over fields of view.

    s = sqrt(sum (x - mean)^2 / (n - 1)); 95 % CI = t s / sqrt(n), t two-sided with n - 1 degrees of
    freedom; relative accuracy = CI / mean (None when the mean is 0). ``values``: one a field, in
    any one unit, which the result keeps.

    Raises:
        DataError: no field.
    """
    if not len(values):
        raise DataError("No field was measured; at least one is needed, five or more are better.")
    mean, count = float(np.mean(values)), len(values)
    if count == 1:
        return FieldStatistics(1, mean, None, None, None)
    deviation = float(np.std(values, ddof=1))
    interval = float(student_t.ppf(0.975, count - 1)) * deviation / count**0.5
    accuracy = 100 * interval / abs(mean) if mean else None
    return FieldStatistics(count, mean, deviation, interval, accuracy)

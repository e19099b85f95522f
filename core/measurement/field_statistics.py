"""One number a field of view: its mean over several, and how well that is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from core.errors import DataError

ONE_FIELD = "n = 1 field: no confidence interval"


@dataclass(frozen=True)
class FieldStatistics:
    """Mean over fields and how well it is known; ASTM E112, E562 and E1245 share these formulas.

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
    interval = float(stdtrit(count - 1, 0.975)) * deviation / count**0.5
    accuracy = 100 * interval / abs(mean) if mean else None
    return FieldStatistics(count, mean, deviation, interval, accuracy)

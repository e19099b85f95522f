"""The quantities of a field as a table, one row each."""

from __future__ import annotations

import pandas as pd

from core.fields.result import FieldMeasurement


def values_table(found: FieldMeasurement) -> pd.DataFrame:
    """Return key, name, value, unit, 95 % interval, n, method and, where there is none, why."""
    rows = []
    for one in found.quantities:
        low, high = one.interval or (None, None)
        rows.append(
            {
                "key": one.key,
                "quantity": one.name,
                "symbol": one.symbol,
                "value": one.value,
                "unit": one.unit,
                "low_95": low,
                "high_95": high,
                "n": one.n,
                "counted": one.counted,
                "method": one.method,
                "reason": one.reason or one.cut_at,
            }
        )
    return pd.DataFrame(rows)

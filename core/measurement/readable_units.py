"""Tables of sizes in the unit that they are read in, and how many digits a number needs."""

from __future__ import annotations

import numpy as np
import pandas as pd

NM_IN_UM = 1000.0


def in_readable_units(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of objects in um and um2 where their median diameter is 1 um or more.

    Files keep nm, so that tables of two images can be joined; this is for reading.
    """
    diameters = table.get("equivalent_diameter_nm")
    if diameters is None or not len(diameters) or diameters.median() < NM_IN_UM:
        return table
    shown = table.copy()
    for column in table:
        stem, _, unit = str(column).rpartition("_")
        if unit in ("nm", "nm2"):
            power = 2 if unit == "nm2" else 1
            shown[column] = table[column] / NM_IN_UM**power
            shown = shown.rename(columns={column: f"{stem}_{unit.replace('nm', 'um')}"})
    return shown


def decimals(values: pd.Series | float, digits: int = 3) -> int:
    """Return how many decimals show the median of ``values`` to ``digits`` significant digits, 0 to
    6; so many for a whole column keep its points below each other."""
    middle = float(np.median(np.abs(values))) if np.size(values) else 0.0
    if not np.isfinite(middle) or middle <= 0:
        return digits - 1
    return int(np.clip(digits - 1 - np.floor(np.log10(middle)), 0, 6))


def in_digits(value: float, digits: int = 3) -> str:
    """Return ``value`` to at least ``digits`` significant digits, never as a power of ten."""
    return f"{value:,.{decimals(value, digits)}f}"

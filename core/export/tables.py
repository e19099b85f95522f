"""Tables as CSV that pandas, R and a spreadsheet read alike."""

from __future__ import annotations

import pandas as pd

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def csv_bytes(table: pd.DataFrame) -> bytes:
    """Return ``table`` as comma-separated UTF-8 with a header row, numbers with seven digits.

    A byte-order mark, by which Excel knows UTF-8, is put first only where there is a letter outside
    ASCII, so plain readers find the first column under its exact name. Text that a spreadsheet
    would run as a formula gets an apostrophe in front. What is not known stays empty.
    """
    safe = table.copy()
    for name in safe.columns:
        if not pd.api.types.is_numeric_dtype(safe[name].dtype):
            safe[name] = [harmless(cell) for cell in safe[name]]
    safe.columns = [harmless(name) for name in safe.columns]
    text = safe.to_csv(index=False, float_format="%.7g", lineterminator="\n")
    return text.encode("utf-8" if text.isascii() else "utf-8-sig")


def harmless(cell: object) -> object:
    """Return ``cell``, or text with an apostrophe in front where it would start a formula."""
    if isinstance(cell, str) and cell.startswith(FORMULA_STARTS):
        return f"'{cell}"
    return cell

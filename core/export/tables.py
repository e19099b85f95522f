"""Tables as CSV and XLSX that pandas, R and a spreadsheet read alike."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

FORMULA_STARTS = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
"""The four signs, white space, and the four signs in full width (OWASP, "CSV injection")."""

EARLIEST = datetime(1980, 1, 1)
WIDEST_COLUMN = 40
MOST_ROWS = 1_048_575
"""Of a sheet, below its header."""


def csv_bytes(table: pd.DataFrame) -> bytes:
    """Return ``table`` as comma-separated UTF-8 with a header row, numbers with seven digits.

    A byte-order mark, by which Excel knows UTF-8, is put first only where there is a letter outside
    ASCII, so plain readers find the first column under its exact name. Text that a spreadsheet
    would run as a formula gets an apostrophe in front. What is not known or not finite stays empty.
    """
    safe = table.copy()
    for name, cells in table.items():
        if pd.api.types.is_float_dtype(cells.dtype):
            # An empty cell is what pandas writes for nan.
            if np.isinf(cells.to_numpy(np.float64, na_value=np.nan)).any():
                safe[name] = cells.where(np.isfinite(cells))
        elif not pd.api.types.is_numeric_dtype(cells.dtype):
            safe[name] = [harmless(cell) for cell in cells]
    safe.columns = [harmless(name) for name in safe.columns]
    text = safe.to_csv(index=False, float_format="%.7g", lineterminator="\n")
    return text.encode("utf-8" if text.isascii() else "utf-8-sig")


def xlsx_bytes(sheets: Mapping[str, pd.DataFrame]) -> bytes:
    """Return the tables, by the name of their sheet, as an Excel workbook.

    Numbers keep all their digits. Text stays text, also where it begins as a formula does. What is
    not known or not finite stays empty, and so do rows beyond the 1,048,575 that a sheet holds. The
    time of day leaves no trace in the file.
    """
    # The terminal writes no workbook.
    import xlsxwriter

    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as book:
        book.set_properties({"created": EARLIEST})
        bold = book.add_format({"bold": True})
        for name, table in sheets.items():
            sheet = book.add_worksheet(name)
            sheet.freeze_panes(1, 0)
            for column, title in enumerate(map(str, table.columns)):
                cells = table.iloc[:MOST_ROWS, column].tolist()
                longest = max(
                    map(len, (title, *(str(cell) for cell in cells[:50] if isinstance(cell, str))))
                )
                sheet.set_column(column, column, min(WIDEST_COLUMN, longest + 2))
                sheet.write_string(0, column, title, bold)
                for row, cell in enumerate(cells, 1):
                    _write(sheet, row, column, cell)
    return stream.getvalue()


def _write(sheet: Worksheet, row: int, column: int, cell: object) -> None:
    if isinstance(cell, bool):
        sheet.write_boolean(row, column, cell)
    elif isinstance(cell, int | float):
        if np.isfinite(cell):
            sheet.write_number(row, column, cell)
    elif isinstance(cell, str):
        sheet.write_string(row, column, cell)


def harmless(cell: object) -> object:
    """Return ``cell``, or text with an apostrophe in front where it would start a formula.

    A carriage return becomes a space: the writer does not quote it, and it would end the row.
    """
    if not isinstance(cell, str):
        return cell
    mark = "'" if cell.startswith(FORMULA_STARTS) else ""
    return mark + cell.replace("\r", " ")

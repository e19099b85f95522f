"""The objects of a segmentation as a table, and the one that is selected in a sentence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from pages.components.frame import session
from pages.components.frame.words import capital
from pages.components.segment import selection

if TYPE_CHECKING:
    import pandas as pd
    from streamlit.elements.lib.column_types import ColumnConfig

    from core.analysis.analysis import Analysis
    from core.types.model_card import ModelCard
    from core.types.segmentation import Phase

COLUMNS = {
    "id": "No.",
    "equivalent_diameter": "Diameter",
    "area": "Area",
    "minimum_feret": "Min. Feret",
    "maximum_feret": "Max. Feret",
    "aspect_ratio": "Aspect ratio",
    "circularity": "Circularity",
    "solidity": "Solidity",
    "orientation": "Orientation",
    "mean_intensity": "Mean grey level",
    "confidence": "Confidence",
    "centroid_row": "Row",
    "centroid_column": "Column",
    "edge_weight": "Edge weight",
}
CHECKS = {"touches_edge": "Cut by the edge", "confirmed": "Confirmed"}
TEXTS = {"made_by": "Made by", "phase": "Phase"}
LENGTHS = ("equivalent_diameter", "area", "minimum_feret", "maximum_feret")
WHOLE = ("id", "orientation_deg", "centroid_row_px", "centroid_column_px")
UNITS = {"um2": "µm²", "um": "µm", "nm2": "nm²", "px2": "px²", "nm": "nm", "px": "px", "deg": "°"}
HEIGHT = 360
OBJECTS = "Objects"
INSPECT = Path(__file__).resolve().parents[2] / "inspect.py"
INSPECT_THERE = "Inspect from there: what the network sees"
SELECT = "Click an object, or a row of the table below, to see its measurements."


def label_of(column: str) -> str:
    """Return the heading of a column: "area_nm2" -> "Area (nm²)"."""
    stem, _, unit = column.rpartition("_")
    if stem in COLUMNS and unit in UNITS:
        return f"{COLUMNS[stem]} ({UNITS[unit]})"
    return COLUMNS.get(column, capital(column.replace("_", " ")))


def counted_phase(analysis: Analysis) -> Phase | None:
    """Return the phase whose objects are counted; None for a model without one."""
    phase = analysis.card.objects_phase
    return None if phase is None else analysis.segmentation.phases[phase]


def object_name(analysis: Analysis) -> str:
    """Return the phase that is counted, such as "particle"; "object" for a model without one."""
    phase = counted_phase(analysis)
    return "object" if phase is None else phase.name


def object_name_of(card: ModelCard) -> str:
    """Return the phase that a model counts; "object" for one that counts none."""
    return "object" if card.objects_phase is None else card.phases[card.objects_phase].name


def heading(analysis: Analysis) -> str:
    """Return what stands over the objects: which phase they are of, where that has a name."""
    name = object_name(analysis)
    return OBJECTS if name == "object" else f"{OBJECTS} ({name})"


def diameters(table: pd.DataFrame) -> tuple[str, str]:
    """Return the column of the diameters and its unit, as the column names it."""
    column = next(name for name in table if name.startswith("equivalent_diameter_"))
    return column, column.rpartition("_")[2]


def table(analysis: Analysis) -> None:
    """Draw the objects of an analysis, one row each; a selected row is shown in the viewer."""
    st.subheader(heading(analysis))
    rows(analysis.table, analysis.objects_digest)


def rows(
    measured: pd.DataFrame, digest: str, on_select: Callable[[int], None] | None = None
) -> None:
    """Draw one row an object, of which one can be selected; ``digest``: names the objects.

    ``on_select``: gets the id, 0 for none, after it was selected here.
    """
    from core.measurement.readable_units import in_readable_units

    chosen = selection.selected(digest)
    shown = in_readable_units(measured)
    if first := selection.table_begins_with(digest):
        # A table cannot be told to scroll: what was clicked in the image comes first, and stays
        # there, since the table knows its selected row by where it stands.
        shown = shown.sort_values("id", key=lambda ids: ids != first, kind="stable")
    ids = shown["id"].tolist()
    key = f"objects-{selection.table_turn()}"

    def select() -> None:
        ticked = session.component_state(key).get("selection", {}).get("rows", [])
        number = ids[ticked[0]] if ticked else 0
        if number == chosen:
            # Nobody clicked: the browser repeats what the table began with.
            return
        selection.select(digest, number, from_table=True)
        if on_select is not None:
            on_select(number)

    st.dataframe(
        shown,
        height=HEIGHT,
        hide_index=True,
        key=key,
        on_select=select,
        selection_mode="single-row",
        selection_default={"selection": {"rows": [ids.index(chosen)]}} if chosen in ids else None,
        column_order=sorted(shown, key=_place),
        column_config={name: _column(name, shown) for name in shown},
        alt="One row per object",
    )


def _place(column: str) -> int:
    """Return where a column stands: as in COLUMNS, then what is not there."""
    order = [*COLUMNS]
    stem = column.rpartition("_")[0]
    return next((order.index(one) for one in (column, stem) if one in order), len(order))


def _column(name: str, table: pd.DataFrame) -> ColumnConfig:
    if name in CHECKS:
        return st.column_config.CheckboxColumn(CHECKS[name])
    if name in TEXTS:
        return st.column_config.TextColumn(TEXTS[name])
    return st.column_config.NumberColumn(
        label_of(name), format=f"%.{_decimals(name, table)}f", pinned=name == "id"
    )


def _decimals(name: str, table: pd.DataFrame) -> int:
    from core.measurement.readable_units import decimals

    if name in WHOLE:
        return 0
    return decimals(table[name]) if name.startswith(LENGTHS) else 2


def selection_line(analysis: Analysis) -> None:
    """Draw the selected object's numbers, and a link to what the network sees there; nothing where
    no object counts."""
    from core.inspection.region import pixel_of_object

    if analysis.table.empty:
        return
    st.caption(sentence(analysis))
    chosen = selection.selected(analysis.objects_digest)
    if not chosen or analysis.card.build is None:
        return
    row, column = pixel_of_object(analysis.objects, chosen)
    st.page_link(
        INSPECT,
        label=INSPECT_THERE,
        query_params={**session.everywhere(), "row": str(row), "column": str(column)},
    )


def sentence(analysis: Analysis) -> str:
    """Return the selected object's numbers in one line, or how to select one."""
    chosen = selection.selected(analysis.objects_digest)
    return numbers(analysis.table, chosen, object_name(analysis)) or SELECT


def numbers(measured: pd.DataFrame, chosen: int, name: str) -> str:
    """Return an object's numbers in one line, "" where it has no row; ``name``: of its phase."""
    from core.measurement.readable_units import in_readable_units

    table = in_readable_units(measured)
    found = table[table["id"] == chosen]
    if found.empty:
        return ""
    row = found.iloc[0]
    column, unit = diameters(table)
    area = f"area_{unit}2"
    edge = ", cut by the edge" if row["touches_edge"] else ""
    # The model is not sure of anything that a person drew.
    is_sure = "confidence" in row and row["confidence"] >= 0
    sure = f", confidence {row['confidence']:.2f}" if is_sure else ""
    return (
        f"{capital(name)} {chosen}: "
        f"diameter {row[column]:.{_decimals(column, table)}f} {UNITS[unit]}, "
        f"area {row[area]:,.{_decimals(area, table)}f} {UNITS[unit + '2']}, "
        f"aspect ratio {row['aspect_ratio']:.2f}, circularity {row['circularity']:.2f}"
        f"{sure}{edge}."
    )

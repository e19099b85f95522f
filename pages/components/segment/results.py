"""What a segmentation says: fractions, sizes, the table, and the files to take away."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePath
from typing import TYPE_CHECKING

import streamlit as st

from pages.components.frame import session
from pages.components.viewer.viewer import ViewerEvent

if TYPE_CHECKING:
    import pandas as pd
    from streamlit.elements.lib.column_types import ColumnConfig

    from core.analysis import Analysis
    from core.types import Array
    from pages.components.segment.kept import Reference

COLUMNS = {
    "id": ("Object", "%d"),
    "equivalent_diameter": ("Diameter", "%.3g"),
    "area": ("Area", "%.4g"),
    "minimum_feret": ("Min. Feret", "%.3g"),
    "maximum_feret": ("Max. Feret", "%.3g"),
    "aspect_ratio": ("Aspect ratio", "%.2f"),
    "circularity": ("Circularity", "%.2f"),
    "solidity": ("Solidity", "%.2f"),
    "orientation": ("Orientation", "%.0f"),
    "mean_intensity": ("Mean grey level", "%.2f"),
    "centroid_row": ("Row", "%.0f"),
    "centroid_column": ("Column", "%.0f"),
    "edge_weight": ("Edge weight", "%.2f"),
}
RESULT, EXPORT = "Result", "Export"
AGREEMENT = "Agreement with this synthetic sample's ground truth (IoU): "
SELECT = "Click an object, or a row of the table below, to see its measurements."
OBJECTS = "Objects"
UNITS = {"um2": "µm²", "um": "µm", "nm2": "nm²", "px2": "px²", "nm": "nm", "px": "px", "deg": "°"}
TABLE_HEIGHT = 360


def label_of(column: str) -> tuple[str, str]:
    """Return heading and number format of a column: "area_nm2" -> ("Area (nm²)", "%.4g")."""
    stem, _, unit = column.rpartition("_")
    if stem in COLUMNS and unit in UNITS:
        heading, number = COLUMNS[stem]
        return f"{heading} ({UNITS[unit]})", number
    return COLUMNS.get(column, (column.replace("_", " ").capitalize(), "%s"))


def diameters(table: pd.DataFrame) -> tuple[str, str]:
    """Return the column of the diameters and its unit, as the column names it."""
    column = next(name for name in table if name.startswith("equivalent_diameter_"))
    return column, column.rpartition("_")[2]


def summary(analysis: Analysis, truth: Array | None) -> None:
    """Draw the few numbers that most users came for."""
    from core.figures.size_histogram import size_bins
    from core.measurement.phase_fraction import phase_fractions
    from core.segmentation.confidence import mean_confidence

    made = analysis.segmentation
    fractions = phase_fractions(
        made.labels, made.phases, made.pixel_size, analysis.micrograph.measurable
    )
    rows = {
        name.capitalize(): f"{100 * share:.1f} % of the area"
        for name, share in zip(fractions["phase"], fractions["area_fraction"], strict=True)
    }
    if analysis.card.objects_phase is not None:
        sizes = size_bins(analysis.table)
        rows[OBJECTS] = f"{len(analysis.table)}"
        rows["Touching the edge"] = f"{sizes.cut}"
        if sizes.counted:
            corrected = ", edge-corrected" if sizes.cut else ""
            rows["Median diameter"] = f"{sizes.median:.3g} {sizes.unit}{corrected}"
            rows["Mean diameter"] = f"{sizes.mean:.3g} {sizes.unit}{corrected}"
    rows |= _grain_size(analysis)
    temperature = analysis.card.temperature
    confidence = mean_confidence(made.probabilities, analysis.micrograph.measurable, temperature)
    softened = "" if temperature == 1 else f", temperature-scaled (T = {temperature:.2f})"
    rows["Mean confidence"] = f"{100 * confidence:.1f} %{softened}"
    rows["Network" if analysis.card.build else "Method"] = (
        f"{analysis.seconds:.1f} s, {analysis.device}, {analysis.precision}"
    )
    st.subheader(RESULT)
    st.table(rows, border="horizontal", alt="Phase fractions and objects")
    for warning in analysis.warnings:
        st.warning(warning)
    if truth is not None:
        _agreement(analysis, truth)


def _grain_size(analysis: Analysis) -> dict[str, str]:
    """Return mean intercept and, where the image is calibrated, ASTM G; nothing without grains."""
    from core.measurement.grain_size import grain_size_number, intercept_error

    found, size = analysis.intercepts, analysis.micrograph.pixel_size
    if found is None or not sum(found.crossings):
        return {}
    if size is None:
        return {"Mean intercept": f"{found.mean_px:.1f} px"}
    number = grain_size_number(found, size.nm * 1e-6, intercept_error(analysis.card))
    return {
        "Mean intercept": f"{found.mean_px * size.nm / 1000:.3g} µm",
        "Grain size, ASTM G": f"{number} (95 %; {number.method})",
    }


def _agreement(analysis: Analysis, truth: Array) -> None:
    from core.measurement.agreement import confusion_matrix, intersection_over_union

    phases = analysis.segmentation.phases
    overlap = intersection_over_union(
        confusion_matrix(truth, analysis.segmentation.labels, len(phases))
    )
    parts = [f"{phase.name} {iou:.3f}" for phase, iou in zip(phases, overlap, strict=True)]
    st.caption(AGREEMENT + ", ".join(parts) + ".")


def details(analysis: Analysis) -> None:
    """Draw the size histogram and the table; a selected row is shown in the viewer."""
    if analysis.card.objects_phase is None:
        return
    if not len(analysis.table):
        st.info("No objects found. Try another model or a smaller minimum area.")
        return
    chart, table = st.columns(2, gap="medium")
    with chart:
        _histogram(analysis)
    with table:
        _table(analysis)


def _histogram(analysis: Analysis) -> None:
    from core.figures.size_histogram import size_histogram

    st.subheader("Size distribution")
    st.plotly_chart(
        size_histogram(analysis.table),
        height=TABLE_HEIGHT,
        key="size-histogram",
        config={"displaylogo": False},
        alt="Histogram of equivalent circular diameters",
    )
    if analysis.table["touches_edge"].any():
        st.caption(
            "Objects cut by the edge are left out. Large ones are cut more often, so median and "
            "mean weight each whole object by 1 / P, the chance that one of its height and width "
            "lies wholly in the image (Miles-Lantuéjoul, ISO 13322-1)."
        )


def _table(analysis: Analysis) -> None:
    from core.measurement.regions import in_readable_units

    digest = analysis.segmentation.digest
    chosen = session.selected_object(digest)
    ids = analysis.table["id"].tolist()
    key = f"objects-{session.table_turn()}"

    def select() -> None:
        rows = session.component_state(key).get("selection", {}).get("rows", [])
        session.select_object(digest, ids[rows[0]] if rows else 0, from_table=True)

    shown = in_readable_units(analysis.table)
    st.subheader("Objects")
    st.dataframe(
        shown,
        height=TABLE_HEIGHT,
        hide_index=True,
        key=key,
        on_select=select,
        selection_mode="single-row",
        selection_default={"selection": {"rows": [ids.index(chosen)]}} if chosen in ids else None,
        column_order=sorted(shown, key=_place),
        column_config={name: _column(name) for name in shown},
        alt="One row per object",
    )


def _place(column: str) -> int:
    """Return where a column stands: as in COLUMNS, then what is not there."""
    order = [*COLUMNS]
    stem = column.rpartition("_")[0]
    return next((order.index(one) for one in (column, stem) if one in order), len(order))


def _column(name: str) -> ColumnConfig:
    heading, number = label_of(name)
    if name == "touches_edge":
        return st.column_config.CheckboxColumn("Touching the edge")
    return st.column_config.NumberColumn(heading, format=number, pinned=name == "id")


def object_sentence(analysis: Analysis) -> str:
    """Return the selected object's numbers in one line, or how to select one."""
    from core.measurement.regions import in_readable_units

    chosen = session.selected_object(analysis.segmentation.digest)
    table = in_readable_units(analysis.table)
    found = table[table["id"] == chosen]
    if found.empty:
        return SELECT
    row = found.iloc[0]
    column, unit = diameters(table)
    edge = ", touching the edge" if row["touches_edge"] else ""
    return (
        f"Object {chosen}: diameter {row[column]:.3g} {UNITS[unit]}, "
        f"area {row[f'area_{unit}2']:.4g} {UNITS[unit + '2']}, "
        f"aspect ratio {row['aspect_ratio']:.2f}, circularity {row['circularity']:.2f}{edge}."
    )


def select_at(reference: Reference, event: ViewerEvent) -> None:
    """Select the object under a click in the viewer; none on the background."""
    analysis = reference.analysis()
    number = int(analysis.objects[event.row, event.column])
    session.select_object(analysis.segmentation.digest, number)


def export(reference: Reference) -> None:
    """Draw the downloads; a file is made when it is asked for."""
    from core.export.archive import result_archive, safe_stem

    stem = safe_stem(PurePath(reference.name).stem)
    st.subheader(EXPORT)
    st.download_button(
        "All files (ZIP)",
        key="download-all",
        data=lambda: result_archive(reference.analysis(), stem),
        file_name=f"{stem}.zip",
        mime="application/zip",
        on_click="ignore",
        icon=":material/download:",
        width="stretch",
    )
    with st.expander("Individual files"):
        for suffix, (title, make) in single_files().items():
            st.download_button(
                title,
                data=lambda make=make: make(reference.analysis()),
                file_name=f"{stem}.{suffix}",
                on_click="ignore",
                type="tertiary",
                key=f"download-{suffix}",
            )


def single_files() -> dict[str, tuple[str, Callable[[Analysis], bytes]]]:
    """Return what is offered beside the zip: title and maker by the end of the file's name."""
    from core.export.label_image import label_tiff, object_tiff
    from core.export.overlay_image import overlay_png
    from core.export.provenance import run_json
    from core.export.rois import roi_zip
    from core.export.tables import csv_bytes

    return {
        "labels.tif": (
            "Phases (TIFF)",
            lambda one: label_tiff(one.segmentation.labels, one.micrograph.pixel_size),
        ),
        "objects.tif": (
            "Object labels (TIFF)",
            lambda one: object_tiff(one.objects, one.micrograph.pixel_size),
        ),
        "objects.csv": ("Measurements (CSV)", lambda one: csv_bytes(one.table)),
        "rois.zip": ("Outlines for ImageJ (ROI ZIP)", lambda one: roi_zip(one.objects)),
        "overlay.png": ("Overlay with scale bar (PNG)", overlay_png),
        "run.json": ("Settings and versions (JSON)", run_json),
    }

"""What leaves the page Measure: reports, numbers, and figures for a paper."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePath
from typing import TYPE_CHECKING

import streamlit as st

from pages.components.frame.serving import downloads
from pages.components.segment.kept import Reference

if TYPE_CHECKING:
    from core.fields.result import FieldMeasurement

WIDTHS_MM = {85: "One column, 85 mm", 170: "Two columns, 170 mm"}


def draw(reference: Reference, found: FieldMeasurement) -> None:
    """Draw the downloads; a file is made when it is asked for."""
    from core.export.archive import safe_stem

    stem = safe_stem(PurePath(reference.name).stem)
    table_bytes = int(found.table.memory_usage(deep=True).sum())

    def offer(label: str, suffix: str, make: Callable[[], bytes], *parts: object) -> None:
        downloads.button(
            label,
            (suffix, reference, found.settings, *parts),
            f"{stem}.{suffix}",
            make,
            key=f"measure-{suffix}",
            held_bytes=table_bytes,
            icon=":material/download:",
            width="stretch",
        )

    st.subheader("Export")
    offer("Report (PDF)", "report.pdf", lambda: _report(reference, found, "pdf"))
    offer("Report (HTML)", "report.html", lambda: _report(reference, found, "html"))
    offer("Values and table (Excel)", "measured.xlsx", lambda: _workbook(found))
    offer("Values (CSV)", "values.csv", lambda: _values(found))
    with st.expander("Figures for a paper"):
        width = st.selectbox(
            "Width", list(WIDTHS_MM), format_func=WIDTHS_MM.__getitem__, key="figure_width"
        )
        points = st.slider("Letters (pt)", 5, 14, 8, key="figure_font")
        bar = st.checkbox("Scale bar", True, key="figure_bar")
        chosen = (width, points, bar)
        for title, of in (("Overlay", "overlay"), ("Distribution", "distribution")):
            if of == "distribution" and found.distribution is None:
                continue
            for kind in ("svg", "png"):
                offer(
                    f"{title} ({kind.upper()})",
                    f"{of}.{kind}",
                    lambda of=of, kind=kind: _figure(reference, found, of, kind, *chosen),
                    chosen,
                )


def _report(reference: Reference, found: FieldMeasurement, kind: str) -> bytes:
    from core.export.report.field import field_report
    from core.export.report.html import html_bytes
    from core.export.report.pdf import pdf_bytes

    report = field_report(reference.analysis(), found)
    return pdf_bytes(report) if kind == "pdf" else html_bytes(report)


def _workbook(found: FieldMeasurement) -> bytes:
    from core.export.tables import xlsx_bytes
    from core.fields.values import values_table

    return xlsx_bytes({"values": values_table(found), found.counted: found.table})


def _values(found: FieldMeasurement) -> bytes:
    from core.export.tables import csv_bytes
    from core.fields.values import values_table

    return csv_bytes(values_table(found))


def _figure(
    reference: Reference,
    found: FieldMeasurement,
    of: str,
    kind: str,
    width: int,
    points: int,
    bar: bool,
) -> bytes:
    from core.figures.paper.charts import distribution_figure
    from core.figures.paper.micrographs import overlay_figure
    from core.figures.paper.style import PaperStyle, png_bytes, svg_bytes

    style = PaperStyle(width, points, bar)
    if of == "overlay" or found.distribution is None:
        figure = overlay_figure(reference.analysis(), style, found.drawing)
    else:
        figure = distribution_figure(found.distribution, style)
    return svg_bytes(figure) if kind == "svg" else png_bytes(figure, style.dpi)

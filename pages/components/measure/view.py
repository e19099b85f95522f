"""What lies over the micrograph: what was measured, or where a reference differs."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import streamlit as st

from pages.components.frame.serving import publish
from pages.components.measure import measured
from pages.components.viewer.viewer import Overlay, ViewerSettings

if TYPE_CHECKING:
    from core.analysis.analysis import Analysis
    from core.fields.agreement import Agreement
    from core.fields.result import FieldMeasurement

HITS = (
    "Orange: where a test line crosses a boundary. Click one that is wrong, and it counts no more; "
    "click it again, and it does."
)
POINTS = "Orange: points of the grid that lie in the phase; one on its boundary counts half."


def settings(
    analysis: Analysis, found: FieldMeasurement, compared: Agreement | None
) -> ViewerSettings:
    """Return what the viewer shows."""
    drawn = None if compared is not None else _drawn(analysis, found)
    # The lines cross boundaries, which their own colour would cover.
    hides = found.kind == "grains" and drawn is not None
    return ViewerSettings(
        labels=None if hides else publish.labels_of_objects(analysis),
        phases=() if hides else analysis.segmentation.phases,
        objects=publish.objects(analysis) if analysis.card.objects_phase is not None else None,
        overlay=drawn if compared is None else _differences(compared),
        bar_rows=analysis.micrograph.bar_rows,
    )


def while_measuring(analysis: Analysis) -> ViewerSettings:
    """Return what the viewer shows before the measurement is there."""
    return ViewerSettings(
        labels=publish.labels_of_objects(analysis),
        phases=analysis.segmentation.phases,
        bar_rows=analysis.micrograph.bar_rows,
    )


def _drawn(analysis: Analysis, found: FieldMeasurement) -> Overlay | None:
    from core.figures import encoding
    from core.figures.measured_overlay import measured_overlay

    drawing = found.drawing
    if not drawing.lines and not len(drawing.hits.ids):
        return None
    return publish.overlay(
        "measured",
        f"{measured.identity(analysis)} {found.settings}",
        lambda: encoding.encode_colors(measured_overlay(drawing, analysis.micrograph.shape)),
        title="Measured",
    )


def _differences(compared: Agreement) -> Overlay:
    from core.figures import encoding
    from core.figures.measured_overlay import differences_overlay

    digest = hashlib.blake2b(compared.differences.tobytes(), digest_size=16).hexdigest()
    return publish.overlay(
        "differences",
        digest,
        lambda: encoding.encode_colors(differences_overlay(compared.differences)),
        title="Differences",
    )


def legend(analysis: Analysis, found: FieldMeasurement) -> None:
    """Draw what the hits are, and a way back for those that were removed."""
    if not len(found.drawing.hits.ids):
        return
    st.caption(POINTS if found.kind == "phases" else HITS)
    if removed := measured.removed_hits(analysis):
        st.button(
            f"Count all again ({len(removed)} removed)",
            on_click=measured.restore_hits,
            args=(measured.identity(analysis),),
        )

"""A measured field on disk, so that many can be measured one by one, here or elsewhere."""

from __future__ import annotations

import json
from datetime import datetime

from core.analysis.analysis import Analysis
from core.export.batch import MeasuredField
from core.export.provenance import provenance
from core.fields import record
from core.fields.result import FieldMeasurement
from core.figures.paper.micrographs import overlay_figure
from core.figures.paper.style import PaperStyle, png_bytes

SCHEMA = 1
OVERLAY_SUFFIX, RECORD_SUFFIX = ".overlay.png", ".field.json"
OVERLAY = PaperStyle(width_mm=55, font_pt=7, dpi=150)


def field_files(
    analysis: Analysis, measured: FieldMeasurement, request: str, when: datetime | None = None
) -> dict[str, bytes]:
    """Return the overlay and the record, by suffix; the record belongs on disk last: where it is,
    the field is done. ``request``: names the image's bytes and what was asked for."""
    told = {
        "schema": SCHEMA,
        "request": request,
        "run": provenance(analysis, when),
        "measurement": json.loads(record.to_json(measured)),
    }
    overlay = png_bytes(overlay_figure(analysis, OVERLAY, measured.drawing), OVERLAY.dpi)
    text = json.dumps(told, ensure_ascii=False, allow_nan=False)
    return {OVERLAY_SUFFIX: overlay, RECORD_SUFFIX: text.encode() + b"\n"}


def read_field(data: bytes, overlay: bytes, request: str) -> MeasuredField | None:
    """Return the field in a record; None where it is damaged or of another ``request``."""
    try:
        told = json.loads(data)
        if told["schema"] != SCHEMA or told["request"] != request:
            return None
        measured = record.from_json(json.dumps(told["measurement"]))
        return MeasuredField(measured, told["run"], overlay)
    except (ValueError, KeyError, TypeError):
        return None

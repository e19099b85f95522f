"""Many measured fields as files: two tables, a summary and the report."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from core.export.batch import Batch, fields_table, objects_table, summary
from core.export.report.batch import batch_report
from core.export.report.html import html_bytes
from core.export.report.pdf import pdf_bytes
from core.export.tables import csv_bytes


def batch_files(batch: Batch, when: datetime | None = None) -> dict[str, bytes]:
    """Return fields.csv, objects.csv, summary.json, report.html and report.pdf, by name.

    They depend on the batch and on ``when`` (now, in UTC) alone; no number in them is nan or
    infinite.
    """
    when = when or datetime.now(UTC)
    report = batch_report(batch, when)
    told = json.dumps(summary(batch, when), indent=2, ensure_ascii=False, allow_nan=False)
    return {
        "fields.csv": csv_bytes(fields_table(batch)),
        "objects.csv": csv_bytes(objects_table(batch)),
        "summary.json": told.encode() + b"\n",
        "report.html": html_bytes(report),
        "report.pdf": pdf_bytes(report),
    }

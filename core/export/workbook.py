"""One result as an Excel workbook."""

from __future__ import annotations

import pandas as pd

from core.analysis.analysis import Analysis
from core.export.tables import xlsx_bytes


def result_xlsx(analysis: Analysis) -> bytes:
    """Return the sheets *Objects*, *Phases* and *Provenance*; units are in the headers."""
    sheets = {
        "Objects": analysis.table,
        "Phases": analysis.phase_fractions,
        "Provenance": _provenance(analysis),
    }
    return xlsx_bytes(sheets)


def _provenance(analysis: Analysis) -> pd.DataFrame:
    micrograph, card = analysis.micrograph, analysis.card
    size = micrograph.pixel_size
    rows = {
        "image": micrograph.name,
        "image SHA-256": micrograph.digest,
        "pixel size": f"{size.in_words} ({size.source})" if size else "unknown: lengths are in px",
        "model": f"{card.title} ({card.name})",
        "weights SHA-256": card.weights.sha256 if card.weights else "none",
        "computed on": analysis.segmentation.execution.in_words,
    }
    if analysis.by_hand is not None:
        rows["by hand"] = str(analysis.by_hand)
    return pd.DataFrame({"what": rows.keys(), "value": rows.values()})

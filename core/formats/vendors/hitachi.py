"""Hitachi scanning microscopes: a text file beside the image."""

from __future__ import annotations

from core.formats.reading.calibration import Calibration, number, rows_below
from core.formats.reading.clues import Clues
from core.formats.reading.source import Finding, flat_metadata, known
from core.formats.reading.text import key_values, sizes

RANK = 1

_MARKS = ("[semimagefile]", "[temimagefile]")


def find(clues: Clues) -> Finding | None:
    """Return the pixel size, which the text file gives in nanometres.

    Source: HitachiReader of Bio-Formats, which reads the same key.
    """
    for name, text in clues.sidecar_texts("txt"):
        if not any(mark in text.lower() for mark in _MARKS):
            continue
        values = key_values(text)
        lower = {key.lower(): value for key, value in values.items()}
        pixel_nm = number(lower.get("pixelsize", "").partition(" ")[0])
        stated = sizes(lower.get("datasize", ""))
        width, rows = stated or (None, None)
        calibration = None
        if pixel_nm and pixel_nm > 0:
            pixel_m = pixel_nm * 1e-9
            calibration = Calibration(pixel_m, pixel_m, f"Hitachi {name}", width, rows)
        # The bar may lie inside the stated size as well.
        bar_rows = rows_below(clues.shape, width, rows)
        return Finding(known(calibration), bar_rows, flat_metadata(values))
    return None

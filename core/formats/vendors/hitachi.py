"""Hitachi scanning microscopes: a text file beside the image."""

from __future__ import annotations

from core.formats.reading.calibration import Calibration, number, rows_below
from core.formats.reading.clues import Clues
from core.formats.reading.source import Finding, flat_metadata, known, together
from core.formats.reading.text import key_values, sizes

RANK = 1

_MARKS = ("[semimagefile]", "[temimagefile]")


def find(clues: Clues) -> Finding | None:
    """Return the pixel size, which the text file gives in nanometres.

    Source: HitachiReader of Bio-Formats, which reads the same key.
    """
    return together(
        [
            _finding(name, key_values(text), clues.shape)
            for name, text in clues.sidecar_texts("txt")
            if any(mark in text.lower() for mark in _MARKS)
        ]
    )


def _finding(name: str, values: dict[str, str], shape: tuple[int, int]) -> Finding:
    lower = {key.lower(): value for key, value in values.items()}
    pixel_nm = number(lower.get("pixelsize", "").partition(" ")[0])
    stated = sizes(lower.get("datasize", ""))
    width, rows = stated or (None, None)
    calibration = None
    if pixel_nm and pixel_nm > 0:
        pixel_m = pixel_nm * 1e-9
        calibration = Calibration(pixel_m, pixel_m, f"Hitachi {name}", width, rows)
    # The bar may lie inside the stated size as well.
    return Finding(known(calibration), rows_below(shape, width, rows), flat_metadata(values))

"""JEOL scanning microscopes: a text file beside the image, or the same in a tag of the TIFF."""

from __future__ import annotations

from core.formats.reading.calibration import (
    AGREE_WITHIN,
    Calibration,
    metres,
    number,
    rows_below,
)
from core.formats.reading.clues import Clues
from core.formats.reading.source import Finding, flat_metadata, together
from core.formats.reading.text import decode_text, key_values, lengths, sizes

RANK = 1

_MARKS = ("$CM_", "$SM_")
_TAGS, _ENCODING = (37500, 37510), b"UNICODE"
_ROUNDED_WITHIN = 0.02
"""Largest difference of width and height that comes from few digits in the field of view."""


def find(clues: Clues) -> Finding | None:
    """Return field of view over width, else the pixel size, else the micron bar over its length.

    The bar's length is a whole number of pixels, so a bar of 53 px is good to 1 %.
    """
    described = {f"tag {tag}": _values_of_tag(clues.tags.get(tag)) for tag in _TAGS}
    for name, text in clues.sidecar_texts("txt"):
        if any(mark in text for mark in _MARKS):
            described[name] = {k.lstrip("$"): value for k, value in key_values(text, " ").items()}
    return together(
        [_finding(values, name, clues.shape) for name, values in described.items() if values]
    )


def _values_of_tag(data: object) -> dict[str, str]:
    """Return what newer microscopes write into the TIFF: $KEY=VALUE after each other, in UTF-16.

    Source: JEOL parser of pynxtools-em, which reads the same tag.
    """
    if not isinstance(data, bytes) or not data.startswith(_ENCODING):
        return {}
    # Eight bytes name the encoding, the last of them zero or left out.
    start = len(_ENCODING) + (data[len(_ENCODING) : len(_ENCODING) + 1] == b"\0")
    text = decode_text(data[start:]).replace("\0", "").replace("$", "\n")
    values = key_values(text)
    return values if any(key.startswith(("CM_", "SM_")) for key in values) else {}


def _finding(values: dict[str, str], name: str, shape: tuple[int, int]) -> Finding:
    stated = sizes(values.get("CM_IMAGE_SIZE", "")) or sizes(values.get("CM_FULL_SIZE", ""))
    width, rows = stated or (None, None)
    pixels = {
        "field of view": _field_of_view(values, width or shape[1], rows),
        "pixel size": _pixel_size(values),
    }
    known_pixels = {how: pixel for how, pixel in pixels.items() if pixel}
    bar, bar_px = _micron_bar(values)
    first = next(iter(known_pixels.values()), None)
    if bar and (not first or abs(bar / first[0] - 1) > max(AGREE_WITHIN, 1 / bar_px)):
        known_pixels["micron bar"] = bar, bar
    found = [
        Calibration(x_m, y_m, f"JEOL {name}, {how}", width, rows)
        for how, (x_m, y_m) in known_pixels.items()
    ]
    return Finding(found, _bar_rows(values, shape), flat_metadata(values))


def _field_of_view(
    values: dict[str, str], width: int, rows: int | None
) -> tuple[float, float] | None:
    found = [metres(*length) for length in lengths(values.get("CM_FIELD_OF_VIEW", ""))]
    if not found or not found[0]:
        return None
    x = found[0] / width
    y = found[1] / rows if len(found) > 1 and found[1] and rows else x
    return (x, y) if abs(y / x - 1) > _ROUNDED_WITHIN else (x, x)


def _pixel_size(values: dict[str, str]) -> tuple[float, float] | None:
    found = lengths(values.get("CM_PIXEL_SIZE", ""))
    pixel = metres(*found[0]) if found else None
    return (pixel, pixel) if pixel else None


def _micron_bar(values: dict[str, str]) -> tuple[float | None, float]:
    """Return metres a pixel and the bar's length in px."""
    bar_px = number(values.get("SM_MICRON_BAR", "").split(" ")[0])
    marker = lengths(values.get("SM_MICRON_MARKER", ""))
    length = metres(*marker[0]) if marker else None
    return (length / bar_px, bar_px) if length and bar_px and bar_px > 0 else (None, 1.0)


def _bar_rows(values: dict[str, str], shape: tuple[int, int]) -> int | None:
    """Return the rows below the stated ones; the bar's height counts when no rows are stated.

    An image may have been saved without its bar, whose height is stated all the same.
    """
    full = sizes(values.get("CM_FULL_SIZE", "")) or sizes(values.get("CM_IMAGE_SIZE", ""))
    if full and full[0]:
        return rows_below(shape, *full)
    height = number(values.get("SM_PNU_HEIGHT", "").split(" ")[0])
    return int(height) if height and 0 < height < shape[0] / 2 else None

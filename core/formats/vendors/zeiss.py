"""ZEISS SmartSEM: TIFF tag 34118."""

from __future__ import annotations

import re
from collections.abc import Mapping

from core.formats.reading.calibration import Calibration, metres, number
from core.formats.reading.clues import Clues
from core.formats.reading.source import Finding, flat_metadata, known
from core.formats.reading.text import lengths, sizes

RANK = 0

_TAG = 34118
_REFERENCE_WIDTH = 1024
"""Width in px of the image that SmartSEM's pixel sizes hold for, whatever was saved."""
_UNNAMED_PIXEL_SIZE = 3
"""Position of the pixel size, in metres, among the unnamed values at the head of the tag."""
_KEY = re.compile(r"[A-Z]{2}_[A-Z0-9_]+")
_AGREE_WITHIN = 0.01


def find(clues: Clues) -> Finding | None:
    """Return the pixel size, which SmartSEM states for an image 1024 px wide.

    The rows of the info bar are not in the metadata.
    """
    values = _values(clues)
    if not values:
        return None
    stated, rounded = _stated(values), _named(values, "ap_image_pixel_size")
    metadata = flat_metadata({key: value for key, value in values.items() if key})
    width, rows = _stored(values)
    if not stated:
        pixel = rounded and Calibration(rounded, rounded, f"ZEISS tag {_TAG}", width, rows)
        return Finding(known(pixel or None), metadata=metadata)
    pixel_m = stated * _REFERENCE_WIDTH / (width or clues.shape[1])
    pixel = Calibration(pixel_m, pixel_m, f"ZEISS tag {_TAG}", width, rows)
    other = None
    if rounded and not _is_ion_image(values) and abs(rounded / pixel_m - 1) > _AGREE_WITHIN:
        # Without the width that was saved, a crop's pixel size cannot be told from its width.
        other = Calibration(rounded, rounded, "AP_IMAGE_PIXEL_SIZE of the image saved", width, rows)
    return Finding(known(pixel, other), metadata=metadata)


def _values(clues: Clues) -> Mapping:
    """Return the tag as tifffile does, which leaves text in other encodings undecoded.

    The unnamed values come first; then a line with the key, such as AP_WD, and one below it with
    title and value.
    """
    value = clues.tags.get(_TAG)
    if isinstance(value, Mapping):
        return value
    lines = clues.text(_TAG).splitlines()
    keys = [n for n, line in enumerate(lines[:-1]) if _KEY.fullmatch(line.strip())]
    found: dict[str, tuple] = {"": tuple(lines[: keys[0]])} if keys else {}
    return found | {lines[n].strip().lower(): _entry(lines[n + 1]) for n in keys}


def _entry(line: str) -> tuple[str, str]:
    title, _, value = line.partition("=")
    return title.strip(), value.strip()


def _stored(values: Mapping) -> tuple[int | None, int | None]:
    """Return width and rows of the image as SmartSEM saved it."""
    entry = values.get("dp_image_store", ())
    return (sizes(str(entry[1])) if len(entry) > 1 else None) or (None, None)


def _stated(values: Mapping) -> float | None:
    """Return metres a pixel at 1024 px width: of the ion beam's image, or in full precision."""
    if _is_ion_image(values) and (ion := _named(values, "ap_fib_pixel_size")):
        return ion
    unnamed = values.get("", ())
    exact = number(unnamed[_UNNAMED_PIXEL_SIZE]) if len(unnamed) > _UNNAMED_PIXEL_SIZE else None
    return exact if exact and exact > 0 else _named(values, "ap_pixel_size")


def _is_ion_image(values: Mapping) -> bool:
    state = values.get("dp_fib_imaging", ("", ""))
    return len(state) > 1 and str(state[1]).strip().upper() == "FIB"


def _named(values: Mapping, key: str) -> float | None:
    """Return the value of ``key``, a tuple of title, number and unit, in metres."""
    found = lengths(" ".join(str(part) for part in values.get(key, ())[1:]))
    length = metres(*found[0]) if found else None
    return length if length and length > 0 else None

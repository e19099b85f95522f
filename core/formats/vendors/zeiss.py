"""ZEISS SmartSEM: TIFF tag 34118."""

from __future__ import annotations

from collections.abc import Mapping

from core.formats.reading.calibration import Calibration, metres, number
from core.formats.reading.clues import Clues
from core.formats.reading.source import Finding, flat_metadata

RANK = 0

_TAG = 34118
_REFERENCE_WIDTH = 1024
"""Width in px of the image that SmartSEM's pixel sizes hold for, whatever was saved."""
_UNNAMED_PIXEL_SIZE = 3
"""Position of the pixel size, in metres, among the unnamed values at the head of the tag."""
_AGREE_WITHIN = 0.01


def find(clues: Clues) -> Finding | None:
    """Return the pixel size, which SmartSEM states for an image 1024 px wide.

    The rows of the info bar are not in the metadata.
    """
    values = clues.tags.get(_TAG)
    if not isinstance(values, Mapping) or not values:
        return None
    stated = _stated(values)
    metadata = flat_metadata({key: value for key, value in values.items() if key})
    if not stated or stated <= 0:
        return Finding(metadata=metadata)
    pixel_m = stated * _REFERENCE_WIDTH / clues.shape[1]
    rounded = _named(values, "ap_image_pixel_size")
    notes: tuple[str, ...] = ()
    if rounded and not _is_ion_image(values) and abs(rounded / pixel_m - 1) > _AGREE_WITHIN:
        notes = (
            f"ZEISS tag {_TAG} gives {pixel_m * 1e9:.5g} nm for an image of this width, and "
            f"{rounded * 1e9:.5g} nm for the image that was saved; it may have been cropped or "
            "rescaled. Check the pixel size.",
        )
    return Finding(
        Calibration(pixel_m, pixel_m, f"ZEISS tag {_TAG}"), metadata=metadata, notes=notes
    )


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
    entry = values.get(key, ())
    if len(entry) < 3 or (value := number(entry[1])) is None or value <= 0:
        return None
    return metres(value, str(entry[2]))

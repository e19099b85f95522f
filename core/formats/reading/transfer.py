"""A micrograph as plain JSON beside its arrays, to hand it from one process to another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from core.types.micrograph import Micrograph
from core.types.pixel_size import PixelSize

_ARRAYS = ("pixels", "valid")


def facts_of(micrograph: Micrograph) -> dict[str, Any]:
    """Return all of a micrograph but its arrays, as JSON has it."""
    facts = {
        name: getattr(micrograph, name)
        for name in Micrograph.__dataclass_fields__
        if name not in _ARRAYS
    }
    size = micrograph.pixel_size
    return facts | {
        "pixel_size": None if size is None else asdict(size),
        "pixel_size_choices": [asdict(one) for one in micrograph.pixel_size_choices],
        "metadata": dict(micrograph.metadata),
        "file_shape": [int(length) for length in micrograph.file_shape],
        "notes": list(micrograph.notes),
    }


def micrograph_of(
    facts: Mapping[str, Any], pixels: np.ndarray, valid: np.ndarray | None
) -> Micrograph:
    """Return the micrograph that :func:`facts_of` was called with.

    ``pixels``: (H, W) float32. ``valid``: (H, W) bool or None.
    """
    size = facts["pixel_size"]
    values = dict(facts) | {
        "pixel_size": None if size is None else PixelSize(**size),
        "pixel_size_choices": tuple(PixelSize(**one) for one in facts["pixel_size_choices"]),
        "file_shape": tuple(facts["file_shape"]),
        "notes": tuple(facts["notes"]),
    }
    return Micrograph(pixels=pixels, valid=valid, **values)

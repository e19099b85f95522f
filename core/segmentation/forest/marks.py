"""Which pixels of a micrograph a user has named, as values a forest learns from."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from PIL import Image

from core.errors import DataError
from core.formats.isolation.masks import isolated_mask
from core.palette import OKABE_ITO
from core.types.arrays import read_only
from core.types.segmentation import Phase

MOST_PHASES = 8
COLORS = (*OKABE_ITO, "#DDDDDD")


@dataclass(frozen=True, eq=False)
class Marks:
    """``values``: (H, W) uint8, 0 = unmarked, 1 = first phase. ``digest``: of values and names."""

    values: np.ndarray
    phases: tuple[Phase, ...]
    digest: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", read_only(self.values))

    def pixels_of_phases(self, image_rows: slice = slice(None)) -> dict[str, int]:
        """Return how many pixels are marked in the rows that are image, by the phase's name."""
        counts = np.bincount(self.values[image_rows].ravel(), minlength=len(self.phases) + 1)
        return {phase.name: int(n) for phase, n in zip(self.phases, counts[1:], strict=True)}


def named_phases(names: Iterable[str]) -> tuple[Phase, ...]:
    """Return phases of these names, in colours that are told apart.

    Raises:
        DataError: under 2 or over 8 names, an empty one, or one twice.
    """
    found = [name.strip() for name in names]
    if not 2 <= len(found) <= MOST_PHASES:
        raise DataError(f"{len(found)} phases were named; give 2 to {MOST_PHASES} of them.")
    if not all(found) or len(set(found)) < len(found):
        raise DataError(f"The phases {', '.join(found)!r} need names that differ; change one.")
    return tuple(Phase(name, color) for name, color in zip(found, COLORS, strict=False))


def marks_of(values: np.ndarray, phases: tuple[Phase, ...]) -> Marks:
    """Return ``values`` (H, W) uint8 as marks."""
    values = np.ascontiguousarray(values, np.uint8)
    digest = hashlib.sha256(repr((values.shape, [phase.name for phase in phases])).encode())
    digest.update(values.tobytes())
    return Marks(values, phases, digest.hexdigest())


def read_marks(data: bytes, name: str, shape: tuple[int, int]) -> np.ndarray:
    """Return the marks (H, W) uint8 of a PNG or TIFF file: 0 = unmarked, 1 = first phase.

    ``shape``: (H, W) of the micrograph, its info bar included.

    Raises:
        DataError: it is no mask of this shape, or has values above 8.
        FormatError: it crashed its reader, or took too long.
    """
    values = isolated_mask(data, name, shape)
    if values.max() > MOST_PHASES:
        raise DataError(
            f"The mask {name} holds the value {values.max()}; 0 means unmarked and 1 to "
            f"{MOST_PHASES} are phases."
        )
    return values.astype(np.uint8)


def mask_png(values: np.ndarray) -> bytes:
    """Return marks (H, W) uint8 as a PNG whose values are those of :func:`read_marks`.

    It has a palette, so that it can be looked at too.
    """
    image = Image.fromarray(np.ascontiguousarray(values, np.uint8))
    image.putpalette([0, 0, 0, *(part for color in COLORS for part in bytes.fromhex(color[1:]))])
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()

"""Which pixels a user has named: strokes of a brush, or a small mask, drawn on one micrograph."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from PIL import Image, UnidentifiedImageError

from core.errors import DataError
from core.figures.palette import OKABE_ITO
from core.types import Phase, read_only

MOST_PHASES = 8
WIDEST_PX = 30
ERASER = -1
COLORS = (*OKABE_ITO, "#DDDDDD")
PIECE_PX = 64


@dataclass(frozen=True)
class Stroke:
    """One stroke of a round brush. ``phase``: index, or :data:`ERASER`. ``width_px``: 1 to 30.

    ``points``: (row, column) in px from the image's corner, so 0.5 is the middle of a pixel.
    """

    phase: int
    width_px: float
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, eq=False)
class Marks:
    """``values``: (H, W) uint8, 0 = unmarked, 1 = first phase. ``digest``: of values and names."""

    values: np.ndarray
    phases: tuple[Phase, ...]
    digest: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", read_only(self.values))

    def pixels_of_phases(self) -> dict[str, int]:
        """Return how many pixels are marked, by the phase's name."""
        counts = np.bincount(self.values.ravel(), minlength=len(self.phases) + 1)
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


def draw_strokes(
    strokes: Sequence[Stroke], shape: tuple[int, int], onto: np.ndarray | None = None
) -> np.ndarray:
    """Return marks (H, W) uint8, 0 = unmarked: the strokes one after the other, newest on top.

    A pixel is marked where the brush covers its middle.

    ``onto``: marks (H, W) that lie below them.
    """
    values = np.zeros(shape, np.uint8) if onto is None else onto.copy()
    for stroke in strokes:
        points = np.array(stroke.points, np.float64) - 0.5
        # A thin brush between two pixels would mark neither.
        radius = max(stroke.width_px / 2, np.sqrt(0.5))
        for start, end in _pieces(points):
            _paint(values, start, end, radius, stroke.phase + 1)
    return values


def _pieces(points: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the ends of short pieces: the box around a long slanting line holds many pixels."""
    if len(points) == 1:
        yield points[0], points[0]
    for start, end in pairwise(points):
        corners = np.linspace(start, end, 1 + max(1, int(np.hypot(*(end - start)) // PIECE_PX)))
        yield from pairwise(corners)


def _paint(
    values: np.ndarray, start: np.ndarray, end: np.ndarray, radius: float, value: int
) -> None:
    """Set the pixels whose middle lies within ``radius`` of a straight line, in place."""
    top, left = np.maximum(np.floor(np.minimum(start, end) - radius), 0).astype(int)
    last = np.ceil(np.maximum(start, end) + radius) + 1
    bottom, right = np.clip(last, 0, values.shape).astype(int)
    if top >= bottom or left >= right:
        return
    rows, columns = np.ogrid[top:bottom, left:right]
    down, across = end - start
    along = (rows - start[0]) * down + (columns - start[1]) * across
    along = np.clip(along / max(down**2 + across**2, 1e-12), 0, 1)
    away = (rows - start[0] - along * down) ** 2 + (columns - start[1] - along * across) ** 2
    values[top:bottom, left:right][away <= radius**2] = value


def read_mask(data: bytes, name: str, shape: tuple[int, int]) -> np.ndarray:
    """Return the marks (H, W) uint8 of a PNG or TIFF file: 0 = unmarked, 1 = first phase.

    ``shape``: (H, W) of the micrograph, its info bar included.

    Raises:
        DataError: no such file, colours instead of numbers, another shape, or values above 8.
    """
    try:
        with Image.open(io.BytesIO(data), formats=["PNG", "TIFF"]) as image:
            # Before anything is decoded: a small file may claim a huge image.
            if image.size != shape[::-1]:
                raise DataError(
                    f"The mask {name} is {image.size[1]} x {image.size[0]} px and its image "
                    f"{shape[0]} x {shape[1]} px; mark the image at its full size."
                )
            values = np.asarray(image)
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError) as error:
        raise DataError(
            f"The mask {name} is no readable PNG or TIFF image; save it as an 8-bit PNG."
        ) from error
    return _checked(values, name)


def _checked(values: np.ndarray, name: str) -> np.ndarray:
    if values.ndim != 2 or values.dtype.kind == "f":
        raise DataError(
            f"The mask {name} holds colours or fractions; it needs one channel of whole numbers, "
            "0 = unmarked, 1 = first phase, 2 = second."
        )
    low, high = int(values.min()), int(values.max())
    if low < 0 or high > MOST_PHASES:
        raise DataError(
            f"The mask {name} holds the value {high if high > MOST_PHASES else low}; 0 means "
            f"unmarked and 1 to {MOST_PHASES} are phases."
        )
    return values.astype(np.uint8)


def mask_png(values: np.ndarray) -> bytes:
    """Return marks (H, W) uint8 as a PNG whose values are those of :func:`read_mask`.

    It has a palette, so that it can be looked at too.
    """
    image = Image.fromarray(np.ascontiguousarray(values, np.uint8))
    image.putpalette([0, 0, 0, *(part for color in COLORS for part in bytes.fromhex(color[1:]))])
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()

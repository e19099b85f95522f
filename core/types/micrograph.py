"""One greyscale image as it left the microscope."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from core.types.arrays import read_only
from core.types.pixel_size import PixelSize


@dataclass(frozen=True, eq=False)
class Micrograph:
    """One greyscale image as it left the microscope, with what its file says about it.

    ``pixels``: (H, W) float32 in [0, 1], the info bar included. ``digest``: SHA-256 of the file's
    bytes and of the page chosen, the key of every cache. ``pixel_size_choices``: what the pixel
    may be where the file leaves it open, when two of its sources differ or the image may be either
    a crop or a smaller copy; empty otherwise, and ``pixel_size`` is None or one of them.
    ``info_bar_rows``, ``top_bar_rows``: rows at the bottom and at the top that are not image.
    ``valid``: (H, W) bool, False where the file holds no grey level (NaN, infinite or a fill
    value) and ``pixels`` are 0; None where every pixel holds one. ``file_shape``, ``dtype``: as
    stored in the file. ``notes``: sentences for the user about what was decided while reading.
    """

    pixels: np.ndarray
    name: str
    digest: str
    pixel_size: PixelSize | None = None
    info_bar_rows: int = 0
    metadata: Mapping[str, str] = field(default_factory=dict)
    file_shape: tuple[int, ...] = ()
    dtype: str = "float32"
    page: int = 0
    pages: int = 1
    notes: tuple[str, ...] = ()
    top_bar_rows: int = 0
    valid: np.ndarray | None = None
    pixel_size_choices: tuple[PixelSize, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "pixels", read_only(np.asarray(self.pixels, np.float32)))
        if self.valid is not None:
            object.__setattr__(self, "valid", read_only(np.asarray(self.valid, np.bool_)))
        object.__setattr__(self, "metadata", MappingProxyType(dict(self.metadata)))

    @property
    def shape(self) -> tuple[int, int]:
        """(H, W), the info bar included."""
        return self.pixels.shape

    @property
    def image_rows(self) -> slice:
        """The rows that are image: what lies between the info bars at the top and the bottom."""
        return slice(self.top_bar_rows, self.shape[0] - self.info_bar_rows)

    @property
    def bar_rows(self) -> tuple[int, int]:
        """Rows of the info bars at the top and at the bottom."""
        return self.top_bar_rows, self.info_bar_rows

    @property
    def measurable(self) -> np.ndarray:
        """(H, W) bool: the pixels that are image and hold a grey level; no other has a phase."""
        found = np.zeros(self.shape, np.bool_)
        found[self.image_rows] = True if self.valid is None else self.valid[self.image_rows]
        return found

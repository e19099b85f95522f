"""The phases of a micrograph, and which of them each pixel belongs to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.execution import Execution
from core.types.arrays import read_only
from core.types.pixel_size import PixelSize


@dataclass(frozen=True)
class Phase:
    """A phase or microconstituent; background, pores and boundaries count. ``color``: "#rrggbb"."""

    name: str
    color: str


@dataclass(frozen=True, eq=False)
class Segmentation:
    """Which phase each pixel belongs to.

    ``labels``: (H, W) uint8, index into ``phases``; 0, which means nothing there, where the
    micrograph is not ``measurable``. ``probabilities``: (C, H, W) float16, summing to 1 over C, in
    steps of 1/2048; (1, 0, ...) where it is not. ``contact``, ``distance``: (H, W) float16 in
    [0, 1], 0 where it is not measurable, of a model that tells touching objects apart (see
    :class:`ModelCard`), else None. ``model``: its name. ``digest``: the micrograph's, the model's,
    the settings' and the execution's together.
    """

    labels: np.ndarray
    probabilities: np.ndarray
    phases: tuple[Phase, ...]
    pixel_size: PixelSize | None
    model: str
    digest: str
    contact: np.ndarray | None = None
    distance: np.ndarray | None = None
    execution: Execution = Execution()

    def __post_init__(self) -> None:
        for name in ("labels", "probabilities", "contact", "distance"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, read_only(getattr(self, name)))

"""The way of an image: from a micrograph and a model to a measured result, in one call.

The pages and the terminal both call :func:`analyse`, so they cannot disagree.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.types import Micrograph, ModelCard, Segmentation, read_only


@dataclass(frozen=True)
class ObjectSettings:
    """How regions of a phase become objects.

    ``split``: 0 keeps touching objects together, 1 separates at the slightest neck.
    ``minimum_area_px``: smaller objects are dropped. ``fill_holes``: holes inside an object belong
    to it.
    """

    split: float = 0.5
    minimum_area_px: int = 20
    fill_holes: bool = True


@dataclass(frozen=True, eq=False)
class Analysis:
    """A segmented and measured micrograph.

    ``objects``: (H, W) uint32, 0 = none, same shape as the micrograph. ``table``: one row an
    object, units in the column names. ``device``, ``precision``: where and how the network ran.
    ``seconds``: of the network alone.
    """

    micrograph: Micrograph
    card: ModelCard
    segmentation: Segmentation
    objects: np.ndarray
    table: pd.DataFrame
    object_settings: ObjectSettings
    device: str
    precision: str
    seconds: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "objects", read_only(self.objects))

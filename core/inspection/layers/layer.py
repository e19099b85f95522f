"""A layer of a network, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.types.arrays import read_only


@dataclass(frozen=True)
class Layer:
    """One layer of a network: its name, kind, output shape (C, h, w), parameters and MACs."""

    name: str
    kind: str
    shape: tuple[int, ...]
    parameters: int
    macs: int


@dataclass(frozen=True, eq=False)
class FeatureMaps:
    """A layer's activations: ``activations`` (C, h, w) float32."""

    layer: Layer
    activations: np.ndarray

    def __post_init__(self) -> None:
        object.__setattr__(self, "activations", read_only(self.activations))

"""Two generated grain microstructures to open without an upload: etched steel, and SEM channelling.

Both have a pixel size, so that a grain size number can be told.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from core.synthesis.grains.effects import (
    Attack,
    Blur,
    Channelling,
    Curvature,
    EtchPits,
    Grooves,
    Noise,
    Pores,
    Scratches,
    Seeds,
    Shading,
    SlipLines,
    Twins,
)
from core.synthesis.grains.image import generate
from core.synthesis.grains.settings import EFFECTS, GrainSettings
from core.types.micrograph import Micrograph
from core.types.pixel_size import PixelSize

SHAPE = (512, 640)
WITHOUT_EFFECTS: dict[str, Any] = {one.name: None for one in EFFECTS}
BARE = GrainSettings(**WITHOUT_EFFECTS)
ETCHED = replace(
    BARE,
    seeds=Seeds(80, 2),
    matrix=0.75,
    curvature=Curvature(0.03, 0.8),
    channelling=Channelling(0.06),
    attack=Attack(0.04, 0.35, 0.75, 0.15),
    etch_pits=EtchPits(0.003, 0.8, 0.5),
    pores=Pores(0.004, 4, 0.55, 0.1),
    slip_lines=SlipLines(0.35, 18, 1.2, 0.25),
    scratches=Scratches(4, 1, 0.15),
    blur=Blur(0.8, 1.1),
    noise=Noise(900, 0.01),
    shading=Shading(0.06),
)
CHANNELLED = replace(
    BARE,
    seeds=Seeds(60, 1),
    curvature=Curvature(0.05, 0.7),
    twins=Twins(0.3, 0.2, 2),
    channelling=Channelling(0.22),
    grooves=Grooves(2, 0.15, 0.04, 0.25),
    blur=Blur(1.0, 1.2),
    noise=Noise(250, 0.01),
)


@dataclass(frozen=True)
class GrainSample:
    """``name`` in links, ``title``, one ``sentence``, and how it is made."""

    name: str
    title: str
    sentence: str
    settings: GrainSettings
    pixel_size_nm: float
    seed: int

    def build(self) -> tuple[Micrograph, np.ndarray]:
        """Return the micrograph and its boundaries (H, W) uint8."""
        made = generate(self.settings, SHAPE, self.seed)
        size = PixelSize(self.pixel_size_nm, "synthetic")
        return replace(made.micrograph(), name=f"{self.name}.png", pixel_size=size), made.labels


GRAIN_SAMPLES = (
    GrainSample(
        "etched-grains",
        "Etched grains, optical",
        "Strongly etched boundaries, pits and lines within grains; 0.45 µm a pixel.",
        ETCHED,
        450.0,
        5,
    ),
    GrainSample(
        "channelled-grains",
        "Polished grains, SEM",
        "Grains told apart by orientation, with twins; 50 nm a pixel.",
        CHANNELLED,
        50.0,
        8,
    ),
)

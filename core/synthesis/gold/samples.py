"""A simulated lattice image of gold particles to open without an upload."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from core.synthesis.gold.settings import GoldSettings
from core.types.micrograph import Micrograph

SIDE = 512


@dataclass(frozen=True)
class GoldSample:
    """``name`` in links, ``title``, one ``sentence``, and how it is made."""

    name: str
    title: str
    sentence: str
    settings: GoldSettings
    seed: int

    def build(self) -> tuple[Micrograph, np.ndarray]:
        """Return the micrograph and its particles (H, W) uint8."""
        from core.synthesis.gold.image import simulate

        made = simulate(self.settings, SIDE, self.seed)
        return replace(made.micrograph(), name=f"{self.name}.png"), made.labels


GOLD_SAMPLES = (
    GoldSample(
        "gold-hrtem",
        "Gold on carbon, lattice image",
        "Gold particles of 3 to 5 nm with lattice fringes; 0.04 nm a pixel.",
        GoldSettings(particles=9, diameter_nm=(3.0, 5.0), kind="mixed", pixel_size_nm=0.04),
        3,
    ),
)

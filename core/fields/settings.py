"""What a user may choose about a measurement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["particles", "grains", "phases", "layer", "fibres", "cracks"]
KINDS: tuple[Kind, ...] = ("particles", "grains", "phases", "layer", "fibres", "cracks")
GrainMethod = Literal[
    "lines in four directions", "three circles", "planimetric circle", "planimetric rectangle"
]
GRAIN_METHODS: tuple[GrainMethod, ...] = (
    "lines in four directions",
    "three circles",
    "planimetric circle",
    "planimetric rectangle",
)
PhaseMethod = Literal["area", "point count"]
PHASE_METHODS: tuple[PhaseMethod, ...] = ("area", "point count")
Fit = Literal["log-normal", "gamma", "none"]
FITS: tuple[Fit, ...] = ("log-normal", "gamma", "none")


@dataclass(frozen=True)
class MeasureSettings:
    """How a segmentation is measured.

    ``kind``: None = what the model is for. ``phase``: index of the phase that is measured; None =
    the usual one. ``edge_correction``: particles weighted by Miles and Lantuéjoul, else those that
    the edge does not cut, unweighted. ``grain_method``: what the headline G is found by.
    ``line_spacing_px``: between parallel test lines; None = as the grains need. ``removed_hits``:
    ``id`` of hits of test lines that do not count. ``phase_method``, ``grid_points``: fractions by
    area or by a grid of so many points a side. ``fit``: drawn over the histogram. ``precision``:
    relative, of the mean diameter, that the number of particles needed is told for.
    ``pixel_size_error_percent``: half-width of the 95 % interval of the pixel size; None = not
    stated, and then not in any interval. ``length_unit``: None = nm below 1 µm, else µm.
    """

    kind: Kind | None = None
    phase: int | None = None
    edge_correction: bool = True
    grain_method: GrainMethod = "lines in four directions"
    line_spacing_px: int | None = None
    removed_hits: tuple[int, ...] = ()
    phase_method: PhaseMethod = "area"
    grid_points: int = 10
    fit: Fit = "log-normal"
    precision: float = 0.05
    pixel_size_error_percent: float | None = None
    length_unit: Literal["nm", "µm"] | None = None

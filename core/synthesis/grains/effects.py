"""The effects that make and hide a grain microstructure: a small class each, a range each number.

The ranges are those that training draws from and that the
page offers; they are ours, chosen for SEM and optical micrographs of 0.5 to 2 megapixels.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from core.synthesis.parameters import parameter


@dataclass(frozen=True)
class EffectInfo:
    """How an effect is called, why it is there, and how often training switches it on; never with a
    ``share`` of 0."""

    label: str
    why: str
    share: float


def effect(kind: type, label: str, why: str, share: float = 0.5, on: bool = True) -> Any:
    """Return a dataclass field that holds an effect, or None where it is off."""
    info = EffectInfo(label, why, share)
    return field(default=kind() if on else None, metadata={"info": info, "kind": kind})


@dataclass(frozen=True)
class Seeds:
    """Where grains begin. ``mean_diameter_px``: of the circle of the mean area. ``regularity``:
    Lloyd steps from a Poisson process (0) towards equal cells. ``band_px``: width of the label."""

    mean_diameter_px: float = parameter(60, 15, 150, "Mean grain diameter", "px", log=True)
    regularity: float = parameter(1, 0, 5, "Regularity (Lloyd steps)")
    band_px: float = parameter(3, 2, 6, "Width of the label's line", "px")


@dataclass(frozen=True)
class Sizes:
    """Laguerre weights. ``sigma_ln``: standard deviation of the logarithm of the seeds' radii."""

    sigma_ln: float = parameter(0.4, 0.2, 0.6, "Spread of sizes (sigma of ln)")


@dataclass(frozen=True)
class Curvature:
    """Boundaries are bent by a smooth displacement of two octaves, in grain diameters."""

    amplitude: float = parameter(0.05, 0.01, 0.15, "Amplitude", "diameters")
    wavelength: float = parameter(0.7, 0.3, 1.0, "Wavelength", "diameters")


@dataclass(frozen=True)
class Twins:
    """Straight bands through a share of the grains. ``counted`` above 0.5: also in the label."""

    share: float = parameter(0.25, 0.05, 0.4, "Share of grains with twins")
    width: float = parameter(0.2, 0.1, 0.5, "Width", "diameters")
    bands: float = parameter(1, 1, 3, "Bands a grain, at most")
    counted: float = parameter(0, 0, 1, "Count as boundaries (0 or 1)")


@dataclass(frozen=True)
class Channelling:
    """Grey by orientation: a smooth function of two angles, so neighbours may look alike."""

    contrast: float = parameter(0.15, 0.02, 0.25, "Contrast")


@dataclass(frozen=True)
class Gradient:
    """A slow change of grey within each grain, from bending."""

    amplitude: float = parameter(0.03, 0.01, 0.05, "Amplitude")


@dataclass(frozen=True)
class Grooves:
    """Thermal or chemical grooves: dark (depth above 0) or bright lines with a rim, and gaps."""

    width_px: float = parameter(2, 1, 4, "Width", "px")
    depth: float = parameter(0.3, -0.2, 0.5, "Depth (negative: bright)")
    rim: float = parameter(0.05, 0, 0.12, "Bright rim")
    missing: float = parameter(0.1, 0, 0.3, "Share of segments missing")


@dataclass(frozen=True)
class Attack:
    """Strong etching: dark, ragged bands of uneven width that round the grains off."""

    width: float = parameter(0.05, 0.015, 0.1, "Half-width", "diameters")
    unevenness: float = parameter(0.4, 0.15, 0.65, "Unevenness")
    depth: float = parameter(0.7, 0.35, 0.9, "Depth")
    islands: float = parameter(0.15, 0, 0.4, "Bright slivers in wide bands")


@dataclass(frozen=True)
class EtchPits:
    """Small dark pits, more in some grains than in others, and more near boundaries."""

    density: float = parameter(0.004, 0.0005, 0.02, "Pits a pixel", log=True)
    radius_px: float = parameter(0.9, 0.5, 1.8, "Radius", "px", log=True)
    depth: float = parameter(0.45, 0.15, 0.7, "Depth")


@dataclass(frozen=True)
class Pores:
    """Round pores with a bright edge. ``on_boundaries``: share that sits on a boundary."""

    area: float = parameter(0.006, 0.0005, 0.02, "Area fraction", log=True)
    radius_px: float = parameter(4, 1.5, 10, "Radius", "px")
    depth: float = parameter(0.55, 0.3, 0.9, "Depth")
    on_boundaries: float = parameter(0.4, 0, 1, "Share on boundaries")


@dataclass(frozen=True)
class SecondPhase:
    """Ellipses of another phase, brighter or darker than the grains."""

    area: float = parameter(0.005, 0.0005, 0.02, "Area fraction", log=True)
    radius_px: float = parameter(4, 1, 10, "Radius", "px")
    contrast: float = parameter(0.2, -0.4, 0.4, "Contrast")


@dataclass(frozen=True)
class Precipitates:
    """Particles of a second phase that the label tells, brighter or darker than the grains, and
    films of it.

    ``on_boundaries``: share of the particles that sits on a boundary, a third of these at triple
    points. ``outline``: depth of the groove that etching cuts around them. ``films``: share of the
    boundaries that are covered by a film.
    """

    area: float = parameter(0.02, 0.003, 0.1, "Area fraction of particles", log=True)
    radius_px: float = parameter(5, 1.5, 15, "Radius", "px", log=True)
    contrast: float = parameter(0.2, -0.4, 0.4, "Contrast")
    on_boundaries: float = parameter(0.6, 0, 1, "Share of particles on boundaries")
    outline: float = parameter(0.2, 0, 0.6, "Depth of the outline")
    films: float = parameter(0, 0, 0.3, "Share of boundaries with a film")


@dataclass(frozen=True)
class SlipLines:
    """Parallel lines within a grain: slip bands, or scratches that etching found per grain."""

    share: float = parameter(0.3, 0.1, 0.9, "Share of grains with lines")
    spacing_px: float = parameter(16, 5, 40, "Spacing", "px", log=True)
    width_px: float = parameter(1.2, 0.6, 2.5, "Width", "px")
    depth: float = parameter(0.2, 0.05, 0.6, "Depth")


@dataclass(frozen=True)
class Relief:
    """Slow unevenness of the polished surface."""

    amplitude: float = parameter(0.04, 0.02, 0.10, "Amplitude")
    wavelength_px: float = parameter(128, 48, 256, "Wavelength", "px")


@dataclass(frozen=True)
class Scratches:
    """Straight lines across grains, in one or two directions."""

    count: float = parameter(6, 1, 15, "Count on 512 x 512 px")
    width_px: float = parameter(1, 0.5, 2, "Width", "px")
    depth: float = parameter(0.12, -0.2, 0.45, "Depth (negative: bright)")


@dataclass(frozen=True)
class Curtaining:
    """Vertical stripes of ion milling, 1/f along the row."""

    amplitude: float = parameter(0.02, 0.005, 0.05, "Amplitude")


@dataclass(frozen=True)
class Blur:
    """The probe: a Gaussian, longer in one direction by ``astigmatism``."""

    sigma_px: float = parameter(0.8, 0.5, 2.5, "Sigma", "px", log=True)
    astigmatism: float = parameter(1.1, 1, 1.5, "Astigmatism (ratio)")


@dataclass(frozen=True)
class Noise:
    """Poisson noise of ``electrons`` a pixel at full brightness, and Gaussian read-out noise."""

    electrons: float = parameter(300, 20, 2000, "Electrons a pixel", log=True)
    readout: float = parameter(0.01, 0.0, 0.03, "Read-out noise")


@dataclass(frozen=True)
class ScanLines:
    """Rows of different brightness, each like the one before (first-order autoregression)."""

    amplitude: float = parameter(0.01, 0.002, 0.02, "Amplitude")


@dataclass(frozen=True)
class Drift:
    """Rows displaced against each other. The label stays, so both stay below the tolerance of the
    scores."""

    jitter_px: float = parameter(0.3, 0, 1, "Jitter of rows", "px")
    wander_px: float = parameter(0.8, 0, 1.5, "Slow wander", "px")


@dataclass(frozen=True)
class Charging:
    """Bright tails along the row behind bright edges, and a slow change of level."""

    amplitude: float = parameter(0.05, 0.01, 0.10, "Amplitude")


@dataclass(frozen=True)
class Shading:
    """A plane and a bowl across the field."""

    amplitude: float = parameter(0.08, 0.02, 0.15, "Amplitude")


@dataclass(frozen=True)
class Tone:
    """The detector's curve. ``clipped``: share of pixels saturated at each end."""

    gamma: float = parameter(1.0, 0.6, 1.6, "Gamma", log=True)
    contrast: float = parameter(0.9, 0.5, 1.0, "Contrast")
    clipped: float = parameter(0.003, 0, 0.02, "Saturated share")


@dataclass(frozen=True)
class Compression:
    """JPEG."""

    quality: float = parameter(90, 60, 100, "Quality")

"""What a synthetic grain microstructure is made of, drawn at random or chosen by hand.

An effect that is None is switched off.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np

from core.errors import LamellaError
from core.image_size import width_x_height
from core.synthesis.grains.effects import (
    Attack,
    Blur,
    Channelling,
    Charging,
    Compression,
    Curtaining,
    Curvature,
    Drift,
    EffectInfo,
    EtchPits,
    Gradient,
    Grooves,
    Noise,
    Pores,
    Precipitates,
    Relief,
    ScanLines,
    Scratches,
    SecondPhase,
    Seeds,
    Shading,
    Sizes,
    SlipLines,
    Tone,
    Twins,
    effect,
)
from core.synthesis.parameters import parameters


@dataclass(frozen=True)
class GrainSettings:
    """A grain microstructure and the microscope that records it; None switches an effect off.

    The first four and the precipitates decide the label, the others never touch it. Grey levels are
    fractions of the full range. ``matrix``: mean grey of the grains before everything else.
    """

    seeds: Seeds = field(default_factory=Seeds)
    sizes: Sizes | None = effect(Sizes, "Spread of sizes", "Grains grow at different rates", 0.6)
    curvature: Curvature | None = effect(
        Curvature, "Curved boundaries", "Capillarity and pinning bend boundaries", 0.7
    )
    twins: Twins | None = effect(Twins, "Twins", "Annealed fcc metals have straight bands", 0.35)
    matrix: float = 0.6
    channelling: Channelling | None = effect(
        Channelling, "Orientation contrast", "Electrons channel deeper along some directions", 0.8
    )
    gradient: Gradient | None = effect(
        Gradient, "Gradients in grains", "Deformed grains are bent", 0.4, on=False
    )
    grooves: Grooves | None = effect(
        Grooves, "Grooves", "Etching cuts into boundaries, not everywhere", 0.9
    )
    attack: Attack | None = effect(
        Attack, "Strong etching", "Etchants widen boundaries unevenly", 0.65, on=False
    )
    etch_pits: EtchPits | None = effect(
        EtchPits, "Etch pits", "Etchants attack dislocations too", 0.6, on=False
    )
    pores: Pores | None = effect(Pores, "Pores", "Pores have bright edges", 0.5, on=False)
    second_phase: SecondPhase | None = effect(
        SecondPhase, "Second phase", "Particles of another grey", 0.3, on=False
    )
    slip_lines: SlipLines | None = effect(
        SlipLines, "Lines within grains", "Slip bands end at boundaries", 0.65, on=False
    )
    relief: Relief | None = effect(Relief, "Relief", "Polishing leaves hills", 0.5, on=False)
    scratches: Scratches | None = effect(
        Scratches, "Scratches", "Polishing leaves lines that are no boundaries", 0.6, on=False
    )
    curtaining: Curtaining | None = effect(
        Curtaining, "Curtaining", "Ion milling leaves stripes", 0.15, on=False
    )
    blur: Blur | None = effect(Blur, "Blur and astigmatism", "The probe has a size", 0.8)
    noise: Noise | None = effect(Noise, "Noise", "Few electrons a pixel", 0.7)
    scan_lines: ScanLines | None = effect(
        ScanLines, "Line noise", "The beam current flickers", 0.2, on=False
    )
    drift: Drift | None = effect(Drift, "Drift and jitter", "The stage creeps", 0.2, on=False)
    charging: Charging | None = effect(
        Charging, "Charging", "Insulators keep electrons", 0.15, on=False
    )
    shading: Shading | None = effect(Shading, "Shading", "Detectors sit on one side", 0.4, on=False)
    tone: Tone | None = effect(
        Tone, "Gamma and contrast", "Detectors are not linear", 0.7, on=False
    )
    compression: Compression | None = effect(
        Compression, "JPEG", "Files are compressed", 0.3, on=False
    )
    precipitates: Precipitates | None = effect(
        Precipitates, "Precipitates", "A second phase sits on boundaries", 0.0, on=False
    )


@dataclass(frozen=True)
class Effect:
    """One effect of ``GrainSettings``: its field ``name``, class ``kind`` and ``info``."""

    name: str
    kind: type
    info: EffectInfo


EFFECTS: tuple[Effect, ...] = tuple(
    Effect(f.name, f.metadata["kind"], f.metadata["info"])
    for f in fields(GrainSettings)
    if "info" in f.metadata
)


def draw_settings(
    random: np.random.Generator,
    without: Iterable[str] = (),
    diameter_px: tuple[float, float] = (15.0, 150.0),
    band_px: float = 3.0,
) -> GrainSettings:
    """Return settings drawn from the ranges, each effect on or off by its share.

    ``without``: names of effects that stay off; the others are drawn as if it were on.
    ``diameter_px``: range of the mean grain diameter. ``band_px``: width of the label's lines.

    Raises:
        LamellaError: a name in ``without`` that is no effect.
    """
    unknown = set(without) - {e.name for e in EFFECTS}
    if unknown:
        raise LamellaError(
            f"{', '.join(sorted(unknown))} is no effect; choose from "
            f"{', '.join(e.name for e in EFFECTS)}."
        )
    diameter = float(np.exp(random.uniform(*np.log(diameter_px))))
    seeds = replace(_draw(Seeds, random), mean_diameter_px=diameter, band_px=band_px)
    drawn: dict[str, Any] = {"seeds": seeds, "matrix": float(random.uniform(0.4, 0.8))}
    polished = float(random.uniform(0.6, 0.85))
    for one in EFFECTS:
        if not one.info.share:
            drawn[one.name] = None
            continue
        values, switched = _draw(one.kind, random), random.random() < one.info.share
        drawn[one.name] = values if switched and one.name not in set(without) else None
    if drawn["twins"] is not None:
        drawn["twins"] = replace(drawn["twins"], counted=0.0)
    if drawn["attack"] is not None:
        # What is etched that strongly was polished flat and shines: little orientation contrast.
        drawn["matrix"] = polished
        if drawn["channelling"] is not None:
            faint = max(
                0.3 * drawn["channelling"].contrast, parameters(Channelling)["contrast"].low
            )
            drawn["channelling"] = replace(drawn["channelling"], contrast=faint)
    return GrainSettings(**drawn)


def random_settings(seed: int) -> GrainSettings:
    """Return settings drawn as for training, the same for the same seed of 0 or more."""
    return draw_settings(np.random.default_rng(seed), diameter_px=(30.0, 120.0))


def _draw(kind: type, random: np.random.Generator) -> Any:
    values = {}
    for name, one in parameters(kind).items():
        low, high = (np.log(one.low), np.log(one.high)) if one.log else (one.low, one.high)
        value = random.uniform(low, high)
        values[name] = float(np.exp(value) if one.log else value)
    return kind(**values)


def check(settings: GrainSettings, shape: tuple[int, int]) -> None:
    """Refuse what cannot be drawn.

    Raises:
        LamellaError: fewer than four grains fit into (H, W), or a number outside its range.
    """
    diameter = settings.seeds.mean_diameter_px
    if not diameter >= 6 or not shape[0] * shape[1] >= 4 * np.pi / 4 * diameter**2:
        raise LamellaError(
            f"A mean grain diameter of {diameter:g} px in {width_x_height(shape)} px leaves no "
            "grains to see; it must be 6 px or more, and at least four grains must fit."
        )
    for one in EFFECTS:
        if (values := getattr(settings, one.name)) is None:
            continue
        for name, limits in parameters(one.kind).items():
            value = getattr(values, name)
            # A fit to an image may go somewhat beyond what is offered; nonsense may not.
            slack = limits.high - limits.low
            if not limits.low - slack <= value <= limits.high + 20 * slack:
                raise LamellaError(
                    f"{one.info.label}: {limits.label.lower()} is {value:g}; it must lie between "
                    f"{limits.low:g} and {limits.high:g}."
                )
    if settings.noise is not None and settings.noise.electrons <= 0:
        raise LamellaError(
            f"Noise: {settings.noise.electrons:g} electrons a pixel make no image; give 20 or more."
        )

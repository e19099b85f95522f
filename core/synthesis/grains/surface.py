"""What orientation, etching and polishing make of grains: grey levels before the microscope.

Each function returns what is added to the image (H, W) float32; grey levels are fractions of the
full range. None of them moves a boundary.
"""

from __future__ import annotations

import cv2
import numpy as np

from core.synthesis.grains.effects import (
    Attack,
    Channelling,
    Curtaining,
    EtchPits,
    Gradient,
    Grooves,
    Pores,
    Relief,
    Scratches,
    SecondPhase,
    SlipLines,
)
from core.synthesis.grains.geometry import GrainMap
from core.synthesis.grains.particles import ellipses, scatter
from core.synthesis.smooth_noise import keyed_random, smooth_noise


def channelling(values: Channelling, grains: GrainMap, random: np.random.Generator) -> np.ndarray:
    """Return grey by orientation, one value a grain and one a twin, of about zero mean.

    A cubic harmonic of the beam's direction in the crystal, with a term for the side the detector
    sits on; the twin is the crystal mirrored in one of its {111} planes. Standard deviation over
    grains: ``contrast`` / 2.
    """
    beam = random.standard_normal((grains.count, 3))
    beam /= np.linalg.norm(beam, axis=1, keepdims=True)
    plane = random.choice([-1, 1], (grains.count, 3)) / np.sqrt(3)
    mirrored = beam - 2 * (beam * plane).sum(1, keepdims=True) * plane
    side = random.standard_normal(3)
    levels = np.stack([_yield(beam, side), _yield(mirrored, side)])
    spread = max(float(levels[0].std()), 1e-6)
    levels = (levels - levels[0].mean()) * values.contrast / 2 / spread
    return levels.astype(np.float32)[grains.twin.astype(np.int8), grains.grains]


def _yield(direction: np.ndarray, side: np.ndarray) -> np.ndarray:
    """Return how many electrons come back, (N,), for beam directions (N, 3)."""
    cubic = 1.5 * ((direction**4).sum(1) - 1 / 3)
    return cubic + 0.35 * np.abs(direction) @ (side / np.linalg.norm(side))


def gradient(values: Gradient, grains: GrainMap, random: np.random.Generator) -> np.ndarray:
    """Return a linear change of grey in each grain, ``amplitude`` over a typical radius."""
    slope = random.standard_normal((2, grains.count)).astype(np.float32)
    radius = np.sqrt(grains.grains.size / grains.count / np.pi)
    across = grains.offset[0] * slope[0][grains.grains] + grains.offset[1] * slope[1][grains.grains]
    return np.float32(values.amplitude / radius / 1.4) * across


def grooves(
    values: Grooves, grains: GrainMap, with_twins: bool, salt: int, random: np.random.Generator
) -> np.ndarray:
    """Return grooves: a Gaussian valley of full width ``width_px``, a rim twice as wide, and gaps.

    A missing segment is missing from end to end. Twin boundaries are etched half as deep.
    """
    present = keyed_random(grains.segment, salt) >= values.missing
    strength = present * (0.6 + 0.8 * keyed_random(grains.segment, salt + 1))
    sigma = np.float32(values.width_px / 2.355)
    profile = _groove_profile(grains.edge, sigma, values) * strength
    if with_twins:
        some = keyed_random(grains.grains, salt + 2) >= values.missing
        profile += 0.5 * some * _groove_profile(grains.twin_edge, sigma, values)
    return profile * (1 + 0.25 * smooth_noise(profile.shape, 6, random))


def _groove_profile(distance: np.ndarray, sigma: np.float32, values: Grooves) -> np.ndarray:
    near = np.minimum(distance, 12 * sigma) / sigma
    valley = np.exp(-(near**2) / 2)
    # A rim of the difference of two Gaussians: nothing at the bottom, most at two sigma.
    rim = np.exp(-(near**2) / 12.5) - valley
    return -np.float32(values.depth) * valley + np.float32(values.rim) * rim


def attack(
    image: np.ndarray, values: Attack, grains: GrainMap, salt: int, random: np.random.Generator
) -> np.ndarray:
    """Return the image with dark bands of uneven width over the boundaries, wide at junctions.

    What was there before is etched away: inside a band nothing tells where the boundary ran.
    """
    shape = grains.edge.shape
    diameter = np.sqrt(grains.grains.size / grains.count * 4 / np.pi)
    patches = smooth_noise(shape, 1.5 * diameter, random)
    segment = 0.5 + keyed_random(grains.segment, salt)
    half = values.width * diameter * segment * np.exp(values.unevenness * patches)
    half = np.clip(half, 0.6, 0.2 * diameter).astype(np.float32)
    apart = np.minimum((grains.second - grains.edge) / half, 20)
    joined = grains.edge - half * np.log1p(np.exp(-apart))
    ragged = np.minimum(1.2, 0.2 * half)
    ragged = ragged * (smooth_noise(shape, 3, random) + 0.8 * smooth_noise(shape, 9, random))
    inside = 1 / (1 + np.exp(np.clip((joined + ragged - half) / 0.5, -20, 20)))
    rough = 1 + 0.15 * random.standard_normal(shape, np.float32)
    rough += 0.15 * smooth_noise(shape, 5, random)
    bright = smooth_noise(shape, 0.15 * diameter + 4, random) > 2.6 - 4 * values.islands
    wide = grains.edge + 2 < half
    dark = np.float32(image.mean()) * (1 - values.depth * rough)
    bottom = np.where(bright & wide, image, dark)
    return image + inside.astype(np.float32) * (bottom - image)


def slip_lines(values: SlipLines, grains: GrainMap, random: np.random.Generator) -> np.ndarray:
    """Return parallel lines in a share of the grains, unevenly spaced and interrupted."""
    shape, count = grains.edge.shape, grains.count
    angle = random.uniform(0, np.pi) + random.normal(0, 0.5, count)
    struck = (random.random(count) < values.share) * random.uniform(0.3, 1, count)
    across = grains.offset[0] * np.sin(angle).astype(np.float32)[grains.grains]
    across += grains.offset[1] * np.cos(angle).astype(np.float32)[grains.grains]
    across += 0.5 * smooth_noise(shape, 40, random)
    period = random.uniform(0.6, 1.4, count).astype(np.float32)[grains.grains] * values.spacing_px
    line = np.floor(across / period)
    centre = keyed_random((line + 1000 * (1 + grains.grains)).astype(np.int64), 7)
    away = np.abs(across - (line + 0.2 + 0.6 * centre) * period)
    profile = np.exp(-((away / values.width_px * 2.355) ** 2) / 2)
    broken = np.clip(0.6 + smooth_noise(shape, 25, random), 0, 1)
    return -values.depth * struck.astype(np.float32)[grains.grains] * profile * broken


def etch_pits(values: EtchPits, grains: GrainMap, random: np.random.Generator) -> np.ndarray:
    """Return small dark dots: more in some grains, in patches, and near boundaries."""
    shape = grains.edge.shape
    liking = random.gamma(0.7, 1 / 0.7, grains.count).astype(np.float32)[grains.grains]
    liking *= np.exp(0.8 * smooth_noise(shape, 60, random)) * (0.6 + np.exp(-grains.edge / 8))
    chance = values.density * liking / max(float(liking.mean()), 1e-6)
    pit = random.random(shape, np.float32) < chance
    depth = pit * random.uniform(0.3, 1.8, shape).astype(np.float32)
    sigma = values.radius_px / 1.2
    # A dot of this sigma has the peak 1.
    return -values.depth * np.minimum(2 * np.pi * sigma**2 * _blur(depth, sigma), 1.5)


def pores(values: Pores, grains: GrainMap, random: np.random.Generator) -> np.ndarray:
    """Return round pores, dark with a bright edge."""
    centres, radii = scatter(values.area, values.radius_px, grains, values.on_boundaries, random)
    hole = ellipses(centres, radii, np.ones((len(radii), 1)), random, grains.edge.shape)
    rim = _blur(hole, max(0.8, 0.25 * values.radius_px))
    return -values.depth * hole + 0.5 * np.clip(rim - hole, 0, 1) * values.depth


def second_phase(values: SecondPhase, grains: GrainMap, random: np.random.Generator) -> np.ndarray:
    """Return ellipses of another grey, half of them on boundaries."""
    centres, radii = scatter(values.area, values.radius_px, grains, 0.5, random)
    stretch = random.uniform(0.4, 1, (len(radii), 1))
    return values.contrast * ellipses(centres, radii, stretch, random, grains.edge.shape)


def relief(values: Relief, shape: tuple[int, int], random: np.random.Generator) -> np.ndarray:
    """Return slow hills of standard deviation ``amplitude`` / 2."""
    return values.amplitude / 2 * smooth_noise(shape, values.wavelength_px, random)


def scratches(values: Scratches, shape: tuple[int, int], random: np.random.Generator) -> np.ndarray:
    """Return straight lines in one or two directions, some across part of the field."""
    count = random.poisson(values.count * np.sqrt(shape[0] * shape[1]) / 512)
    main = random.uniform(0, np.pi, 2)
    canvas = np.zeros(shape, np.float32)
    for _ in range(count):
        angle = main[random.integers(2)] + random.normal(0, 0.04)
        middle = random.uniform(0, 1, 2) * shape
        half = random.uniform(0.1, 1.2) * max(shape)
        reach = half * np.array([np.sin(angle), np.cos(angle)])
        start, end = ([int(v * 16) for v in (middle + sign * reach)[::-1]] for sign in (-1, 1))
        line = np.zeros(shape, np.uint8)
        cv2.line(line, start, end, 255, 1, cv2.LINE_AA, 4)
        canvas = np.maximum(canvas, line * np.float32(random.uniform(0.5, 1) / 255))
    sigma = max(values.width_px / 2.355, 0.3)
    # A line one pixel wide keeps its depth when it is blurred.
    return -values.depth * np.minimum(_blur(canvas, sigma) * max(1.0, 2.5 * sigma), 1)


def curtaining(
    values: Curtaining, shape: tuple[int, int], random: np.random.Generator
) -> np.ndarray:
    """Return vertical stripes whose power falls as 1/f along the row, fading down the column."""
    frequency = np.maximum(np.fft.rfftfreq(shape[1]), 1 / shape[1])
    noise = random.standard_normal(len(frequency)) + 1j * random.standard_normal(len(frequency))
    stripes = np.fft.irfft(noise / np.sqrt(frequency), shape[1])
    stripes = (stripes - stripes.mean()) / max(stripes.std(), 1e-9)
    first, last = random.uniform(0.4, 1, 2)
    fading = np.linspace(first, last, shape[0])[:, None]
    return (values.amplitude * stripes * fading).astype(np.float32)


def _blur(image: np.ndarray, sigma: float) -> np.ndarray:
    return cv2.GaussianBlur(image, (0, 0), sigma)

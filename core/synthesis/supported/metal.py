"""Metal particles on a support: where they lie, their outlines, how much they scatter."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.synthesis.crowds import Outline

SMALLEST_RADIUS_PX, LARGEST_RADIUS_PX = 1.4, 32.0
MOST = 260


@dataclass(frozen=True)
class MetalParticle:
    """``row``, ``column``: of its middle, in px. ``strength``: how much its middle scatters, 1 in
    the median of the image."""

    row: float
    column: float
    outline: Outline
    strength: float

    @property
    def area_px(self) -> float:
        """Of an ellipse of its axes."""
        return float(np.pi * self.outline.half_width * self.outline.half_length)


@dataclass(frozen=True, eq=False)
class Metal:
    """What lies where. ``instances``: (H, W) uint16, 0 = none, the topmost counts. ``scattering``:
    (H, W) float32, of all particles together."""

    instances: np.ndarray
    scattering: np.ndarray


def place_metal(
    support: np.ndarray, radius_px: float, random: np.random.Generator
) -> tuple[MetalParticle, ...]:
    """Place particles on a ``support`` (H, W), a few beside it, apart or in clusters.

    Sizes are log-normal around ``radius_px``; larger ones scatter more, by a power of 0 to 1.
    """
    height, width = support.shape
    share = float(np.exp(random.uniform(np.log(0.008), np.log(0.45))))
    count = int(np.clip(share * height * width / (np.pi * radius_px**2), 2, MOST))
    spread, power = random.choice((0.08, 0.2, 0.35, 0.5, 0.7)), random.uniform(0, 1)
    clustered = random.choice((0.0, 0.2, 0.6))
    uneven, beside = random.uniform(0.05, 0.55), random.choice((0.0, 0.05, 1.0), p=(0.5, 0.3, 0.2))
    facets = random.random() < 0.3
    placed: list[MetalParticle] = []
    for _ in range(count):
        radius = radius_px * float(np.exp(random.normal(0, spread)))
        radius = float(np.clip(radius, SMALLEST_RADIUS_PX, LARGEST_RADIUS_PX))
        row, column = random.uniform(0, height), random.uniform(0, width)
        if placed and random.random() < clustered:
            other = placed[random.integers(len(placed))]
            apart = (other.outline.half_width + radius) * random.uniform(0.75, 1.6)
            angle = random.uniform(0, 2 * np.pi)
            row, column = other.row + apart * np.sin(angle), other.column + apart * np.cos(angle)
        if not (0 <= row < height and 0 <= column < width):
            continue
        if support[int(row), int(column)] < 0.1 and random.random() >= beside:
            continue
        strength = (radius / radius_px) ** power * float(np.exp(random.normal(0, uneven)))
        placed.append(MetalParticle(row, column, _outline(radius, facets, random), strength))
    return tuple(placed)


def _outline(radius: float, facets: bool, random: np.random.Generator) -> Outline:
    aspect = float(np.exp(abs(random.normal(0, 0.15))))
    if random.random() < 0.03:
        aspect = random.uniform(1.5, 3)
    sides = int(random.integers(5, 9)) if facets and radius > 4 else 0
    normals = 2 * np.pi * (np.arange(sides) + random.uniform(-0.12, 0.12, sides)) / max(sides, 1)
    reach = random.uniform(0.8, 0.97, sides)
    return Outline(radius / aspect**0.5, aspect, random.uniform(0, np.pi), 2.0, normals, reach)


def draw_metal(
    particles: tuple[MetalParticle, ...],
    shape: tuple[int, int],
    lattice: float,
    random: np.random.Generator,
) -> Metal:
    """Draw ``particles`` into (H, W), the later above the earlier; their thickness adds up.

    One of which less than half would be seen under the others is left away, as nobody could trace
    it. ``lattice``: amplitude of the fringes in those wider than 8 px, of their scattering.
    """
    instances = np.zeros(shape, np.uint16)
    scattering = np.zeros(shape, np.float32)
    flat = random.choice((0.3, 0.5, 1.0))
    period = random.uniform(2.5, 6)
    for number, one in enumerate(particles, start=1):
        reach = one.outline.half_length + 2
        rows, columns = (
            np.arange(max(int(c - reach), 0), min(int(c + reach) + 2, n), dtype=np.float32)
            for c, n in zip((one.row, one.column), shape, strict=True)
        )
        here = np.s_[int(rows[0]) : int(rows[-1]) + 1, int(columns[0]) : int(columns[-1]) + 1]
        down, right = rows[:, None] - one.row, columns[None] - one.column
        gauge = one.outline.gauge(down, right)
        inside = gauge <= 1
        hidden = np.count_nonzero(instances[here][inside])
        if not inside.any() or hidden > 0.5 * np.count_nonzero(inside):
            continue
        depth = np.clip((1 - gauge) * one.outline.half_width + 0.5, 0, 1)
        depth *= np.clip(1 - gauge**2, 0.02, 1) ** (flat / 2)
        if lattice and one.outline.half_width > 4:
            angle = random.uniform(0, np.pi)
            phase = (down * np.sin(angle) + right * np.cos(angle)) * (2 * np.pi / period)
            depth *= 1 + lattice * random.uniform(0, 1) * np.sin(phase)
        instances[here][inside] = number
        scattering[here] += (one.strength * depth).astype(np.float32)
    return Metal(instances, scattering)

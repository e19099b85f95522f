"""Nanoparticles whose outlines are known because they were drawn.

The label of a pixel is fixed from exact outlines before any blur or noise touches the image.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

# A pixel is this many sub-pixels a side when an outline is drawn, so that edges are smooth.
FINE = 4
# Share of particles with a twin boundary through the middle.
TWINS = 1 / 3


@dataclass(frozen=True)
class Population:
    """How many particles, how large and how placed.

    ``count``: wanted; fewer when there is no room. ``median_radius_px`` and ``spread``: of a
    log-normal distribution, spread = geometric standard deviation. ``facets``: share of particles
    that are polygons of six to eight sides, the others round. ``elongation``: largest ratio of
    long to short axis. ``overlap``: how far two may reach into each other, as a fraction of the
    smaller radius; negative keeps a gap. ``attraction``: share placed in touch with an earlier one.
    """

    count: int
    median_radius_px: float
    spread: float
    facets: float = 0.4
    elongation: float = 1.15
    overlap: float = -0.15
    attraction: float = 0.0


@dataclass(frozen=True)
class Particle:
    """``row``, ``column``: centre. ``radius``: of the disc of the same area, all in px.

    ``corners``: (N, 2) float64 (row, column) around the centre.
    """

    row: float
    column: float
    radius: float
    corners: np.ndarray


@dataclass(frozen=True, eq=False)
class Scene:
    """Drawn particles: what is where, before the microscope.

    ``thickness``: (H, W) float32 in px along the beam, overlapping ones added. ``contrast``: (H, W)
    float32, how strongly the topmost particle scatters, 1 on average. ``labels``: (H, W) uint8, 1
    where a particle covers at least half of the pixel. ``particles``: in drawing order.
    """

    thickness: np.ndarray
    contrast: np.ndarray
    labels: np.ndarray
    particles: tuple[Particle, ...]


def place(
    population: Population, shape: tuple[int, int], random: np.random.Generator
) -> tuple[Particle, ...]:
    """Place particles one after the other, largest first; some are cut by the edge of (H, W)."""
    sizes = np.exp(
        random.normal(
            np.log(population.median_radius_px), np.log(population.spread), population.count
        )
    )
    placed: list[Particle] = []
    for radius in np.sort(sizes)[::-1]:
        for _ in range(60):
            row, column = _position(population, shape, placed, float(radius), random)
            if _has_room(row, column, float(radius), placed, population.overlap):
                corners = _outline(population, float(radius), random)
                placed.append(Particle(row, column, float(radius), corners))
                break
    return tuple(placed)


def _position(
    population: Population,
    shape: tuple[int, int],
    placed: list[Particle],
    radius: float,
    random: np.random.Generator,
) -> tuple[float, float]:
    if placed and random.random() < population.attraction:
        other = placed[random.integers(len(placed))]
        angle = random.uniform(0, 2 * np.pi)
        apart = other.radius + radius - max(population.overlap, 0) * min(radius, other.radius)
        return other.row + apart * np.sin(angle), other.column + apart * np.cos(angle)
    return random.uniform(0, shape[0]), random.uniform(0, shape[1])


def _has_room(
    row: float, column: float, radius: float, placed: list[Particle], overlap: float
) -> bool:
    return all(
        np.hypot(row - other.row, column - other.column)
        >= radius + other.radius - overlap * min(radius, other.radius) - 1e-9
        for other in placed
    )


def _outline(population: Population, radius: float, random: np.random.Generator) -> np.ndarray:
    """Return the corners of one outline of area pi radius^2, around (0, 0)."""
    angle = np.linspace(0, 2 * np.pi, 96, endpoint=False)
    reach = np.ones_like(angle)
    if random.random() < population.facets:
        sides = random.integers(6, 9)
        normals = 2 * np.pi * (np.arange(sides) + random.uniform(-0.12, 0.12, sides)) / sides
        distance = random.uniform(0.92, 1.08, sides)
        facing = np.cos(angle[:, None] - normals - random.uniform(0, 2 * np.pi))
        reach = np.min(np.where(facing > 0.2, distance / np.maximum(facing, 0.2), 9), axis=1)
        # Corners of real facets are rounded by a few atoms.
        reach = _smooth_circle(np.minimum(reach, 1.25), 1.8)
    else:
        reach += 0.03 * np.cos(2 * angle + random.uniform(0, 2 * np.pi))
        reach += 0.015 * np.cos(3 * angle + random.uniform(0, 2 * np.pi))
    stretch = np.sqrt(random.uniform(1, population.elongation))
    turn = random.uniform(0, np.pi)
    along, across = stretch * reach * np.cos(angle), reach * np.sin(angle) / stretch
    row = along * np.sin(turn) + across * np.cos(turn)
    column = along * np.cos(turn) - across * np.sin(turn)
    area = abs(row @ np.roll(column, -1) - column @ np.roll(row, -1)) / 2
    return np.stack([row, column], axis=1) * radius * np.sqrt(np.pi / area)


def _smooth_circle(values: np.ndarray, sigma: float) -> np.ndarray:
    kernel = np.exp(-0.5 * (np.arange(-5, 6) / sigma) ** 2)
    return np.convolve(
        np.concatenate([values[-5:], values, values[:5]]), kernel / kernel.sum(), mode="valid"
    )


def draw(
    particles: tuple[Particle, ...], shape: tuple[int, int], random: np.random.Generator
) -> Scene:
    """Draw ``particles`` into (H, W) at a quarter of a pixel.

    Each is a rounded body: its thickness rises from the edge as that of a sphere. Crystals turned
    to different angles diffract differently, so each has its own contrast, 0.65 to 1.35 times the
    mean, and the two halves of every third, a twin, differ by up to a third.
    """
    thickness = np.zeros(shape, np.float32)
    contrast = np.ones(shape, np.float32)
    covered = np.zeros(shape, np.float32)
    for particle in particles:
        reach = int(np.ceil(np.abs(particle.corners).max())) + 3
        top, left = int(particle.row) - reach, int(particle.column) - reach
        side = 2 * reach + 1
        rows = slice(max(top, 0), min(top + side, shape[0]))
        columns = slice(max(left, 0), min(left + side, shape[1]))
        if rows.start >= rows.stop or columns.start >= columns.stop:
            continue
        cover, depth = _body(particle, side, (particle.row - top, particle.column - left))
        here = np.s_[rows, columns]
        inner = np.s_[
            rows.start - top : rows.stop - top, columns.start - left : columns.stop - left
        ]
        strength = _strength(side, random)[inner]
        thickness[here] += depth[inner]
        contrast[here] += (strength - contrast[here]) * cover[inner]
        covered[here] = np.maximum(covered[here], cover[inner])
    return Scene(thickness, contrast, (covered >= 0.5).astype(np.uint8), particles)


def _strength(side: int, random: np.random.Generator) -> np.ndarray:
    """Return how strongly a crystal scatters, on a (side, side) patch around it."""
    whole = np.full((side, side), np.clip(random.normal(1, 0.18), 0.65, 1.35), np.float32)
    step, angle = random.uniform(0.15, 0.33), random.uniform(0, np.pi)
    if random.random() < TWINS:
        row, column = np.mgrid[:side, :side] - side // 2
        whole *= 1 + step / 2 * np.tanh(row * np.sin(angle) + column * np.cos(angle))
    return whole


def _body(
    particle: Particle, side: int, center: tuple[float, float]
) -> tuple[np.ndarray, np.ndarray]:
    """Return cover in [0, 1] and thickness in px of one particle on a (side, side) patch."""
    # Pixel (r, c) covers r - 0.5 to r + 0.5, in sub-pixels FINE * r to FINE * (r + 1).
    corners = ((particle.corners + center + 0.5) * FINE - 0.5)[:, ::-1]
    fine = np.zeros((side * FINE, side * FINE), np.uint8)
    # OpenCV takes corners in whole parts of 1/16 of a (sub-)pixel. What it fills includes every
    # sub-pixel that the outline touches; those are half inside on average.
    outline = [np.rint(corners * 16).astype(np.int32)]
    cv2.fillPoly(fine, outline, 2, shift=4)
    cv2.polylines(fine, outline, True, 1, shift=4)
    inside = cv2.distanceTransform(fine, cv2.DIST_L2, cv2.DIST_MASK_PRECISE) / FINE
    half = np.maximum(inside.max(), 1e-6)
    depth = 2 * half * np.sqrt(np.clip(1 - (1 - inside / half) ** 2, 0, 1)) * (fine > 0)
    size = (side, side)
    cover = cv2.resize(fine.astype(np.float32) / 2, size, interpolation=cv2.INTER_AREA)
    return cover, cv2.resize(depth.astype(np.float32), size, interpolation=cv2.INTER_AREA)

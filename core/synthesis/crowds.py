"""Crowded nanoparticles with an instance mask: rafts, aggregates, bundles, overlap.

What real data sets have too few of, and where it matters that touching particles are told apart.
Outlines are exact; the picture of them is a sketch of bright field, dark field or secondary
electrons, no simulation of the microscope.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from core.synthesis.annotations import annotate
from core.synthesis.smooth_noise import smooth_noise

ANNOTATED = 0.5
EMPTY = 0.2
# Particles of 5 to 12 px, which fields of a whole support are full of.
SMALL = 0.3
LONGEST_WIRE = 30


@dataclass(frozen=True, eq=False)
class Outline:
    """A convex outline around (0, 0): where its gauge is 1, see :meth:`gauge`.

    ``half_width``: of the short axis, in px. ``aspect``: length over width. ``angle``: of the long
    axis, radians. ``power``: of a superellipse, 2 an ellipse, 8 nearly a rectangle; 0 a rod with
    round ends. ``normals``, ``reach``: (N,) angles and relative distances of facets that cut it.
    """

    half_width: float
    aspect: float
    angle: float
    power: float
    normals: np.ndarray
    reach: np.ndarray

    @property
    def half_length(self) -> float:
        """Of the long axis, in px."""
        return self.half_width * self.aspect

    def gauge(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """Return 0 at the middle, 1 on the outline, more outside, at points in px."""
        cosine, sine = np.cos(self.angle), np.sin(self.angle)
        along = (rows * sine + columns * cosine) / self.half_width
        across = (rows * cosine - columns * sine) / self.half_width
        if self.power == 0:
            beyond = np.maximum(np.abs(along) - (self.aspect - 1), 0)
            return np.hypot(beyond, across)
        along = along / self.aspect
        found = (np.abs(along) ** self.power + np.abs(across) ** self.power) ** (1 / self.power)
        for normal, reach in zip(self.normals, self.reach, strict=True):
            found = np.maximum(found, (along * np.cos(normal) + across * np.sin(normal)) / reach)
        return found


@dataclass(frozen=True, eq=False)
class Crowd:
    """What lies where. ``instances``: (H, W) uint16, 0 = background, the topmost particle counts.
    ``thickness``: (H, W) float32, relative to the beam, of all together. ``relief``: (H, W) float32
    in [0, 1], how much the visible surface gives off. ``cover``: (H, W) float32 in [0, 1]."""

    instances: np.ndarray
    thickness: np.ndarray
    relief: np.ndarray
    cover: np.ndarray


def draw_crowd(random: np.random.Generator, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Return an image (side, side) float32 in [0, 1] and its instances (side, side) uint16."""
    shape = (side, side)
    crowd = Crowd(
        np.zeros(shape, np.uint16), *(np.zeros(shape, np.float32) for _ in ("t", "r", "c"))
    )
    if random.random() >= EMPTY:
        overlap = random.choice((0.02, 0.08, 0.3))
        shell = random.uniform(0.15, 0.5) if random.random() < 0.2 else 0.0
        for row, column, outline in _placed(random, side):
            _paint(crowd, (row, column), outline, (overlap, shell), random)
    image = _picture(crowd, _film(shape, not crowd.instances.any(), random), random)
    if random.random() < ANNOTATED:
        image = annotate(image, random)
    return image, crowd.instances


def _placed(random: np.random.Generator, side: int) -> Iterator[tuple[float, float, Outline]]:
    sizes = (2.5, 6) if random.random() < SMALL else (3, side / 6)
    half_width = float(np.exp(random.uniform(*np.log(sizes))))
    shape = random.choice(("compact", "rod", "wire"), p=(0.5, 0.4, 0.1))
    aspect = 1.0
    if shape == "rod":
        aspect = float(np.exp(random.uniform(0, np.log(10))))
    elif shape == "wire":
        half_width = min(half_width, side / LONGEST_WIRE)
        aspect = random.uniform(10, LONGEST_WIRE)
    like = _kind(random, half_width, aspect)
    spread = random.choice((0.03, 0.1, 0.3))
    layout = random.choice(("raft", "aggregate", "random"), p=(0.4, 0.35, 0.25))
    if layout == "raft":
        return _raft(random, side, like, min(spread, 0.1))
    if layout == "aggregate":
        return _aggregate(random, side, like, spread)
    return _anywhere(random, side, like, spread)


def _kind(random: np.random.Generator, half_width: float, aspect: float) -> Outline:
    powers = (2, 2, 3, 6) if aspect <= 1.6 else (0, 2, 4) if aspect < 10 else (0, 0, 4)
    power = float(random.choice(powers))
    sides = int(random.integers(5, 9)) if power and random.random() < 0.4 else 0
    normals = 2 * np.pi * (np.arange(sides) + random.uniform(-0.12, 0.12, sides)) / max(sides, 1)
    angle = random.uniform(0, np.pi)
    return Outline(half_width, aspect, angle, power, normals, random.uniform(0.78, 0.95, sides))


def _one(like: Outline, spread: float, angle: float, random: np.random.Generator) -> Outline:
    size = like.half_width * float(np.exp(random.normal(0, spread)))
    return Outline(max(size, 2.0), like.aspect, angle, like.power, like.normals, like.reach)


def _raft(
    random: np.random.Generator, side: int, like: Outline, spread: float
) -> Iterator[tuple[float, float, Outline]]:
    """A layer of close-packed rows, in islands or everywhere, with vacancies."""
    gap = 1 + random.uniform(-0.06, 0.12)
    across, along = 2 * like.half_width * gap, 2 * like.half_length * gap
    squares = like.power > 3 or random.random() < 0.1
    rise = across if squares or like.aspect > 1.6 else across * np.sqrt(0.75)
    vacancies, jitter = random.uniform(0, 0.15), random.uniform(0, 0.05) * across
    island = smooth_noise((side, side), side * random.uniform(0.5, 1.5), random)
    island -= np.float32(random.choice((-9, -0.3, 0.3)))
    reach = side * 0.75 + along
    turn = np.array([np.sin(like.angle), np.cos(like.angle)])
    normal = np.array([turn[1], -turn[0]])
    offset = random.uniform(0, 1, 2) * (along, rise)
    for line in range(int(-reach / rise), int(reach / rise) + 1):
        shift = 0.0 if squares else (line % 2) / 2
        for place in range(int(-reach / along), int(reach / along) + 1):
            row, column = (
                side / 2
                + turn * ((place + shift) * along + offset[0])
                + normal * (line * rise + offset[1])
                + random.normal(0, jitter, 2)
            )
            if not _reaches(row, column, like, side) or random.random() < vacancies:
                continue
            if island[int(np.clip(row, 0, side - 1)), int(np.clip(column, 0, side - 1))] > 0:
                yield row, column, _one(like, spread / 3, like.angle, random)


def _reaches(row: float, column: float, outline: Outline, side: int) -> bool:
    """Whether a particle there can be seen in the image."""
    reach = outline.half_length
    return all(-reach < one < side + reach for one in (row, column))


def _aggregate(
    random: np.random.Generator, side: int, like: Outline, spread: float
) -> Iterator[tuple[float, float, Outline]]:
    """Chains and clusters: each one touches one that came earlier."""
    count = int(np.clip(0.7 * (side / like.half_width) ** 2 / 4 / like.aspect, 4, 250))
    branching = random.choice((2, 12, 1000))
    placed: list[tuple[float, float, Outline]] = []
    for _ in range(int(count * random.uniform(0.3, 1))):
        outline = _one(like, spread, random.uniform(0, np.pi), random)
        if not placed or random.random() < 0.03:
            row, column = random.uniform(0, side, 2)
        else:
            other = placed[-1 - int(random.integers(min(len(placed), branching)))]
            direction = random.uniform(0, 2 * np.pi)
            step = np.array([np.sin(direction), np.cos(direction)])
            apart = 1 / other[2].gauge(*step) + 1 / outline.gauge(*step)
            row, column = np.array(other[:2]) + step * apart * random.uniform(0.95, 1.03)
        if _reaches(row, column, outline, side):
            placed.append((row, column, outline))
    yield from placed


def _anywhere(
    random: np.random.Generator, side: int, like: Outline, spread: float
) -> Iterator[tuple[float, float, Outline]]:
    count = int(np.clip((side / like.half_width) ** 2 / 4 / like.aspect, 4, 250))
    for _ in range(int(count * random.uniform(0.1, 1))):
        outline = _one(like, spread, random.uniform(0, np.pi), random)
        yield *random.uniform(-outline.half_width, side + outline.half_width, 2), outline


def _paint(
    crowd: Crowd,
    centre: tuple[float, float],
    outline: Outline,
    settings: tuple[float, float],
    random: np.random.Generator,
) -> None:
    """Add a particle unless it lies over others by more than the overlap of ``settings``."""
    most_overlap, shell = settings
    reach = outline.half_length * 1.45 + 2
    rows, columns = (
        np.arange(max(int(c - reach), 0), min(int(c + reach) + 1, n), dtype=np.float32)
        for c, n in zip(centre, crowd.instances.shape, strict=True)
    )
    if not (rows.size and columns.size):
        return
    here = np.s_[int(rows[0]) : int(rows[-1]) + 1, int(columns[0]) : int(columns[-1]) + 1]
    gauge = outline.gauge(rows[:, None] - centre[0], columns[None] - centre[1])
    inside = gauge <= 1
    covered = np.count_nonzero(crowd.instances[here][inside])
    if not inside.any() or covered > most_overlap * np.count_nonzero(inside):
        return
    cover = np.clip((1 - gauge) * outline.half_width + 0.5, 0, 1).astype(np.float32)
    depth = np.sqrt(np.clip(1 - gauge**2, 0, 1)) * np.float32(random.uniform(0.7, 1.3))
    if shell:
        depth = 0.35 * depth + 0.65 * depth * (gauge < 1 - shell)
    relief = np.clip(
        random.normal(0.6, 0.08)
        + random.normal(0, 0.1) * (rows[:, None] - centre[0]) / outline.half_length
        + 0.3 * gauge**4,
        0,
        1,
    )
    crowd.instances[here][inside] = crowd.instances.max() + 1
    crowd.thickness[here] += depth
    crowd.relief[here] += (relief - crowd.relief[here]) * cover
    crowd.cover[here] = np.maximum(crowd.cover[here], cover)


def _film(shape: tuple[int, int], empty: bool, random: np.random.Generator) -> np.ndarray:
    """Return the grey levels (H, W) float32, around 0, of what the particles lie on: texture, on
    some folds too. An empty one is rougher, since there nothing else can be meant."""
    ground = np.zeros(shape, np.float32)
    rougher = random.uniform(1, 3) if empty else 1.0
    for wavelength in (2.5, random.uniform(4, 12), random.uniform(12, 60), 200):
        amplitude = rougher * random.choice((0.0, 0.01, 0.03, 0.06))
        ground += np.float32(amplitude) * smooth_noise(shape, wavelength, random)
    if random.random() < (0.4 if empty else 0.1):
        away = np.abs(smooth_noise(shape, random.uniform(40, 200), random))
        fold = np.clip(1 - away / random.uniform(0.05, 0.3), 0, 1)
        ground += np.float32(random.choice((-1, 1)) * random.uniform(0.05, 0.25)) * fold
    return ground


def _picture(crowd: Crowd, ground: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return what a bright-field, a dark-field or a secondary-electron detector might show."""
    kind = random.choice(("bright field", "dark field", "secondary electrons"))
    if kind == "bright field":
        strength = random.uniform(0.4, 2.5)
        image = (random.uniform(0.65, 0.95) + ground) * np.exp(-strength * crowd.thickness)
    elif kind == "dark field":
        strength = random.uniform(0.25, 0.7)
        image = random.uniform(0.05, 0.3) + ground + strength * crowd.thickness
    else:
        below = random.uniform(0.05, 0.4) + ground
        image = below * (1 - crowd.cover) + (crowd.relief + 0.5 * ground) * crowd.cover
    return np.clip(image, 0, 1).astype(np.float32)

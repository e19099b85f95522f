"""Bars side by side and rings apart, with an instance mask: what crowds of particles have none of.

A network that knows crowds alone takes a row of bars for lines of the ground, and a ring with a
bright inside for its wall.
"""

from __future__ import annotations

import numpy as np

from core.synthesis.smooth_noise import smooth_noise

MOST_TRIES = 400


def draw_bars(random: np.random.Generator, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Return an image (side, side) float32 in [0, 1] of bars in a row, darker or brighter than what
    is between them, and its instances (side, side) uint16, 0 = background."""
    width = _between(6, side / 6, random)
    length = min(width * random.uniform(2.5, 9), 0.9 * side)
    gap = _between(1, max(2.0, 0.6 * width), random)
    count = int(np.clip(random.uniform(0.4, 1) * side / (width + gap), 2, 16))
    angle = random.choice((0, np.pi / 2)) + random.normal(0, random.choice((0, 0.05, 0.6)))
    middle = side / 2 + random.normal(0, 0.12, 2) * side
    row, column = np.mgrid[:side, :side].astype(np.float32)
    away = row - middle[0], column - middle[1]
    across = away[0] * np.sin(angle) + away[1] * np.cos(angle)
    along = away[0] * np.cos(angle) - away[1] * np.sin(angle)
    uneven, rounded = random.choice((0.0, 0.03, 0.1)), random.random() < 0.3
    inner = max(length - width, 0) / 2 if rounded else length / 2
    instances, cover = np.zeros((side, side), np.uint16), np.zeros((side, side), np.float32)
    for number in range(count):
        beside = across - (number - (count - 1) / 2) * (width + gap)
        beyond = np.abs(along - random.normal(0, uneven) * length) - inner
        if rounded:
            inside = width / 2 - np.hypot(beside, np.maximum(beyond, 0))
        else:
            inside = np.minimum(width / 2 - np.abs(beside), -beyond)
        _paint(instances, cover, inside, inside, 1 + random.normal(0, uneven))
    return _picture(cover, instances > 0, 0.0, random), instances


def draw_rings(random: np.random.Generator, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Return an image (side, side) float32 in [0, 1] of rings, their inside about as grey as the
    ground, and its instances (side, side) uint16 with all that a ring encloses, 0 = background."""
    radius = _between(6, side / 5, random)
    wall = _between(1.5, max(2.0, 0.45 * radius), random)
    apart = random.uniform(1.0, 1.8)
    row, column = np.mgrid[:side, :side].astype(np.float32)
    instances, cover = np.zeros((side, side), np.uint16), np.zeros((side, side), np.float32)
    placed: list[tuple[float, float, float]] = []
    wanted = random.integers(1, int(np.clip(0.5 * (side / (2 * radius)) ** 2, 2, 40)))
    for _ in range(MOST_TRIES):
        if len(placed) == wanted:
            break
        size = radius * float(np.exp(random.normal(0, 0.08)))
        place = random.uniform(-0.3 * size, side + 0.3 * size, 2)
        if any(
            np.hypot(place[0] - other[0], place[1] - other[1]) < apart * (size + other[2])
            for other in placed
        ):
            continue
        placed.append((*place, size))
        away = np.hypot(row - place[0], column - place[1])
        in_wall = np.minimum(size - away, away - (size - wall))
        _paint(instances, cover, size - away, in_wall, 1 + random.normal(0, 0.05))
    return _picture(cover, instances > 0, random.choice((0.0, 0.15)), random), instances


def _paint(
    instances: np.ndarray, cover: np.ndarray, inside: np.ndarray, seen: np.ndarray, depth: float
) -> None:
    """Add one object: its pixels where ``inside`` is positive, in px from its outline, its grey
    where ``seen`` is."""
    instances[inside > 0] = instances.max() + 1
    np.maximum(cover, np.clip(seen + 0.5, 0, 1) * np.float32(depth), out=cover)


def _picture(
    cover: np.ndarray, objects: np.ndarray, filled: float, random: np.random.Generator
) -> np.ndarray:
    contrast = _between(0.08, 0.7, random) * random.choice((-1, 1), p=(0.65, 0.35))
    level = random.uniform(0.05, 0.95 - contrast) if contrast > 0 else random.uniform(-contrast, 1)
    image = level + contrast * np.maximum(cover, filled * objects)
    for wavelength in (random.uniform(4, 20), 150):
        amplitude = random.choice((0.0, 0.01, 0.03))
        image += np.float32(amplitude) * smooth_noise(cover.shape, wavelength, random)
    return np.clip(image, 0, 1).astype(np.float32)


def _between(low: float, high: float, random: np.random.Generator) -> float:
    return float(np.exp(random.uniform(np.log(low), np.log(high))))

"""Where pores and a second phase lie: scattered, on boundaries, and as films along them."""

from __future__ import annotations

import cv2
import numpy as np

from core.synthesis.grains.effects import Precipitates
from core.synthesis.grains.geometry import GrainMap
from core.synthesis.smooth_noise import keyed_random, smooth_noise

FINE_BITS = 4
ROUND, OCTAGON, SQUARE = 15, 45, 90
AT_TRIPLE_POINTS = 1 / 3


def precipitate_cover(
    values: Precipitates, grains: GrainMap, salt: int, random: np.random.Generator
) -> np.ndarray:
    """Return how much of each pixel the second phase covers, (H, W) float32 in [0, 1].

    The particles are ellipses, octagons and rhombi, all of one kind.
    """
    centres, radii = scatter(values.area, values.radius_px, grains, values.on_boundaries, random)
    stretch = random.uniform(0.3, 1, (len(radii), 1))
    corners = int(random.choice((ROUND, ROUND, OCTAGON, SQUARE)))
    rows, columns = np.nonzero(grains.second < 1.5)
    if len(rows):
        chosen = random.integers(len(rows), size=len(radii))
        triple = np.column_stack([rows, columns])[chosen]
        moved = random.random((len(radii), 1)) < values.on_boundaries * AT_TRIPLE_POINTS
        centres = np.where(moved, triple, centres)
    cover = ellipses(centres, radii, stretch, random, grains.edge.shape, corners)
    return np.maximum(cover, _films(values, grains, salt, random))


def _films(
    values: Precipitates, grains: GrainMap, salt: int, random: np.random.Generator
) -> np.ndarray:
    """Return what films of uneven width, with gaps, cover of a share of the boundaries."""
    shape = grains.edge.shape
    half = np.clip(0.4 * values.radius_px, 1.5, 4) * np.exp(0.4 * smooth_noise(shape, 25, random))
    is_wet = keyed_random(grains.segment, salt) < values.films
    is_wet &= smooth_noise(shape, 60, random) > -1
    return is_wet / (1 + np.exp(np.clip((grains.edge - half) / 0.4, -20, 20))).astype(np.float32)


def paint_precipitates(
    image: np.ndarray,
    values: Precipitates,
    matrix: float,
    cover: np.ndarray,
    random: np.random.Generator,
) -> np.ndarray:
    """Return ``image`` (H, W) with the phase over it: one grey, ``matrix`` + ``contrast``, hardly
    mottled, and a groove along its outline."""
    mottled = 0.03 * smooth_noise(image.shape, 8, random)
    painted = image + cover * (matrix + values.contrast + mottled - image)
    inside = (cover > 0.5).astype(np.uint8)
    away = sum(
        (cv2.distanceTransform(part, cv2.DIST_L2, 3) for part in (inside, 1 - inside)),
        start=np.full(image.shape, np.float32(-0.5)),
    )
    return painted - values.outline * np.exp(-(np.minimum(away, 8) ** 2) / 1.6)


def scatter(
    area: float,
    radius_px: float,
    grains: GrainMap,
    on_boundaries: float,
    random: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Return centres (N, 2) (row, column) and radii (N,) in px that cover ``area``."""
    shape = grains.edge.shape
    count = random.poisson(area * grains.edge.size / (np.pi * radius_px**2 * 1.2))
    centres = random.uniform(0, 1, (count, 2)) * shape
    rows, columns = np.nonzero(grains.edge[::2, ::2] < 1)
    if len(rows):
        chosen = random.integers(len(rows), size=count)
        line = 2 * np.column_stack([rows, columns])[chosen]
        centres = np.where(random.random((count, 1)) < on_boundaries, line, centres)
    return centres, radius_px * np.exp(random.normal(0, 0.3, count))


def ellipses(
    centres: np.ndarray,
    radii: np.ndarray,
    stretch: np.ndarray,
    random: np.random.Generator,
    shape: tuple[int, int],
    corner_degrees: int = ROUND,
) -> np.ndarray:
    """Return (H, W) float32, 1 inside, smooth at the edge; an ellipse has a corner every
    ``corner_degrees``."""
    canvas = np.zeros(shape, np.uint8)
    fine = 1 << FINE_BITS
    for centre, radius, ratio in zip(centres, radii, stretch[:, 0], strict=True):
        axes = (max(1, round(radius * fine)), max(1, round(radius * ratio * fine)))
        middle = (round(centre[1] * fine), round(centre[0] * fine))
        angle = round(random.uniform(0, 180))
        points = cv2.ellipse2Poly((0, 0), axes, angle, 0, 360, corner_degrees) + np.array(middle)
        cv2.fillPoly(canvas, [points.astype(np.int32)], 255, cv2.LINE_AA, FINE_BITS)
    return canvas.astype(np.float32) / 255

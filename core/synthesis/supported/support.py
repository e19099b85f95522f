"""What metal particles lie on: spheres of silica, needles and plates of alumina, porous carbon,
films, with vacuum beside them and the bars of a grid above."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from core.synthesis.smooth_noise import smooth_noise

MOST_GRAINS = 140
MOST_PLATES = 24


def draw_support(
    shape: tuple[int, int], feature_px: float, random: np.random.Generator
) -> np.ndarray:
    """Return the thickness (H, W) float32 of a support, 0 in vacuum, about 1 where it is.

    One or two of its kinds lie in islands, or everywhere; parts of it may be out of focus.
    ``feature_px``: the radius of its grains.
    """
    thickness = np.zeros(shape, np.float32)
    for _ in range(1 + (random.random() < 0.35)):
        kind = KINDS[random.choice(len(KINDS), p=(0.35, 0.2, 0.3, 0.15))]
        size = feature_px * float(np.exp(random.uniform(-0.4, 0.4)))
        part = kind(shape, size, _island(shape, random), random)
        defocus = random.choice((0.6, 1.0, 2.0, 4.0))
        thickness += random.uniform(0.5, 1.0) * cv2.GaussianBlur(part, (0, 0), defocus)
    if random.random() < 0.15:
        thickness += _bar(shape, random)
    mean = thickness[thickness > 0.02].mean() if (thickness > 0.02).any() else 1.0
    return thickness / np.float32(mean)


def texture(shape: tuple[int, int], random: np.random.Generator) -> np.ndarray:
    """Return the relative roughness (H, W) float32 of a support below the size of its grains."""
    rough = np.zeros(shape, np.float32)
    for wavelength in (random.uniform(2, 4), random.uniform(4, 12), random.uniform(12, 40)):
        rough += np.float32(random.choice((0.0, 0.01, 0.03, 0.08))) * smooth_noise(
            shape, wavelength, random
        )
    return rough


def _island(shape: tuple[int, int], random: np.random.Generator) -> np.ndarray:
    """Return (H, W) float32, above 0 where there is support and below in vacuum."""
    wavelength = random.uniform(0.5, 3) * max(shape)
    cover = random.choice((-0.7, 0.0, 0.7, 9.0), p=(0.15, 0.25, 0.3, 0.3))
    return smooth_noise(shape, wavelength, random) + np.float32(cover)


def _spheres(
    shape: tuple[int, int], radius_px: float, island: np.ndarray, random: np.random.Generator
) -> np.ndarray:
    thickness = np.zeros(shape, np.float32)
    layers = random.uniform(0.6, 3)
    count = int(np.clip(layers * shape[0] * shape[1] / (np.pi * radius_px**2), 3, MOST_GRAINS))
    spread = random.choice((0.05, 0.2, 0.4))
    for _ in range(count):
        radius = radius_px * float(np.exp(random.normal(0, spread)))
        row, column = (random.uniform(-radius / 2, side + radius / 2) for side in shape)
        if _at(island, row, column) <= 0:
            continue
        here, rows, columns = _patch(shape, (row, column), radius)
        apart = (rows**2 + columns**2) / np.float32(radius**2)
        ball = np.sqrt(np.clip(1 - apart, 0, None))
        thickness[here] += ball * np.float32(radius / radius_px)
    return thickness


def _plates(
    shape: tuple[int, int], size_px: float, island: np.ndarray, random: np.random.Generator
) -> np.ndarray:
    """Plates, flakes and needles with straight or round edges, each of one thickness."""
    thickness = np.zeros(shape, np.float32)
    for _ in range(int(random.integers(3, MOST_PLATES))):
        row, column = (random.uniform(0, side) for side in shape)
        if _at(island, row, column) <= 0:
            continue
        length = size_px * random.uniform(1, 4)
        width = length / random.choice((1.0, 1.5, 3.0, 8.0))
        corners = int(random.integers(4, 9)) if random.random() < 0.7 else 32
        angle = np.sort(random.uniform(0, 2 * np.pi, corners))
        turn = random.uniform(0, np.pi)
        along, across = length * np.cos(angle), width * np.sin(angle)
        outline = np.stack(
            [
                column + along * np.cos(turn) - across * np.sin(turn),
                row + along * np.sin(turn) + across * np.cos(turn),
            ],
            axis=1,
        )
        plate = np.zeros(shape, np.float32)
        cv2.fillPoly(plate, [np.rint(outline * 16).astype(np.int32)], 1.0, cv2.LINE_8, 4)
        thickness += plate * np.float32(random.uniform(0.3, 1))
    return thickness


def _porous(
    shape: tuple[int, int], size_px: float, island: np.ndarray, random: np.random.Generator
) -> np.ndarray:
    """Cloud of grains too small to tell apart: carbon black, a gel."""
    cloud = np.zeros(shape, np.float32)
    strength = 1.0
    for octave in range(3):
        wavelength = max(2.5, 3 * size_px / 2**octave)
        cloud += np.float32(strength) * smooth_noise(shape, wavelength, random)
        strength *= random.uniform(0.3, 0.8)
    edge = np.clip(island * random.uniform(1, 8), 0, 1)
    return np.clip(1 + random.uniform(0.15, 0.6) * cloud, 0, None) * edge


def _film(
    shape: tuple[int, int], size_px: float, island: np.ndarray, random: np.random.Generator
) -> np.ndarray:
    hills = 1 + random.uniform(0, 0.3) * smooth_noise(shape, 6 * size_px, random)
    return np.clip(hills, 0.1, None) * (island > 0)


KINDS: tuple[Callable[..., np.ndarray], ...] = (_spheres, _plates, _porous, _film)


def _bar(shape: tuple[int, int], random: np.random.Generator) -> np.ndarray:
    """Return a thick band of the grid's carbon, curved, with a rim."""
    rows, columns = np.indices(shape, np.float32)
    radius = random.uniform(1, 4) * max(shape)
    angle = random.uniform(0, 2 * np.pi)
    middle = np.array(shape) * random.uniform(0, 1, 2)
    centre = middle + radius * np.array([np.sin(angle), np.cos(angle)])
    away = np.abs(np.hypot(rows - centre[0], columns - centre[1]) - radius)
    half = random.uniform(0.05, 0.3) * max(shape)
    inside = np.clip((half - away) / 2 + 0.5, 0, 1)
    rim = np.exp(-((half - away) ** 2) / (2 * (0.1 * half) ** 2))
    return np.float32(random.uniform(0.2, 0.8)) * (inside + np.float32(0.3) * rim * inside)


def _at(field: np.ndarray, row: float, column: float) -> float:
    height, width = field.shape
    return float(field[int(np.clip(row, 0, height - 1)), int(np.clip(column, 0, width - 1))])


def _patch(
    shape: tuple[int, int], centre: tuple[float, float], reach: float
) -> tuple[tuple[slice, slice], np.ndarray, np.ndarray]:
    """Return where a square around ``centre`` lies in (H, W), and its rows and columns from there;
    all empty where it lies outside."""
    rows, columns = (
        np.arange(max(int(c - reach), 0), max(min(int(c + reach) + 2, n), 0), dtype=np.float32)
        for c, n in zip(centre, shape, strict=True)
    )
    start = [int(axis[0]) if axis.size else 0 for axis in (rows, columns)]
    here = np.s_[start[0] : start[0] + rows.size, start[1] : start[1] + columns.size]
    return here, (rows - np.float32(centre[0]))[:, None], (columns - np.float32(centre[1]))[None]

"""Grains as a Laguerre (weighted Voronoi) tessellation of a torus, drawn to sub-pixel accuracy.

Everything that the label depends on happens here. The distance to a straight edge is known in
closed form, so that lines have the width that was asked for.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from scipy.spatial import cKDTree

from core.synthesis.grains.effects import Curvature, Seeds, Sizes, Twins
from core.synthesis.smooth_noise import smooth_noise

BLOCK = 4
CANDIDATES = 8
MAX_BANDS = 3
FAR = np.float32(1e6)


@dataclass(frozen=True, eq=False)
class Tessellation:
    """``seeds``: (N, 2) (row, column) in px within ``shape``, periodic. ``weights``: (N,) px^2,
    subtracted from the squared distance (0 for a Voronoi tessellation)."""

    seeds: np.ndarray
    weights: np.ndarray
    shape: tuple[int, int]


@dataclass(frozen=True, eq=False)
class GrainMap:
    """Where each grain is; all arrays (H, W).

    ``grains``: int32 index of the seed. ``twin``: bool, inside a twin band. ``edge``: float32
    distance to the nearest grain boundary in px, ``second``: to the next one (small at triple
    junctions). ``twin_edge``: distance to the nearest twin boundary. ``segment``: int64 key of the
    nearest boundary segment. ``offset``: (2, H, W) float32 from the grain's seed in px.
    """

    grains: np.ndarray
    twin: np.ndarray
    edge: np.ndarray
    second: np.ndarray
    twin_edge: np.ndarray
    segment: np.ndarray
    offset: np.ndarray
    count: int


def tessellate(
    seeds: Seeds, sizes: Sizes | None, shape: tuple[int, int], random: np.random.Generator
) -> Tessellation:
    """Return a Poisson process made more regular by Lloyd steps, with Laguerre weights.

    The number of seeds is the area divided by the mean grain area, so the mean diameter is exact
    as long as no weighted cell vanishes. Source: Lloyd 1982, doi:10.1109/TIT.1982.1056489.
    """
    area = np.pi / 4 * seeds.mean_diameter_px**2
    count = max(4, round(shape[0] * shape[1] / area))
    points = random.uniform(0, 1, (count, 2)) * shape
    weights = np.zeros(count)
    if sizes is not None:
        radii = np.exp(random.normal(0, sizes.sigma_ln, count))
        weights = (0.35 * seeds.mean_diameter_px) ** 2 * radii**2 / np.mean(radii**2)
    tessellation = Tessellation(points, weights, shape)
    for _ in range(round(seeds.regularity)):
        tessellation = _lloyd(tessellation, seeds.mean_diameter_px / 4)
    return tessellation


def _tree(tessellation: Tessellation) -> tuple[cKDTree, float]:
    """Return a tree in which the nearest point is the one of smallest power distance.

    Source: Aurenhammer 1987, doi:10.1137/0216006: a power diagram is a cut through a Voronoi
    diagram of one dimension more.
    """
    weights = tessellation.weights
    height = np.sqrt(weights.max(initial=0) - weights)
    points = np.column_stack([tessellation.seeds % tessellation.shape, height])
    return cKDTree(points, boxsize=(*tessellation.shape, 0)), float(weights.max(initial=0))


def _lloyd(tessellation: Tessellation, step: float) -> Tessellation:
    """Move each seed to the centre of its cell, sampled every ``step`` px."""
    rows, columns = (np.arange(step / 2, side, step) for side in tessellation.shape)
    sample = np.stack(np.meshgrid(rows, columns, indexing="ij"), -1).reshape(-1, 2)
    tree, _ = _tree(tessellation)
    owner = tree.query(np.column_stack([sample, np.zeros(len(sample))]))[1]
    away = _nearest_image(sample - tessellation.seeds[owner], tessellation.shape)
    count = len(tessellation.seeds)
    number = np.maximum(np.bincount(owner, minlength=count), 1)[:, None]
    shift = np.stack([np.bincount(owner, away[:, i], count) for i in (0, 1)], -1) / number
    moved = (tessellation.seeds + shift) % tessellation.shape
    return Tessellation(moved, tessellation.weights, tessellation.shape)


def _nearest_image(difference: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    return difference - np.round(difference / shape) * shape


def draw_map(
    tessellation: Tessellation,
    curvature: Curvature | None,
    twins: Twins | None,
    diameter_px: float,
    randoms: tuple[np.random.Generator, np.random.Generator],
) -> GrainMap:
    """Return the tessellation on its pixels, bent and twinned.

    ``randoms``: for the curvature and for the twins, so that one does not change the other.
    """
    shape = tessellation.shape
    straight = np.indices(shape, np.float32)
    bent = straight
    if curvature is not None:
        bent = straight + _displacement(curvature, diameter_px, shape, randoms[0])
    edge, second, grains, other, seed = _draw_cells(tessellation, bent)
    if curvature is not None:
        edge = _straightened(edge)
    # Twins stay straight where grain boundaries bend.
    offset = straight - seed
    count = len(tessellation.seeds)
    twin, twin_edge = _draw_twins(twins, grains, offset, diameter_px, count, randoms[1])
    low, high = np.minimum(grains, other), np.maximum(grains, other)
    segment = low.astype(np.int64) * count + high
    return GrainMap(grains, twin, edge, second, twin_edge, segment, offset, count)


def _displacement(
    curvature: Curvature, diameter_px: float, shape: tuple[int, int], random: np.random.Generator
) -> np.ndarray:
    """Return a smooth field (2, H, W) float32 in px, too flat to fold."""
    wavelength = max(4.0, curvature.wavelength * diameter_px)
    amplitude = min(curvature.amplitude * diameter_px, 0.12 * wavelength)
    field = [
        smooth_noise(shape, wavelength, random) + 0.4 * smooth_noise(shape, wavelength / 2, random)
        for _ in range(2)
    ]
    return np.float32(amplitude) * np.stack(field)


def _draw_cells(tessellation: Tessellation, place: np.ndarray) -> list[np.ndarray]:
    """Return edge, second edge, grain, other grain and seed for each pixel at ``place`` (2, H, W).

    The nearest seeds of each block of 4 x 4 px are looked up; each pixel chooses among them.
    """
    shape = tessellation.shape
    index, position, weight = _candidates(tessellation, place)
    best = np.full(shape, np.inf, np.float32)
    nearest = np.zeros(shape, np.int32)
    seed = np.zeros((2, *shape), np.float32)
    powers = []
    for k in range(index.shape[-1]):
        spread = [_per_pixel(position[..., k, axis], shape) for axis in (0, 1)]
        power = (place[0] - spread[0]) ** 2 + (place[1] - spread[1]) ** 2
        power -= _per_pixel(weight[..., k], shape)
        closer = power < best
        np.copyto(best, power, where=closer)
        np.copyto(nearest, _per_pixel(index[..., k], shape), where=closer)
        for axis in (0, 1):
            np.copyto(seed[axis], spread[axis], where=closer)
        powers.append(power)
    edge, second = np.full(shape, FAR), np.full(shape, FAR)
    other = np.zeros(shape, np.int32)
    for k, power in enumerate(powers):
        apart = np.hypot(
            _per_pixel(position[..., k, 0], shape) - seed[0],
            _per_pixel(position[..., k, 1], shape) - seed[1],
        )
        away = np.where(apart > 1e-3, (power - best) / (2 * np.maximum(apart, 1e-3)), FAR)
        closer = away < edge
        np.minimum(second, np.where(closer, edge, away), out=second)
        np.copyto(edge, away, where=closer)
        np.copyto(other, _per_pixel(index[..., k], shape), where=closer)
    return [edge, second, nearest, other, seed]


def _candidates(
    tessellation: Tessellation, place: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return index (h, w, K) int32, position (h, w, K, 2) and weight (h, w, K) for each block."""
    rows, columns = (
        np.minimum(np.arange(0, side, BLOCK) + BLOCK // 2, side - 1) for side in place.shape[1:]
    )
    centre = np.moveaxis(place[:, rows][:, :, columns], 0, -1).astype(np.float64)
    tree, _ = _tree(tessellation)
    flat = np.zeros((*centre.shape[:-1], 1))
    wanted = min(CANDIDATES, len(tessellation.seeds))
    index = tree.query(np.concatenate([centre % tessellation.shape, flat], -1), k=wanted)[1]
    away = tessellation.seeds[index] - centre[..., None, :]
    position = centre[..., None, :] + _nearest_image(away, tessellation.shape)
    return (
        index.astype(np.int32),
        position.astype(np.float32),
        tessellation.weights[index].astype(np.float32),
    )


def _per_pixel(blocks: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Return (H, W) from one value a block (h, w)."""
    size = (blocks.shape[1] * BLOCK, blocks.shape[0] * BLOCK)
    return cv2.resize(blocks, size, interpolation=cv2.INTER_NEAREST)[: shape[0], : shape[1]]


def _straightened(distance: np.ndarray) -> np.ndarray:
    """Return a distance measured in a bent frame in pixels of the image again."""
    slope = np.hypot(
        cv2.Sobel(distance, cv2.CV_32F, 1, 0, scale=1 / 8),
        cv2.Sobel(distance, cv2.CV_32F, 0, 1, scale=1 / 8),
    )
    # On the ridge itself the slope changes sign and says nothing; only bending counts there.
    slope = cv2.blur(slope, (5, 5))
    return distance / np.clip(slope, 0.6, 1.6)


def _draw_twins(
    twins: Twins | None,
    grains: np.ndarray,
    offset: np.ndarray,
    diameter_px: float,
    count: int,
    random: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the twinned pixels (H, W) bool and the distance to the twin boundaries in px."""
    if twins is None:
        return np.zeros(grains.shape, bool), np.full(grains.shape, FAR)
    angle = random.uniform(0, np.pi, count)
    bands = random.integers(1, round(twins.bands) + 1, count)
    bands[random.random(count) >= twins.share] = 0
    middles = random.uniform(-0.35, 0.35, (MAX_BANDS, count)) * diameter_px
    halves = twins.width * diameter_px / 2 * random.uniform(0.5, 1.5, (MAX_BANDS, count))
    across = offset[0] * np.sin(angle).astype(np.float32)[grains]
    across += offset[1] * np.cos(angle).astype(np.float32)[grains]
    reach = np.full(grains.shape, -FAR)
    for band in range(round(twins.bands)):
        half = np.where(bands > band, halves[band], -FAR).astype(np.float32)
        middle = middles[band].astype(np.float32)
        reach = np.maximum(reach, half[grains] - np.abs(across - middle[grains]))
    return reach > 0, np.minimum(np.abs(reach), FAR)

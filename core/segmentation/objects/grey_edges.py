"""Outlines moved to where the grey level changes fastest, object by object.

A network draws outlines where those of its training masks are, and people trace around a particle
rather than along its edge.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from core.pixels.distance import distance_inside

REACH_PX = 5.0
"""How far from an outline grey levels are looked at, on either side."""
FARTHEST_PX = 3.0
"""How far an outline is moved at most."""
NODES_PER_PX = 2
BAND_PX = 2.0
"""How far from the edge a pixel's own grey level decides."""
SMOOTHING_PX = 0.7
PLATEAU_PX = 2.5
"""How far from the edge the levels are taken that its own lies midway between."""
LEAST_PIXELS = 6.0
"""Of a node of the profile, so that its mean says something."""
LEAST_STEP = 1.0
"""Of the edge, in standard deviations of single pixels on either side."""
CLEAR = 1.3
"""How much steeper the edge is than the next one in reach."""


@dataclass(frozen=True, eq=False)
class Edges:
    """Of each object by id, (N + 1,): ``depth`` of the edge under the outline in px; ``level``, the
    grey midway between both sides; ``side``, 1 where the object is brighter than what surrounds it,
    -1 where darker, 0 where it has no clear edge."""

    depth: np.ndarray
    level: np.ndarray
    side: np.ndarray


def move_outlines(objects: np.ndarray, pixels: np.ndarray, measurable: np.ndarray) -> np.ndarray:
    """Return ``objects`` with each outline at the steepest change of grey around it.

    Of each object, the mean grey level by distance from its outline is taken, on pixels nearer to
    it than to any other. Where that is steepest, and clearly so, is the edge, 3 px away at most;
    the grey level midway between its two
    sides bounds the object within 2 px of it. Between touching objects the outline
    stays, and so does that of an object without a clear edge.

    ``objects``: (H, W) ids, 0 = none. ``pixels``: (H, W) float32. ``measurable``: (H, W) bool.
    Returns (H, W) of the same ids.
    """
    if not objects.any() or objects.all():
        return objects
    smooth = cv2.GaussianBlur(np.ascontiguousarray(pixels, np.float32), (0, 0), SMOOTHING_PX)
    owner, depth = _nearest(objects)
    edges = _edges(owner, depth, smooth, measurable)
    beyond = depth - edges.depth[owner]
    by_grey = (smooth - edges.level[owner]) * edges.side[owner] >= 0
    is_near = (np.abs(beyond) < BAND_PX) & (edges.side[owner] != 0)
    inside = np.where(is_near, by_grey, beyond >= 0) & measurable
    return np.where(inside, owner, 0).astype(objects.dtype)


def as_drawn(objects: np.ndarray, phase: np.ndarray) -> np.ndarray:
    """Return ``objects`` (H, W) with moved outlines within the ``phase`` (H, W) bool of the model
    again: as far as an outline is moved, its pixels belong to the nearest object."""
    if not objects.any() or objects.all():
        return objects
    owner, depth = _nearest(objects)
    farthest = FARTHEST_PX + BAND_PX
    # What was filled stays so.
    inside = (phase & (depth >= -farthest)) | (depth > farthest)
    return np.where(inside, owner, 0).astype(objects.dtype)


def _nearest(objects: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the id of the object that each pixel is in or nearest to, and how deep it lies in it,
    negative outside, in px, (H, W) each. An object is as deep as the ground is far: a neighbour is
    no edge."""
    filled = (objects > 0).astype(np.uint8)
    inner = distance_inside(filled)
    outer, label = cv2.distanceTransformWithLabels(
        1 - filled, cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    outer = distance_inside(1 - filled)
    of_label = np.zeros(int(label.max()) + 1, np.int64)
    of_label[label[filled > 0]] = objects[filled > 0]
    return of_label[label], np.where(filled > 0, inner - 0.5, 0.5 - outer)


def _edges(
    owner: np.ndarray, depth: np.ndarray, pixels: np.ndarray, measurable: np.ndarray
) -> Edges:
    """Return the edge of each object."""
    count = int(owner.max()) + 1
    near = (np.abs(depth) <= REACH_PX + 0.5) & measurable
    ids, grey = owner[near], pixels[near].astype(np.float64)
    place = (depth[near] + REACH_PX) * NODES_PER_PX
    nodes = int(2 * REACH_PX * NODES_PER_PX) + 1
    weight, total, square = (np.zeros((count, nodes)) for _ in range(3))
    first = np.floor(place).astype(int) - NODES_PER_PX + 1
    for step in range(2 * NODES_PER_PX):
        node = first + step
        share = np.maximum(1 - np.abs(place - node) / NODES_PER_PX, 0)
        share[(node < 0) | (node >= nodes)] = 0
        key = ids * nodes + node.clip(0, nodes - 1)
        for sums, values in ((weight, share), (total, share * grey), (square, share * grey**2)):
            sums += np.bincount(key, values, count * nodes).reshape(count, nodes)
    known = weight >= LEAST_PIXELS
    mean = np.where(known, total / np.maximum(weight, 1e-9), np.nan)
    spread = np.where(known, square / np.maximum(weight, 1e-9) - mean**2, np.nan)
    return _steepest(mean, np.maximum(spread, 0))


def _steepest(mean: np.ndarray, spread: np.ndarray) -> Edges:
    """Return the steepest place of each profile (N, nodes), where it is clear.

    ``spread``: (N, nodes) variance of single pixels at each node.
    """
    step = mean[:, 2 * NODES_PER_PX :] - mean[:, : -2 * NODES_PER_PX]
    slope, plateau = np.abs(step), round(PLATEAU_PX * NODES_PER_PX)
    depths = np.linspace(-REACH_PX + 1, REACH_PX - 1, slope.shape[1])
    wanted = np.where((np.abs(depths) <= FARTHEST_PX) & np.isfinite(slope), slope, -1)
    rows, top = np.arange(len(slope)), wanted.argmax(axis=1)
    best = wanted[rows, top]
    elsewhere = np.where(np.abs(depths - depths[top][:, None]) > 2, slope, 0)
    noise = np.sqrt(np.nanmedian(np.where(np.isfinite(spread), spread, np.inf), axis=1))
    is_clear = (best > LEAST_STEP * noise) & (best > CLEAR * np.nan_to_num(elsewhere).max(axis=1))
    is_clear &= best > 0
    side = np.sign(step[rows, top])
    middle = top + NODES_PER_PX
    inner, outer = (
        mean[rows, (middle + away).clip(0, mean.shape[1] - 1)] for away in (plateau, -plateau)
    )
    is_clear &= np.isfinite(inner) & np.isfinite(outer)
    level = np.where(is_clear, (inner + outer) / 2, 0)
    return Edges(np.where(is_clear, depths[top], 0), level, np.where(is_clear, side, 0))

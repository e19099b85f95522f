"""Hollow particles stay whole, touching ones are told apart: shapes drawn at five sizes."""

import cv2
import numpy as np
import pytest

from core.segmentation.objects.instances import separate_objects
from core.segmentation.settings import ObjectSettings

RADII = (12, 20, 35, 50, 80)
SOFT = (0.0, 1.5)  # As drawn, and with the rounded corners of a network's outline.


def plane(side: float, across: float | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Return row and column from the middle of an image."""
    rows, columns = np.mgrid[: int(side), : int(across or side)].astype(float)
    return rows - rows.mean(), columns - columns.mean()


def polar(radius: float) -> tuple[np.ndarray, np.ndarray]:
    row, column = plane(2 * radius + 20)
    return np.hypot(row, column), np.arctan2(row, column)


def packed(radius: float, pitch: float, rows: int, columns: int, shift: float, down: float):
    """Return discs in rows, every second one shifted by a part of the pitch."""
    found = np.zeros((int(pitch * (rows + 1)), int(pitch * (columns + 1.5))), np.uint8)
    down_px, right = np.mgrid[: found.shape[0], : found.shape[1]]
    for row in range(rows):
        for column in range(columns):
            y, x = pitch * (0.8 + down * row), pitch * (0.8 + column + shift * (row % 2))
            found |= np.hypot(down_px - y, right - x) <= radius
    return found


def ring(radius, wall):
    away, _ = polar(radius)
    return (away <= radius) & (away > radius * (1 - wall))


def uneven_ring(radius):
    """A wall of 0.25 to 0.45 radii, thin in three places."""
    away, angle = polar(radius)
    return (away <= radius) & (away > radius * (0.65 + 0.1 * np.cos(3 * angle)))


def core_shell(radius):
    away, _ = polar(radius)
    return ((away <= radius) & (away > 0.75 * radius)) | (away <= 0.45 * radius)


def hollow_square(radius):
    row, column = plane(2 * radius + 20)
    away = np.maximum(abs(row), abs(column))
    return (away <= radius) & (away > radius / 2)


def touching_rings(radius):
    row, column = plane(2 * radius + 20, 4 * radius + 20)
    away = np.minimum(np.hypot(row, column - radius), np.hypot(row, column + radius))
    return (away <= radius) & (away > 0.65 * radius)


def loop(radius, count=8):
    """Discs that touch in a circle."""
    reach = radius / np.sin(np.pi / count)
    row, column = plane(2 * (reach + radius) + 20)
    turns = 2 * np.pi * np.arange(count) / count
    away = [np.hypot(row - reach * np.sin(t), column - reach * np.cos(t)) for t in turns]
    return np.min(away, axis=0) <= radius


def chain(radius):
    return packed(radius, 2 * radius, 1, 8, 0, 0)


def rods(radius):
    """Four rods, ten times as long as wide."""
    width, found = radius / 2, []
    row, column = plane(24 * width)
    for down, right, degrees in ((-6, -6, 0), (-6, 6, 35), (6, -6, 80), (6, 6, 125)):
        turn = np.radians(degrees)
        y, x = row - down * width, column - right * width
        along, beside = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
        found.append((abs(along) <= 5 * width) & (abs(beside) <= width / 2))
    return np.any(found, axis=0)


def hexagonal(radius, gap=0.0):
    return packed(radius, 2 * radius + gap, 5, 5, 0.5, np.sqrt(0.75))


SHAPES = {
    "thin ring": (lambda r: ring(r, 0.3), 1),
    "thick ring": (lambda r: ring(r, 0.6), 1),
    "uneven ring": (uneven_ring, 1),
    "core and shell": (core_shell, 1),
    "hollow square": (hollow_square, 1),
    "touching rings": (touching_rings, 2),
    "loop": (loop, 8),
    "chain": (chain, 8),
    "square packing": (lambda r: packed(r, 2 * r, 4, 4, 0, 1), 16),
    "hexagonal, touching": (hexagonal, 25),
    "hexagonal, 2 px apart": (lambda r: hexagonal(r, 2), 25),
    "hexagonal, overlapping": (lambda r: hexagonal(r, -0.06 * r), 25),
    "rods": (rods, 4),
}
# Without those whose gaps are lost to the softening.
CASES = [
    (name, radius, soft)
    for name in SHAPES
    for radius in RADII
    for soft in SOFT
    if (name, radius, soft) != ("hexagonal, overlapping", 12, 1.5)
]


@pytest.mark.parametrize(("name", "radius", "soft"), CASES)
def test_as_many_objects_as_were_drawn(name, radius, soft):
    draw, count = SHAPES[name]
    drawn = draw(radius).astype(np.float32)
    mask = cv2.GaussianBlur(drawn, (0, 0), soft) if soft else drawn
    objects = separate_objects((mask > 0.5).astype(np.uint8), 1, ObjectSettings())
    assert objects.max() == count


@pytest.mark.parametrize("draw", [lambda r: ring(r, 0.3), uneven_ring, core_shell])
def test_a_hollow_particle_is_as_large_as_a_whole_one(draw):
    objects = separate_objects(draw(40).astype(np.uint8), 1, ObjectSettings())
    away, _ = polar(40)
    np.testing.assert_array_equal(objects, away <= 40)


def test_gaps_between_touching_particles_belong_to_none():
    mask = hexagonal(30).astype(np.uint8)
    objects = separate_objects(mask, 1, ObjectSettings())
    np.testing.assert_array_equal(objects > 0, mask)
    assert np.bincount(objects.ravel())[1:] == pytest.approx(np.pi * 30**2, rel=0.01)


def test_particles_loose_in_a_mesh_stay_particles():
    row, column = plane(200)
    frame = np.maximum(abs(row), abs(column)) > 90
    frame[:5] = frame[-5:] = frame[:, :5] = frame[:, -5:] = False
    loose = np.hypot(row, column) <= 15
    objects = separate_objects((frame | loose).astype(np.uint8), 1, ObjectSettings(split=0))
    assert sorted(np.bincount(objects.ravel())[1:]) == [loose.sum(), frame.sum()]


def test_a_dead_pixel_cuts_no_object_and_belongs_to_none():
    mask = chain(20)
    measurable = np.ones(mask.shape, bool)
    measurable[mask.shape[0] // 2 - 1 : mask.shape[0] // 2 + 1, ::9] = False
    objects = separate_objects(mask * measurable, 1, ObjectSettings(), measurable)
    assert objects.max() == 8
    np.testing.assert_array_equal(objects > 0, (mask > 0) & measurable)


def test_a_cut_shell_leaves_what_lies_in_its_holes_alone():
    rings = touching_rings(40)
    row, column = plane(*rings.shape)
    loose = np.hypot(row, column - 40) <= 8
    objects = separate_objects((rings | loose).astype(np.uint8), 1, ObjectSettings())
    assert objects.max() == 3
    assert np.unique(objects[loose]).tolist() == [objects[loose][0]]
    assert (objects == objects[loose][0]).sum() == loose.sum()


def test_noise_with_holes_in_holes_loses_no_pixel():
    smooth = cv2.GaussianBlur(np.random.default_rng(3).normal(size=(400, 400)), (0, 0), 2)
    mask = (smooth > 0).astype(np.uint8)
    objects = separate_objects(mask, 1, ObjectSettings(minimum_area_px=1))
    assert objects[mask > 0].all()

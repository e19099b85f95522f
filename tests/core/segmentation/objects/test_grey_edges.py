"""Outlines moved to the steepest change of grey: disks of known size, and what must stay."""

import cv2
import numpy as np
import pytest

from core.segmentation.objects.grey_edges import as_drawn, move_outlines


def shown(diameter: float, *, contrast: float = -0.5, noise: float = 0.02):
    """Return nine disks apart, blurred and noisy, and where they lie (9, 2)."""
    random = np.random.default_rng(2)
    pitch = int(2.2 * diameter) + 12
    row, column = np.mgrid[: 3 * pitch, : 3 * pitch]
    cover = np.zeros(row.shape, np.float32)
    middles = (np.stack(np.divmod(np.arange(9), 3), 1) + 0.5) * pitch + random.uniform(
        -1, 1, (9, 2)
    )
    for r, c in middles:
        cover += np.clip(diameter / 2 - np.hypot(row - r, column - c) + 0.5, 0, 1)
    image = 0.6 + contrast * cv2.GaussianBlur(cover, (0, 0), 1) + random.normal(0, noise, row.shape)
    return image.astype(np.float32), middles


def drawn(shape, middles, diameter: float) -> np.ndarray:
    row, column = np.mgrid[: shape[0], : shape[1]]
    objects = np.zeros(shape, np.uint32)
    for number, (r, c) in enumerate(middles, start=1):
        objects[np.hypot(row - r, column - c) <= diameter / 2] = number
    return objects


def diameters(objects: np.ndarray) -> np.ndarray:
    return np.sqrt(4 * np.bincount(objects.ravel())[1:] / np.pi)


@pytest.mark.parametrize("contrast", [-0.5, 0.3])
@pytest.mark.parametrize("diameter", [12, 25, 60])
@pytest.mark.parametrize("too_wide", [-1.5, 0, 1.5, 3])
def test_disks_come_out_as_wide_as_they_are(diameter, too_wide, contrast):
    image, middles = shown(diameter, contrast=contrast)
    objects = drawn(image.shape, middles, diameter + too_wide)
    moved = move_outlines(objects, image, np.ones(image.shape, bool))
    assert diameters(moved) == pytest.approx(diameter, abs=max(0.45, 0.02 * diameter))


def test_no_edge_moves_nothing():
    image, middles = shown(25, contrast=0, noise=0.05)
    objects = drawn(image.shape, middles, 25)
    assert np.array_equal(move_outlines(objects, image, np.ones(image.shape, bool)), objects)
    nothing = np.zeros_like(objects)
    assert np.array_equal(move_outlines(nothing, image, np.ones(image.shape, bool)), nothing)


def test_the_line_between_touching_objects_stays():
    image, _ = shown(25)
    image[:] = np.where(np.hypot(*(np.mgrid[: len(image), : len(image)] - 40)) <= 20, 0.1, 0.6)
    row, column = np.mgrid[: len(image), : len(image)]
    away = np.hypot(row - 40, column - 40)
    objects = np.where(away <= 22, 1 + (column > 40), 0).astype(np.uint32)
    moved = move_outlines(objects, image, np.ones(image.shape, bool))
    assert np.array_equal(np.unique(moved), [0, 1, 2])
    assert (moved > 0).sum() == pytest.approx((away <= 20).sum(), rel=0.02)
    assert (moved[moved > 0] == objects[moved > 0]).all()


def test_nothing_grows_where_nothing_is_measurable():
    image, middles = shown(25)
    objects, measurable = drawn(image.shape, middles, 22), np.ones(image.shape, bool)
    measurable[: int(middles[0, 0])] = False
    moved = move_outlines(objects * measurable, image, measurable)
    assert not moved[~measurable].any() and (moved > 0).sum() > (objects * measurable > 0).sum()


def test_moved_outlines_are_found_again_in_the_phase():
    image, middles = shown(25)
    objects = drawn(image.shape, middles, 28)
    moved = move_outlines(objects, image, np.ones(image.shape, bool))
    assert not np.array_equal(moved, objects)
    assert np.array_equal(as_drawn(moved, objects > 0), objects)

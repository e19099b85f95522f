"""Generated samples: drawn outlines have the area asked for, and the label tells the truth."""

import cv2
import numpy as np
import pytest

from core.measurement.agreement import confusion_matrix, intersection_over_union
from core.segmentation.objects.instances import separate_objects
from core.segmentation.settings import ObjectSettings
from core.synthesis.particles import Particle, Population, draw, place
from core.synthesis.samples import SHAPE, samples

SAMPLES = samples()
POPULATION = Population(60, 14, 1.2, facets=0.5, overlap=-0.2)


def area(corners):
    row, column = corners.T
    return abs(row @ np.roll(column, -1) - column @ np.roll(row, -1)) / 2


def otsu_iou(made):
    """Score the simplest method there is, at the better of its two polarities."""
    grey = cv2.GaussianBlur(np.rint(made.micrograph.pixels * 255).astype(np.uint8), (0, 0), 1.5)
    bright = cv2.threshold(grey, 0, 1, cv2.THRESH_BINARY + cv2.THRESH_OTSU)[1]
    return max(
        intersection_over_union(confusion_matrix(made.labels, mask, 2))[1]
        for mask in (bright, 1 - bright)
    )


def test_placed_particles_have_their_size_and_keep_their_distance():
    placed = place(POPULATION, (400, 500), np.random.default_rng(0))
    assert len(placed) == 60
    for particle in placed:
        assert area(particle.corners) == pytest.approx(np.pi * particle.radius**2)
    sizes = np.log([particle.radius for particle in placed])
    # Standard error of the mean of the logarithm: ln 1.2 / sqrt(60) = 0.024.
    assert sizes.mean() == pytest.approx(np.log(14), abs=0.08)
    for one in placed:
        for other in placed:
            if one is not other:
                apart = np.hypot(one.row - other.row, one.column - other.column)
                gap = 0.2 * min(one.radius, other.radius)
                assert apart >= one.radius + other.radius + gap - 1e-6


@pytest.mark.parametrize("center", [(30, 30), (30.4, 29.7), (30.5, 30.5)])
def test_a_drawn_disc_is_the_disc(center):
    angle = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    corners = 15 * np.stack([np.sin(angle), np.cos(angle)], axis=1)
    field = draw((Particle(*center, 15.0, corners),), (60, 64), np.random.default_rng(0))
    row, column = np.nonzero(field.labels)
    assert len(row) == pytest.approx(np.pi * 15**2, rel=0.015)
    assert (row.mean(), column.mean()) == pytest.approx(center, abs=0.06)
    # A sphere of radius 15 is 30 thick in the middle and holds 4/3 pi 15^3.
    assert field.thickness.max() == pytest.approx(30, rel=0.02)
    assert field.thickness.sum() == pytest.approx(4 / 3 * np.pi * 15**3, rel=0.03)


def test_particles_cut_by_the_edge_are_drawn():
    angle = np.linspace(0, 2 * np.pi, 100, endpoint=False)
    corners = 10 * np.stack([np.sin(angle), np.cos(angle)], axis=1)
    centers = ((-0.5, 20), (20, -30), (39.5, 49.5))
    particles = tuple(Particle(row, column, 10.0, corners) for row, column in centers)
    field = draw(particles, (40, 50), np.random.default_rng(0))
    disc = np.pi * 100
    assert field.labels[:15].sum() == pytest.approx(disc / 2, rel=0.05)
    assert field.labels[25:].sum() == pytest.approx(disc / 4, rel=0.05)
    assert field.labels.sum() == field.labels[:15].sum() + field.labels[25:].sum()


def test_there_are_three_with_names_of_their_own():
    assert len(SAMPLES) >= 3
    assert len({sample.name for sample in SAMPLES}) == len(SAMPLES)
    assert all(sample.sentence.endswith(".") for sample in SAMPLES)


@pytest.mark.parametrize("sample", SAMPLES, ids=[sample.name for sample in SAMPLES])
def test_every_sample_is_calibrated_repeatable_and_says_what_it_is(sample):
    made, again = sample.build(), sample.build()
    micrograph = made.micrograph
    assert micrograph.shape == made.labels.shape == SHAPE
    assert micrograph.pixels.min() >= 0 and micrograph.pixels.max() <= 1
    assert micrograph.pixel_size.source == "synthetic"
    assert "Synthetic" in micrograph.notes[0]
    assert micrograph.digest == again.micrograph.digest
    assert np.array_equal(made.labels, again.labels)
    assert np.array_equal(np.unique(made.labels), [0, 1])


@pytest.mark.parametrize("sample", SAMPLES, ids=[sample.name for sample in SAMPLES])
def test_objects_of_the_truth_are_the_particles(sample):
    made = sample.build()
    objects = separate_objects(made.labels, 1, ObjectSettings(minimum_area_px=5))
    # Some overlap so far, or are cut so small by the edge, that nobody could count them.
    assert 0.85 * made.particles <= objects.max() <= 1.05 * made.particles


def test_the_samples_go_from_easy_to_hard():
    score = {sample.name: otsu_iou(sample.build()) for sample in SAMPLES}
    assert score["gold-tem"] > 0.9
    assert score["low-dose-tem"] < 0.7

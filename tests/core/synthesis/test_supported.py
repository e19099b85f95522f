"""Supported metal particles: what the generator promises, with numbers known beforehand."""

import numpy as np
import pytest

from core.synthesis.crowds import Outline
from core.synthesis.supported.image import Specimen, draw_supported, seen, visible
from core.synthesis.supported.metal import MetalParticle, draw_metal, place_metal
from core.synthesis.supported.recording import as_file, counted, displaced, line_noise
from core.synthesis.supported.support import KINDS, draw_support
from core.training.initialization import from_scratch
from core.training.recipe import ObjectLearning, Recipe
from core.training.synthetic_supported import supported_data

NONE = np.empty(0)
HAADF = Specimen(radius_px=5, contrast=0.3, absorption=None, dose=6.875)


def disc(radius: float, row: float = 32, column: float = 32, strength: float = 1) -> MetalParticle:
    return MetalParticle(row, column, Outline(radius, 1, 0, 2, NONE, NONE), strength)


def test_the_same_seed_draws_the_same():
    one, other = (draw_supported(np.random.default_rng(4), 96) for _ in range(2))
    assert np.array_equal(one[0], other[0]) and np.array_equal(one[1], other[1])


def test_what_is_drawn_is_an_image_and_its_instances():
    counts, widths = [], []
    for seed in range(40):
        image, instances = draw_supported(np.random.default_rng(seed), 128)
        assert image.shape == instances.shape == (128, 128)
        assert image.dtype == np.float32 and instances.dtype == np.uint16
        assert 0 <= image.min() < image.max() <= 1
        areas = np.unique(instances[instances > 0], return_counts=True)[1]
        counts.append(len(areas))
        widths.extend(np.sqrt(4 * areas / np.pi))
    # Some are supports alone, some are full; particles of a few px to about 50.
    assert counts.count(0) >= 3 and max(counts) > 80
    assert np.quantile(widths, 0.1) < 5 and 25 < max(widths) < 62


def test_the_dose_is_counted_electrons():
    random = np.random.default_rng(0)
    image = counted(np.full((400, 400), 0.5, np.float32), 20.0, random)
    assert image.mean() == pytest.approx(0.5, abs=0.002)
    assert image.var() == pytest.approx(0.5 / 20, rel=0.02)


def test_what_is_seen_is_the_limit_of_rose():
    # Added 2/3 of 0.3 over the root of (1 + 0.1) / 6.875, times the root of 100 px, over 5.
    assert seen(HAADF, 100) == pytest.approx(1.0)
    assert seen(HAADF, 400, strength=0.5) == pytest.approx(1.0)
    assert seen(HAADF, 100, thickness=4.3) == pytest.approx(0.5)
    film = Specimen(radius_px=5, contrast=1.5 * np.log(2), absorption=1.0, dose=np.e)
    # Half of what the film lets through, exp(-1), is taken away: 0.5 x 10 / 5.
    assert seen(film, 100) == pytest.approx(1.0)


def test_a_particle_that_nobody_could_trace_is_left_out():
    support = np.ones((64, 64), np.float32)
    clear, small, faint = disc(6), disc(1.5), disc(20, strength=0.3)
    assert visible((clear, small, faint), HAADF, support) == (clear,)
    assert visible((clear,), HAADF, 3 * support) == ()


@pytest.mark.parametrize("radius", [3.0, 7.5, 20.0])
def test_a_particle_has_the_area_of_its_outline(radius):
    drawn = draw_metal((disc(radius, 31.3, 32.8),), (64, 64), 0, np.random.default_rng(0))
    assert (drawn.instances == 1).sum() == pytest.approx(np.pi * radius**2, rel=0.05)
    outside = drawn.scattering * (drawn.instances == 0)
    # What the edge leaves on the pixels around it.
    assert outside.sum() < 0.1 * drawn.scattering.sum()


def test_thickness_adds_up_and_what_is_hidden_is_no_object():
    pair = (disc(8, 32, 28), disc(8, 32, 36))
    random = np.random.default_rng
    both = draw_metal(pair, (64, 64), 0, random(1))
    alone = [draw_metal((one,), (64, 64), 0, random(1)).scattering for one in pair]
    assert both.scattering == pytest.approx(sum(alone))
    assert sorted(np.unique(both.instances)) == [0, 1, 2] and both.instances[32, 32] == 2
    stacked = draw_metal((disc(8), disc(4)), (64, 64), 0, random(1))
    assert set(np.unique(stacked.instances)) == {0, 1}


def test_particles_lie_on_the_support():
    support = np.zeros((128, 128), np.float32)
    support[:, :64] = 1
    random = np.random.default_rng(5)
    placed = [one for _ in range(30) for one in place_metal(support, 4, random)]
    on = np.mean([one.column < 64 for one in placed])
    assert len(placed) > 100 and 0.7 < on < 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_support_is_vacuum_beside_its_islands(kind):
    island = np.full((96, 96), -1, np.float32)
    island[:, :40] = 1
    thickness = kind((96, 96), 6.0, island, np.random.default_rng(2))
    assert thickness.min() >= 0 and thickness[:, :40].mean() > 0.1
    assert thickness[:, 70:].mean() < 0.02


def test_a_support_is_about_1_thick():
    for seed in range(8):
        support = draw_support((96, 96), 20, np.random.default_rng(seed))
        if (support > 0.02).any():
            assert support[support > 0.02].mean() == pytest.approx(1, abs=0.15)


def test_rows_move_with_their_ids():
    instances = np.zeros((8, 8), np.uint16)
    instances[2, 3] = 300
    moved = np.zeros((8, 2), np.float32)
    moved[:, 1] = 2
    assert displaced(instances, moved)[2, 1] == 300
    assert displaced(instances.astype(np.float32), moved)[2, 1] == 300


def test_noise_of_lines_is_the_same_along_a_row():
    image = line_noise(np.zeros((300, 5), np.float32), 0.2, np.random.default_rng(1))
    assert np.ptp(image, axis=1).max() == 0 and image.std() == pytest.approx(0.2, rel=0.1)


def test_a_file_holds_eight_bits():
    random = np.random.default_rng(0)
    for _ in range(6):
        image = as_file(random.normal(5, 2, (40, 40)).astype(np.float32), random)
        assert image.min() >= 0 and image.max() <= 1
        assert np.rint(image * 255) == pytest.approx(image * 255, abs=1e-3)


def test_training_gets_targets_of_objects():
    data = supported_data(side=64, validation=2, train=1)
    recipe = Recipe(10, from_scratch, "instances", crop_px=48, objects=ObjectLearning())
    assert recipe.of_phases is recipe
    image, targets = data.crops(recipe, np.random.default_rng(0))[0]
    assert image.shape == (recipe.crop_px, recipe.crop_px) and targets.shape == (3, *image.shape)
    assert data.validation[0].labels.dtype == np.uint16
    assert not np.array_equal(data.validation[0].image, data.train[0].image)

"""Synthetic grains: the statistics of the Poisson-Voronoi tessellation, and a label that stays."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial import Delaunay
from skimage.measure import label as connected

from core.errors import LamellaError
from core.measurement.grains.grain_size import count_grains
from core.synthesis.grains import microscope, surface
from core.synthesis.grains.effects import (
    Blur,
    Channelling,
    Curvature,
    Grooves,
    Noise,
    Precipitates,
    Seeds,
    Sizes,
    Tone,
    Twins,
)
from core.synthesis.grains.geometry import draw_map, tessellate
from core.synthesis.grains.image import generate, geometry, truth
from core.synthesis.grains.settings import (
    EFFECTS,
    GrainSettings,
    draw_settings,
)
from core.synthesis.parameters import parameters
from core.synthesis.smooth_noise import keyed_random, smooth_noise

OFF = GrainSettings(**{one.name: None for one in EFFECTS})
SHAPE = (128, 160)
GEOMETRY = ("sizes", "curvature", "twins")
LABELLED = (*GEOMETRY, "precipitates")


def plain(diameter: float, shape: tuple[int, int], seed: int = 3):
    seeds = Seeds(diameter, regularity=0)
    randoms = np.random.default_rng(0), np.random.default_rng(0)
    structure = tessellate(seeds, None, shape, np.random.default_rng(seed))
    return structure, draw_map(structure, None, None, diameter, randoms)


@pytest.fixture(scope="module")
def poisson_voronoi():
    return plain(diameter=14, shape=(1400, 1400))


def test_areas_of_poisson_voronoi_cells_have_the_known_variance(poisson_voronoi):
    _, grains = poisson_voronoi
    areas = np.bincount(grains.grains.ravel(), minlength=grains.count)
    assert grains.count > 12_000
    assert (areas / areas.mean()).var() == pytest.approx(0.2802, abs=0.015)


def test_cells_on_a_torus_have_six_sides_on_average(poisson_voronoi):
    structure, _ = poisson_voronoi
    count, size = len(structure.seeds), structure.shape[0]
    shifts = np.array([(i, j) for i in (0, 1, -1) for j in (0, 1, -1)]) * size
    copies = np.concatenate([structure.seeds + shift for shift in shifts])
    near = np.flatnonzero(np.all((copies > -150) & (copies < size + 150), axis=1))
    edges = Delaunay(copies[near]).vertex_neighbor_vertices
    own = near < count
    assert np.diff(edges[0])[own].mean() == pytest.approx(6, abs=1e-9)


def test_mean_intercept_is_pi_over_four_times_the_root_of_the_mean_area(poisson_voronoi):
    _, grains = poisson_voronoi
    crossings = (np.diff(grains.grains, axis=0) != 0).mean()
    crossings = (crossings + (np.diff(grains.grains, axis=1) != 0).mean()) / 2
    mean_area = grains.grains.size / grains.count
    assert 1 / crossings == pytest.approx(np.pi / 4 * np.sqrt(mean_area), rel=0.02)


def test_each_pixel_belongs_to_its_nearest_seed():
    structure, grains = plain(diameter=20, shape=SHAPE)
    place = np.indices(SHAPE).reshape(2, -1).T
    away = place[:, None] - structure.seeds[None]
    away -= np.round(away / SHAPE) * SHAPE
    nearest = np.hypot(away[..., 0], away[..., 1]).argmin(1)
    np.testing.assert_array_equal(grains.grains.ravel(), nearest)


def test_the_label_covers_its_width_times_the_length_of_the_boundaries():
    _, grains = plain(diameter=40, shape=(512, 512))
    settings = replace(OFF, seeds=Seeds(40, 0, band_px=3))
    labels, _ = truth(grains, settings)
    density = 1 / (grains.grains.size / grains.count)
    # Boundary length per area is 2 sqrt(density); bands overlap at triple junctions.
    assert labels.mean() == pytest.approx(3 * 2 * np.sqrt(density), rel=0.12)


def test_a_grain_that_the_edge_cuts_in_two_is_counted_as_two():
    """The tessellation wraps around. Seed 1 of the page: 73 inside, 35 cut, 4 in the corners."""
    grains = generate(GrainSettings(), (512, 512), 1).grains
    assert grains.min() == 1
    pieces = connected(grains, connectivity=2)
    assert pieces.max() == grains.max() == 112
    counted = count_grains(grains)
    assert (counted.inside, counted.cut, counted.corners) == (73, 35, 4)
    assert counted.equivalent == 91.5


def test_the_counted_grains_agree_with_the_density_of_the_seeds():
    settings = replace(OFF, seeds=Seeds(40, 0))
    counts = [count_grains(generate(settings, (320, 320), seed).grains) for seed in range(20)]
    expected = round(320 * 320 / (np.pi / 4 * 40**2))
    assert np.mean([one.equivalent for one in counts]) == pytest.approx(expected, rel=0.03)


def test_lloyd_steps_make_cells_more_equal():
    spreads = []
    for steps in (0, 5):
        settings = replace(OFF, seeds=Seeds(20, steps))
        areas = np.bincount(geometry(settings, (320, 320), 1).grains.ravel())
        spreads.append((areas / areas.mean()).var())
    assert spreads[1] < 0.25 * spreads[0]


def test_weights_spread_the_sizes():
    spreads = [
        np.bincount(geometry(replace(OFF, sizes=sizes), (512, 512), 1).grains.ravel()).std()
        for sizes in (None, Sizes(0.6))
    ]
    assert spreads[1] > 1.3 * spreads[0]


@pytest.mark.parametrize("name", [one.name for one in EFFECTS if one.name not in LABELLED])
def test_no_degradation_touches_the_label(name):
    base = replace(OFF, seeds=Seeds(30), curvature=Curvature(), twins=Twins(counted=1))
    before = generate(base, SHAPE, seed=4)
    kind = next(one.kind for one in EFFECTS if one.name == name)
    changed = {"noise": Noise(electrons=50)} if name == "noise" else {name: kind()}
    if name in ("gradient", "curtaining", "compression", "blur", "drift"):
        # Alone on equal greys these would round to nothing.
        base = replace(base, channelling=Channelling())
        before = generate(base, SHAPE, seed=4)
    after = generate(replace(base, **changed), SHAPE, seed=4)
    np.testing.assert_array_equal(before.labels, after.labels)
    np.testing.assert_array_equal(before.grains, after.grains)
    assert not np.array_equal(before.grey, after.grey)


def test_all_effects_at_once_leave_the_label_and_the_seed_decides():
    worst = GrainSettings(**{one.name: one.kind() for one in EFFECTS})
    bare = replace(OFF, **{name: getattr(worst, name) for name in LABELLED})
    np.testing.assert_array_equal(generate(worst, SHAPE, 7).labels, generate(bare, SHAPE, 7).labels)
    np.testing.assert_array_equal(generate(worst, SHAPE, 7).grey, generate(worst, SHAPE, 7).grey)
    assert not np.array_equal(generate(worst, SHAPE, 7).labels, generate(worst, SHAPE, 8).labels)


def test_without_noise_each_grain_has_one_grey_level():
    settings = replace(OFF, seeds=Seeds(30), channelling=Channelling(0.25))
    grains = geometry(settings, SHAPE, 2)
    levels = surface.channelling(settings.channelling, grains, np.random.default_rng(0))
    assert len(np.unique(levels)) == len(np.unique(grains.grains))


def test_twins_are_counted_only_where_asked():
    bare = generate(replace(OFF, seeds=Seeds(40), twins=Twins(0.4)), SHAPE, 1)
    counted = generate(replace(OFF, seeds=Seeds(40), twins=Twins(0.4, counted=1)), SHAPE, 1)
    without = generate(replace(OFF, seeds=Seeds(40)), SHAPE, 1)
    np.testing.assert_array_equal(bare.labels, without.labels)
    assert counted.labels.sum() > bare.labels.sum()


def test_a_groove_is_as_deep_as_asked():
    _, grains = plain(diameter=40, shape=(256, 256))
    values = Grooves(width_px=3, depth=0.3, rim=0, missing=0)
    depths = surface.grooves(values, grains, False, 0, np.random.default_rng(0))
    assert depths[grains.edge < 0.3].mean() == pytest.approx(-0.3, rel=0.06)
    assert abs(depths[grains.edge > 8].mean()) < 1e-3


def test_missing_segments_are_as_many_as_asked_and_missing_whole():
    _, grains = plain(diameter=20, shape=(512, 512))
    values = Grooves(width_px=2, depth=0.3, rim=0, missing=0.3)
    depths = surface.grooves(values, grains, False, 0, np.random.default_rng(0))
    on_line = grains.edge < 0.5
    gone = {segment: [] for segment in np.unique(grains.segment[on_line])}
    for segment, depth in zip(grains.segment[on_line], depths[on_line], strict=True):
        gone[segment].append(depth == 0)
    assert all(len(set(values)) == 1 for values in gone.values())
    assert np.mean([values[0] for values in gone.values()]) == pytest.approx(0.3, abs=0.05)


@pytest.mark.parametrize("electrons", [20, 400])
def test_noise_has_the_variance_of_its_dose(electrons):
    flat = np.full((256, 256), 0.5, np.float32)
    noisy = microscope.noise(flat, Noise(electrons, 0), np.random.default_rng(0))
    assert noisy.mean() == pytest.approx(0.5, abs=0.003)
    assert noisy.var() * electrons / 0.5 == pytest.approx(1, rel=0.03)


def test_the_sigma_of_the_blur_comes_back_from_an_edge():
    edge = np.zeros((64, 65), np.float32)
    edge[:, 32:] = 1
    blurred = microscope.blur(edge, Blur(2.0, 1.0), np.random.default_rng(0))
    slope = np.diff(blurred[32])
    place = np.arange(len(slope))
    middle = (slope * place).sum()
    assert np.sqrt((slope * (place - middle) ** 2).sum()) == pytest.approx(2.0, rel=0.05)


def test_tone_saturates_the_share_asked_for():
    ramp = np.linspace(0, 1, 40_000, dtype=np.float32).reshape(200, 200)
    bent = microscope.tone(ramp, Tone(gamma=2, contrast=1, clipped=0.02))
    assert (bent <= 0).mean() == pytest.approx(0.02, abs=0.002)
    assert bent[100, 100] == pytest.approx(0.25, abs=0.02)


def test_drawn_settings_stay_within_their_ranges_and_without_what_is_left_out():
    random = np.random.default_rng(0)
    for _ in range(50):
        settings = draw_settings(random, without=("noise",), diameter_px=(20, 40))
        assert 20 <= settings.seeds.mean_diameter_px <= 40
        assert settings.noise is None
        for one in EFFECTS:
            if (values := getattr(settings, one.name)) is not None:
                for name, limits in parameters(one.kind).items():
                    assert limits.low <= getattr(values, name) <= limits.high


def test_leaving_an_effect_out_changes_no_other():
    settings = [
        draw_settings(np.random.default_rng(5), without=without) for without in ((), ("blur",))
    ]
    assert replace(settings[0], blur=None) == settings[1]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (replace(OFF, seeds=Seeds(300)), "at least four grains"),
        (replace(OFF, seeds=Seeds(2)), "6 px or more"),
        (replace(OFF, noise=Noise(electrons=0)), "electrons"),
        (replace(OFF, blur=Blur(sigma_px=-3)), "Sigma|sigma"),
    ],
)
def test_what_cannot_be_drawn_is_said_in_one_sentence(settings, words):
    with pytest.raises(LamellaError, match=words):
        generate(settings, SHAPE, 0)


def test_an_unknown_effect_is_refused():
    with pytest.raises(LamellaError, match="is no effect"):
        draw_settings(np.random.default_rng(0), without=("blurr",))


def test_smooth_noise_is_standard_and_smooth():
    field = np.stack([smooth_noise((256, 256), 16, np.random.default_rng(i)) for i in range(8)])
    assert field.std() == pytest.approx(1, abs=0.06)
    assert np.abs(np.diff(field, axis=2)).max() < 1.2


def test_keyed_random_is_uniform_and_repeats():
    values = keyed_random(np.arange(10_000), 3)
    np.testing.assert_array_equal(values, keyed_random(np.arange(10_000), 3))
    assert values.mean() == pytest.approx(0.5, abs=0.01)
    assert values.var() == pytest.approx(1 / 12, rel=0.03)
    assert values.min() >= 0 and values.max() < 1


def test_precipitates_are_labelled_where_they_are_painted_and_hide_the_boundary():
    base = replace(OFF, seeds=Seeds(40), matrix=0.4)
    particles = Precipitates(0.04, 5, contrast=0.4, on_boundaries=0.5, outline=0)
    plain, made = (
        generate(replace(base, precipitates=one), (256, 256), 3) for one in (None, particles)
    )
    second = made.labels == 2
    assert second.mean() == pytest.approx(0.04, rel=0.5)
    np.testing.assert_array_equal(made.labels[~second], plain.labels[~second])
    np.testing.assert_array_equal(made.grains, plain.grains)
    assert made.grey[second].mean() - made.grey[~second].mean() > 0.3 * 255


def test_particles_sit_on_boundaries_as_often_as_asked_for():
    base = replace(OFF, seeds=Seeds(60))
    edge = geometry(base, (512, 512), 2).edge < 3
    shares = []
    for share in (0.0, 1.0):
        particles = Precipitates(0.02, 3, on_boundaries=share)
        labels = generate(replace(base, precipitates=particles), (512, 512), 2).labels
        shares.append(edge[labels == 2].mean())
    assert shares[0] == pytest.approx(edge.mean(), abs=0.08)
    assert shares[1] > 0.8


def test_films_lie_along_boundaries():
    base = replace(OFF, seeds=Seeds(60))
    films = Precipitates(0.003, 5, films=0.3)
    labels = generate(replace(base, precipitates=films), (512, 512), 2).labels
    edge = geometry(base, (512, 512), 2).edge
    assert 0.005 < (labels == 2).mean() < 0.05
    assert np.percentile(edge[labels == 2], 80) < 5


def test_training_never_draws_precipitates():
    random = np.random.default_rng(0)
    assert all(draw_settings(random).precipitates is None for _ in range(50))

"""Simulated gold: rings of the lattice, the label's independence, Poisson noise, refusals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.errors import LamellaError
from core.synthesis.gold import optics
from core.synthesis.gold.image import (
    PARTICLES,
    GoldImage,
    GoldSettings,
    draw_settings,
    field_for,
    random_settings,
    simulate,
    specimen,
)
from core.synthesis.gold.settings import check

ONE = GoldSettings(
    particles=1,
    diameter_nm=(3.0, 3.0),
    kind="fcc",
    carbon_thickness_nm=0,
    dose_e_per_nm2=1e6,
    pixel_size_nm=0.025,
    focal_spread_nm=2,
)


def centred(settings: GoldSettings, side: int) -> GoldImage:
    """Return the first image whose particle lies well inside."""
    for seed in range(100):
        random = np.random.default_rng((seed, PARTICLES))
        one = specimen(settings, side, random)[0][0]
        if max(abs(one.row - side / 2), abs(one.column - side / 2)) < 0.15 * side:
            return simulate(settings, side, seed)
    raise AssertionError("no particle in the middle")


def test_the_same_seed_gives_the_same_image_and_another_another() -> None:
    first, again, other = (simulate(ONE, 128, seed) for seed in (4, 4, 5))
    assert np.array_equal(first.image, again.image)
    assert first.particles == again.particles
    assert not np.array_equal(first.labels, other.labels)
    with pytest.raises(ValueError, match="read-only"):
        first.labels[0, 0] = 1


@pytest.mark.parametrize(
    "change",
    [
        {"defocus_nm": 40.0, "cs_mm": 0.0},
        {"voltage_kv": 80.0},
        {"focal_spread_nm": 9.0, "astigmatism_nm": 8.0, "astigmatism_degrees": 30.0},
        {"aperture_mrad": 8.0},
        {"dose_e_per_nm2": 100.0},
        {"carbon_thickness_nm": 20.0},
    ],
)
def test_the_label_knows_neither_optics_nor_dose_nor_carbon(change: dict) -> None:
    settings = replace(ONE, particles=3, diameter_nm=(1.5, 2.0), carbon_thickness_nm=2.0)
    plain, changed = simulate(settings, 160, 2), simulate(replace(settings, **change), 160, 2)
    assert 0 < plain.labels.mean() < 1
    assert np.array_equal(plain.labels, changed.labels)
    # Another margin shifts the sum of a Fourier series in its last digits.
    assert np.allclose(plain.thickness_nm, changed.thickness_nm, atol=1e-3)
    assert plain.particles == changed.particles
    assert not np.array_equal(plain.image, changed.image)


def test_the_label_is_where_gold_is_about_a_nanometre_thick() -> None:
    """pi/16 over sigma = 6.526e-3 rad/(V nm) and a mean inner potential of 29.8 V: 1.01 nm."""
    image = simulate(replace(ONE, diameter_nm=(5.0, 5.0), kind="icosahedron"), 256, 1)
    inside = image.labels > 0
    assert image.thickness_nm[inside].min() == pytest.approx(1.0, abs=0.12)
    assert image.thickness_nm[~inside].max() == pytest.approx(1.0, abs=0.12)
    assert image.thickness_nm.max() == pytest.approx(5.0, rel=0.1)


def test_the_thickness_holds_all_atoms() -> None:
    image = centred(replace(ONE, diameter_nm=(2.0, 2.0)), 128)
    one = image.particles[0]
    assert one.atoms == 247
    assert image.thickness_nm.sum() * 0.025**2 == pytest.approx(247 / 4 * 0.40782**3, rel=0.002)
    center = [np.average(at, weights=image.thickness_nm) for at in np.indices((128, 128))]
    assert np.allclose(center, (one.row, one.column), atol=0.1)


def test_the_111_ring_lies_at_its_bin() -> None:
    """256 px of 0.025 nm: {111} at 27.18, {200} at 31.39, {220} at 44.39 bins; along [110]."""
    settings = replace(ONE, zone_axis=(1, 1, 0), cs_mm=0.0, defocus_nm=-8.0)
    image = centred(settings, 256)
    window = np.outer(np.hanning(256), np.hanning(256))
    power = np.abs(np.fft.fft2((image.intensity - image.intensity.mean()) * window)) ** 2
    frequencies = np.fft.fftfreq(256, 1 / 256)
    distance = np.hypot(frequencies[:, None], frequencies)
    ring = np.rint(distance).astype(int)
    strength = np.bincount(ring.ravel(), power.ravel())
    expected = 256 * 0.025 / np.array([0.23545, 0.20391])
    assert np.allclose(expected, [27.18, 31.39], atol=0.01)
    strongest = 20 + np.argmax(strength[20:30])
    assert abs(strongest - expected[0]) <= 1
    spots = (abs(distance - expected[0]) < 2.5) * power
    assert np.average(distance, weights=spots) == pytest.approx(expected[0], abs=0.4)
    # Four {111} spots and nothing at half of their frequency.
    assert strength[strongest] > 20 * strength[12:16].max()


def test_counts_are_poisson_numbers_around_the_intensity() -> None:
    settings = replace(ONE, dose_e_per_nm2=2e4)
    image = simulate(settings, 256, 3)
    expected = 2e4 * 0.025**2 * image.intensity
    assert np.array_equal(image.image, np.rint(image.image))
    # Variance over mean of a Poisson number is 1, here within four standard errors.
    score = (image.image - expected) ** 2 / expected
    assert score.mean() == pytest.approx(1, abs=4 * np.sqrt(2.2 / score.size))
    total = float(expected.sum())
    assert abs(image.image.sum() - total) < 4 * np.sqrt(total)


def test_low_magnification_shows_mass_and_no_lattice() -> None:
    settings = GoldSettings(
        particles=8,
        diameter_nm=(4.0, 7.0),
        pixel_size_nm=0.15,
        voltage_kv=200.0,
        defocus_nm=-200.0,
        aperture_mrad=8.0,
        carbon_thickness_nm=5.0,
    )
    image = simulate(settings, 160, 1)
    gold = image.labels > 0
    # Electrons scattered outside the aperture are missing where gold is.
    assert image.intensity[gold].mean() < 0.92 * image.intensity[~gold].mean()
    thick = image.thickness_nm > 4
    assert image.intensity[thick].mean() < image.intensity[gold & ~thick].mean()


def test_a_larger_aperture_lets_more_electrons_through() -> None:
    means = [simulate(replace(ONE, aperture_mrad=a), 128, 1).intensity.mean() for a in (6, 15, 45)]
    assert means[0] < means[1] < means[2] <= 1.001


def test_carbon_shifts_the_phase_by_its_mean_inner_potential() -> None:
    """100 atoms/nm3 of 0.2511 nm 0.47878 V nm2: 12.0 V; 4 nm at 300 kV shift by 0.314 rad."""
    settings = replace(ONE, carbon_thickness_nm=4.0)
    grid = field_for(settings, 128).grid
    carbon = optics.amorphous(4.0, 100.0, grid, np.random.default_rng(0))
    phase = optics.phase_shift(np.zeros_like(carbon), carbon, 300.0, grid)
    assert phase.mean() == pytest.approx(0.314, rel=0.02)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"particles": 0}, "No particles"),
        ({"dose_e_per_nm2": 0.0}, "makes no image"),
        ({"dose_e_per_nm2": float("nan")}, "makes no image"),
        ({"kind": "cube"}, "no kind of gold"),
        ({"diameter_nm": (4.0, 2.0)}, "smaller one first"),
        ({"diameter_nm": (2.0, 9.0)}, "do not fit a field of 6.4 nm"),
        ({"pixel_size_nm": 5.0}, "Pixel size is 5 nm; it must lie between 0.01 and 0.2 nm"),
        ({"voltage_kv": 0.0}, "Voltage"),
        ({"carbon_thickness_nm": -1.0}, "Carbon"),
    ],
)
def test_what_cannot_be_simulated_is_refused_in_a_sentence(change: dict, words: str) -> None:
    with pytest.raises(LamellaError, match=words):
        simulate(replace(ONE, **change), 256, 0)


@pytest.mark.parametrize("side", [8, 5000])
def test_a_side_out_of_range_is_refused(side: int) -> None:
    with pytest.raises(LamellaError, match="32 to 1024 px"):
        simulate(ONE, side, 0)


def test_random_settings_are_valid_and_repeatable() -> None:
    drawn = [random_settings(seed) for seed in range(100)]
    assert drawn[7] == random_settings(7)
    for settings in drawn:
        check(settings, 256)
        assert 0.02 <= settings.pixel_size_nm <= 0.06
        assert 5e3 <= settings.dose_e_per_nm2 <= 1e5
    assert 30 < sum(abs(settings.cs_mm) < 0.1 for settings in drawn) < 70
    check(draw_settings(np.random.default_rng(1), 64), 64)


def test_the_image_can_be_opened_as_a_micrograph() -> None:
    image = simulate(ONE, 128, 1)
    micrograph = image.micrograph()
    assert micrograph.shape == (128, 128)
    assert micrograph.pixel_size is not None
    assert micrograph.pixel_size.nm == 0.025
    assert image.grey.min() == 0
    assert image.grey.max() == 1

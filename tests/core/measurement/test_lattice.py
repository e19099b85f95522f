"""Lattice spacings from gratings whose spacing and angle are known, and from noise: nothing."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import DataError
from core.measurement.lattice import angle_between, find_lattice
from core.measurement.power_spectrum import (
    GOLD,
    check_reach,
    particle_spectrum,
    radial_profile,
    region_spectrum,
)
from core.types.pixel_size import PixelSize

PIXEL = PixelSize(0.03, "the test")
SIDE = 160


def grating(d_nm: float, angle_deg: float, nm: float = PIXEL.nm, side: int = SIDE) -> np.ndarray:
    """Fringes whose normal points ``angle_deg`` counter-clockwise from the horizontal."""
    rows, columns = np.indices((side, side)) * nm
    angle = np.radians(angle_deg)
    return np.cos(2 * np.pi * (columns * np.cos(angle) - rows * np.sin(angle)) / d_nm)


def noise(seed: int, side: int = SIDE) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(side, side))


def disc(radius: int, side: int = SIDE) -> np.ndarray:
    rows, columns = np.indices((side, side)) - side // 2
    return (np.hypot(rows, columns) <= radius).astype(np.uint32)


def test_gold_has_the_spacings_of_the_tables():
    spacings = [plane.d_nm for plane in GOLD]
    assert spacings == pytest.approx([0.23545, 0.20391, 0.14419, 0.12296, 0.11773], abs=1e-5)
    assert [plane.name for plane in GOLD] == ["{111}", "{200}", "{220}", "{311}", "{222}"]


@pytest.mark.parametrize("plane", GOLD, ids=lambda plane: plane.name)
@pytest.mark.parametrize("angle", [-80.0, 0.0, 33.0, 90.0])
def test_a_grating_is_found_with_its_spacing_and_direction(plane, angle):
    image = grating(plane.d_nm, angle) + noise(1)
    found = find_lattice(region_spectrum(image, PIXEL))
    (spot,) = found.spots
    assert spot.d_nm == pytest.approx(plane.d_nm, rel=0.003)
    assert (spot.angle_deg - angle + 90) % 180 - 90 == pytest.approx(0, abs=0.5)
    assert spot.plane == plane and found.of(plane) == (spot,)
    assert spot.strength > found.threshold and not found.out_of_reach


def test_two_sets_of_planes_meet_at_their_angle():
    d = GOLD[0].d_nm
    image = grating(d, 20) + grating(d, 20 + 70.53) + noise(2)
    first, second = find_lattice(region_spectrum(image, PIXEL)).of(GOLD[0])
    assert angle_between(first, second) == pytest.approx(70.53, abs=0.5)
    assert angle_between(first, first) == 0


def test_noise_has_no_lattice_more_often_than_stated():
    found = [
        find_lattice(region_spectrum(noise(seed, 96), PIXEL), false_alarm=0.05).spots
        for seed in range(60)
    ]
    assert sum(map(bool, found)) <= 6


def test_rings_of_the_microscope_are_no_lattice():
    frequency = np.hypot(*np.meshgrid(*2 * [np.fft.fftfreq(SIDE, PIXEL.nm)], indexing="ij"))
    transfer = np.sin(0.35 * frequency**2)
    for seed in range(8):
        image = np.fft.ifft2(np.fft.fft2(noise(seed)) * transfer).real + 0.05 * noise(90 + seed)
        assert not find_lattice(region_spectrum(image, PIXEL)).spots


def test_only_the_chosen_particle_is_looked_at():
    objects = disc(40)
    objects[:20, :20] = 2
    fringes = grating(GOLD[1].d_nm, 12)
    image = noise(3) + np.where(objects == 1, 1.5 * fringes - 4, grating(GOLD[0].d_nm, 70))
    found = find_lattice(particle_spectrum(image, objects, 1, PIXEL))
    assert [spot.plane.name for spot in found.spots] == ["{200}"]
    assert found.spots[0].d_nm == pytest.approx(GOLD[1].d_nm, rel=0.01)


def test_a_dark_particle_without_fringes_has_no_lattice():
    image = noise(4) - 8 * disc(40)
    assert not find_lattice(particle_spectrum(image, disc(40), 1, PIXEL)).spots


def test_a_wrong_scale_is_not_given_a_name():
    wrong = PixelSize(PIXEL.nm * 1.08, "typed by user")
    (spot,) = find_lattice(region_spectrum(grating(GOLD[0].d_nm, 5) + noise(5), wrong)).spots
    assert spot.d_nm == pytest.approx(1.08 * GOLD[0].d_nm, rel=0.003)
    assert spot.plane is None
    image = grating(GOLD[0].d_nm, 5) + noise(5)
    forgiving = find_lattice(region_spectrum(image, wrong), tolerance=0.1)
    assert forgiving.spots[0].plane == GOLD[0]


def test_pixels_that_cannot_show_a_plane_say_so():
    with pytest.raises(DataError, match=r"0.15 nm cannot show \{111\} at 0.2355 nm"):
        check_reach(PixelSize(0.15, "the test"))
    with pytest.raises(DataError, match="cannot show"):
        find_lattice(region_spectrum(noise(0), PixelSize(0.15, "the test")))
    with pytest.raises(DataError, match="Without a pixel size"):
        region_spectrum(noise(0), None)
    coarse = find_lattice(region_spectrum(noise(0), PixelSize(0.08, "the test")))
    assert [plane.name for plane in coarse.out_of_reach] == ["{220}", "{311}", "{222}"]


def test_what_is_too_small_is_refused():
    with pytest.raises(DataError, match="at least 16 px"):
        region_spectrum(noise(0, 12), PIXEL)
    with pytest.raises(DataError, match="Choose a larger one"):
        particle_spectrum(noise(0), disc(6), 1, PIXEL)
    with pytest.raises(DataError, match="no particle 7"):
        particle_spectrum(noise(0), disc(6), 7, PIXEL)


def test_the_profile_of_white_noise_is_its_variance_and_a_grating_is_a_peak():
    frequency, power = radial_profile(region_spectrum(3 * noise(6, 256), PIXEL))
    assert power[4:].mean() == pytest.approx(9, rel=0.03)
    image = grating(GOLD[0].d_nm, 0, side=256) + 0.1 * noise(7, 256)
    frequency, power = radial_profile(region_spectrum(image, PIXEL))
    assert frequency[power.argmax()] == pytest.approx(1 / GOLD[0].d_nm, rel=0.03)


def test_a_constant_region_has_no_spots():
    assert not find_lattice(region_spectrum(np.ones((64, 64)), PIXEL)).spots

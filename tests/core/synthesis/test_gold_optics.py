"""The microscope: wavelengths, Scherzer's numbers, Thon zeros, dose."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import fft

from core.synthesis.gold import optics
from core.synthesis.gold.optics import Grid, Lens


@pytest.mark.parametrize(
    ("voltage", "picometres", "sigma"),
    [(80, 4.1757, 1.00871e-2), (200, 2.5079, 7.2884e-3), (300, 1.9687, 6.52616e-3)],
)
def test_wavelength_and_interaction_constant(
    voltage: float, picometres: float, sigma: float
) -> None:
    """Kirkland 2010, table 2.1; sigma in rad/(V nm)."""
    assert optics.wavelength_nm(voltage) * 1e3 == pytest.approx(picometres, abs=6e-5)
    assert optics.interaction_constant(voltage) == pytest.approx(sigma, rel=1e-5)


@pytest.mark.parametrize(
    ("voltage", "defocus", "resolution"),
    [(80, -84.9, 0.359), (200, -65.8, 0.245), (300, -58.3, 0.204)],
)
def test_scherzer(voltage: float, defocus: float, resolution: float) -> None:
    """At -1.2 sqrt(Cs lambda) contrast first vanishes near 1 / (0.66 Cs^1/4 lambda^3/4)."""
    lens = Lens(voltage, cs_mm=1.2)
    assert lens.scherzer_nm() == pytest.approx(defocus, abs=0.06)
    focused = replace(lens, defocus_nm=lens.scherzer_nm())
    q = np.linspace(0.2, 12, 20000)
    contrast = focused.transfer(q)
    zero = q[np.argmax(contrast > 0)]
    length = optics.wavelength_nm(voltage)
    # Exactly: 1.2 sqrt(Cs lambda) q^2 = Cs lambda^2 q^4 / 2.
    assert zero == pytest.approx((2.4 / np.sqrt(1.2e6 * length**3)) ** 0.5, rel=1e-3)
    assert 1 / zero == pytest.approx(resolution, rel=0.025)
    assert contrast[np.argmin(np.abs(q - 0.7 * zero))] < -0.75


def test_mean_inner_potentials() -> None:
    """Free atoms: f(0) of gold 10.6, of carbon 2.5 Angstrom, by Kirkland's table."""
    zero = np.zeros(1)
    assert np.isclose(optics.VOLT_NM2, 0.47878, rtol=1e-4)
    gold = optics.scattering_volt_nm2("Au", zero)[0] / optics.VOLT_NM2
    carbon = optics.scattering_volt_nm2("C", zero)[0] / optics.VOLT_NM2
    assert gold == pytest.approx(1.0554, abs=2e-3)
    assert carbon == pytest.approx(0.2511, abs=2e-3)


def test_splat_is_the_transform_of_points_between_pixels() -> None:
    grid = Grid(96, 0.03)
    points = np.random.default_rng(0).uniform(0, 96 * 0.03, (40, 2))
    rows, columns = grid.half()
    exact = np.zeros((96, 49), complex)
    for row, column in points:
        exact += np.exp(-2j * np.pi * (rows * row + columns * column))
    # 40 points scatter sqrt(40) on average; a fifth of the Nyquist frequency is q of gold's {111}.
    inside = rows**2 + columns**2 < (0.4 / 0.06) ** 2
    error = np.abs(optics.splat(points, grid) - exact)[inside]
    assert error.max() < 0.06 * np.sqrt(40)
    # The same, whichever side of the field an atom is counted from.
    again = optics.splat(points + [96 * 0.03, -96 * 0.03], grid)
    assert np.allclose(again, optics.splat(points, grid), atol=1e-2)


def carbon_image(lens: Lens, side: int = 384, step: float = 0.03) -> np.ndarray:
    grid = Grid(side, step)
    atoms = optics.amorphous(1.0, 100.0, grid, np.random.default_rng(5))
    rows, columns = grid.half()
    volts = atoms * optics.scattering_volt_nm2("C", rows**2 + columns**2)
    sigma = optics.interaction_constant(lens.voltage_kv)
    phase = sigma / step**2 * fft.irfft2(volts, s=(side, side))
    return optics.image(phase.astype(np.float32), lens, grid, step)


def ring_power(image: np.ndarray, step: float) -> tuple[np.ndarray, np.ndarray]:
    power = np.abs(fft.fft2(image - image.mean())) ** 2
    rows, columns = Grid(len(image), step).whole()
    ring = np.rint(np.hypot(rows, columns) * len(image) * step).astype(int)
    mean = np.bincount(ring.ravel(), power.ravel()) / np.bincount(ring.ravel())
    return np.arange(len(mean)) / (len(image) * step), mean


def test_thon_rings_of_carbon_vanish_where_chi_is_a_multiple_of_pi() -> None:
    lens = Lens(300, defocus_nm=-200.0, cs_mm=1.2)
    q, power = ring_power(carbon_image(lens), 0.03)
    grown = q[1] - q[0]
    chi = lens.chi(np.zeros(20000), fine := np.linspace(0.5, 4, 20000))
    zeros = fine[np.nonzero(np.diff(np.floor(chi / np.pi)))[0]]
    assert len(zeros) >= 4
    dips = [one for one in range(2, len(q) - 1) if power[one] < min(power[one - 1], power[one + 1])]
    for zero in zeros[:4]:
        assert min(abs(q[dips] - zero)) <= 1.01 * grown


def test_a_phase_object_in_focus_shows_nothing_and_loses_no_electrons() -> None:
    focused = carbon_image(Lens(300))
    assert focused.std() < 0.25 * carbon_image(Lens(300, defocus_nm=-50.0)).std()
    assert focused.mean() == pytest.approx(1, abs=0.01)


def test_underfocus_with_spherical_aberration_makes_atoms_dark() -> None:
    lens = Lens(300, defocus_nm=-58.3, cs_mm=1.2, focal_spread_nm=3)
    grid = Grid(128, 0.03)
    rows, columns = grid.half()
    middle = optics.splat(np.array([[64 * 0.03, 64 * 0.03]]), grid)
    volts = middle * optics.scattering_volt_nm2("Au", rows**2 + columns**2)
    phase = optics.interaction_constant(300) / 0.03**2 * fft.irfft2(volts, s=(128, 128))
    dark = optics.image(phase.astype(np.float32), lens, grid, 0.03)
    assert dark[64, 64] == dark.min() < 0.9
    bright = optics.image(
        phase.astype(np.float32), replace(lens, cs_mm=0, defocus_nm=8), grid, 0.03
    )
    assert bright[64, 64] > 1.05


def test_astigmatism_is_a_defocus_that_depends_on_direction() -> None:
    lens = Lens(200, defocus_nm=-60, cs_mm=1.2, astigmatism_nm=10, astigmatism_degrees=90)
    q, zero = np.array([2.0]), np.zeros(1)
    along_rows, along_columns = lens.chi(q, zero), lens.chi(zero, q)
    plain = replace(lens, astigmatism_nm=0)
    # 90 degrees from the columns is along the rows.
    assert along_rows == pytest.approx(replace(plain, defocus_nm=-50).chi(q, zero))
    assert along_columns == pytest.approx(replace(plain, defocus_nm=-70).chi(zero, q))
    diagonal = np.array([2.0 / np.sqrt(2)])
    assert lens.chi(diagonal, diagonal) == pytest.approx(plain.chi(zero, q))


def test_the_sum_over_foci_damps_a_fringe_as_the_envelope_says() -> None:
    nodes, weights = np.array(optics.FOCI).T
    for depth in (0.3, 1.0, 1.5, 2.0, 2.2):
        summed = np.sum(weights * np.cos(depth * nodes)) / weights.sum()
        assert summed == pytest.approx(np.exp(-(depth**2) / 2), abs=0.03)
    lens = Lens(200, focal_spread_nm=4.0)
    # pi lambda spread q^2 = 1 at q = sqrt(1 / (pi 0.0025079 4)) = 5.633 per nm.
    assert lens.envelope(np.array([5.633**2]))[0] == pytest.approx(np.exp(-0.5), rel=1e-3)


def test_a_coarse_camera_folds_no_fringe_back() -> None:
    """A fringe of 0.2 nm under pixels of 0.15 nm would come back as one of 0.6 nm."""
    grid = Grid(320, 0.0375)
    across = np.arange(320) * 0.0375
    phase = 0.3 * np.cos(2 * np.pi * 5 * across)[None].repeat(320, 0).astype(np.float32)
    # Five per nm in both: 60 periods in 12 nm.
    # Half a period of chi: a quarter would show a phase as no contrast.
    lens = Lens(300, defocus_nm=-0.5 / (25 * optics.wavelength_nm(300)))
    fine = optics.image(phase, lens, grid, 0.0375)
    coarse = optics.image(phase, lens, grid, 0.15)
    assert coarse.shape == (80, 80)
    assert fine.std() > 0.1
    assert coarse.std() < 1e-3
    assert coarse.mean() == pytest.approx(fine.mean(), rel=1e-4)
    with pytest.raises(ValueError, match="does not fit"):
        optics.image(phase, lens, grid, 0.05)

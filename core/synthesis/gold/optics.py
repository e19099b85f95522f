"""What a transmission electron microscope does to atoms: potential, transmission, transfer.

Arrays in Fourier space are (H, W // 2 + 1) as ``scipy.fft.rfft2`` orders them, or (H, W) as
``fft2`` does. Spatial frequencies q are in 1/nm; a wave is exp(+2 pi i q r).

Sign convention: a specimen multiplies the wave by exp(+i sigma V), the lens by exp(-i chi) with
chi = pi lambda defocus q^2 + pi/2 Cs lambda^3 q^4, so that a weak object gives an intensity of
1 + 2 sigma V sin(chi); **underfocus is negative**, and at Scherzer's defocus atoms are dark.

Source: Kirkland 2010, Advanced Computing in Electron Microscopy, doi:10.1007/978-1-4419-6533-2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import constants, fft

# Kirkland 2010, appendix C: electron scattering factors in Angstrom against q in 1/Angstrom,
# sum of a / (q^2 + b) + c exp(-d q^2); rows a, b, c, d. The numbers are those of abTEM 1.0.11.
SCATTERING = {
    "Au": (
        (0.961263398, 3.6958103, 2.77567491),
        (0.170932277, 12.9335319, 0.68999707),
        (0.295414176, 0.311475743, 0.0143237267),
        (0.16352551, 1.39200901, 0.0271265337),
    ),
    "C": (
        (0.212080767, 0.199811865, 0.168254385),
        (0.208605417, 0.208610186, 5.57870773),
        (0.14204836, 0.363830672, 0.000835012),
        (1.33311887, 3.80800263, 0.040398262),
    ),
}
# V nm^2 of projected potential for 1 nm of scattering factor: h^2 / (2 pi m e).
VOLT_NM2 = constants.h**2 / (2 * np.pi * constants.m_e * constants.e) * 1e18
# Mean square displacement along one direction at room temperature, in nm^2: B of about 0.6 and
# 0.9 Angstrom^2 over 8 pi^2.
DISPLACEMENT_NM2 = {"Au": 0.0076e-2, "C": 0.0114e-2}


def wavelength_nm(voltage_kv: float) -> float:
    """Return the electrons' wavelength, relativistic: 0.0025079 nm at 200 kV."""
    energy = voltage_kv * 1e3 * constants.e
    rest = constants.m_e * constants.c**2
    return constants.h * constants.c / np.sqrt(energy * (energy + 2 * rest)) * 1e9


def interaction_constant(voltage_kv: float) -> float:
    """Return sigma in rad/(V nm): 0.0072884 at 200 kV.

    Source: Kirkland 2010, equation 2.33: sigma = 2 pi m e lambda / h^2.
    """
    mass = constants.m_e * (1 + voltage_kv * 1e3 * constants.e / (constants.m_e * constants.c**2))
    metres = wavelength_nm(voltage_kv) * 1e-9
    return 2 * np.pi * mass * constants.e * metres / constants.h**2 * 1e-9


def scattering_volt_nm2(element: str, q2: np.ndarray, still: bool = False) -> np.ndarray:
    """Return the Fourier transform of one atom's projected potential, in V nm^2.

    ``q2``: squared spatial frequencies in 1/nm^2. ``still``: without thermal vibration.
    """
    a, b, c, d = SCATTERING[element]
    per_angstrom2 = q2 / 100
    factor = sum(
        a[one] / (per_angstrom2 + b[one]) + c[one] * np.exp(-d[one] * per_angstrom2)
        for one in range(3)
    )
    if not still:
        factor = factor * np.exp(-2 * np.pi**2 * DISPLACEMENT_NM2[element] * q2)
    return 0.1 * VOLT_NM2 * factor


# Atoms that are put on the grid together; each takes some 400 bytes meanwhile.
SPLAT_AT_ONCE = 200_000


@dataclass(frozen=True)
class Grid:
    """A periodic field of ``side`` x ``side`` points, ``step_nm`` apart."""

    side: int
    step_nm: float

    def half(self) -> tuple[np.ndarray, np.ndarray]:
        """Return q along rows (H, 1) and columns (1, W // 2 + 1) float32."""
        columns = fft.rfftfreq(self.side, self.step_nm).astype(np.float32)
        return fft.fftfreq(self.side, self.step_nm).astype(np.float32)[:, None], columns[None]

    def whole(self) -> tuple[np.ndarray, np.ndarray]:
        """Return q along rows (H, 1) and columns (1, W) float32."""
        q = fft.fftfreq(self.side, self.step_nm).astype(np.float32)
        return q[:, None], q[None]


def splat(points: np.ndarray, grid: Grid) -> np.ndarray:
    """Return the spectrum (H, W // 2 + 1) complex64 of one delta function at each point.

    ``points``: (N, 2) in nm, (row, column), point (0, 0) at the centre of the first pixel; what
    lies outside comes in on the other side. Each is spread over 4 x 4 pixels by a cubic B-spline
    and the spline divided out again, so positions are exact to a small part of a pixel.

    Source: Essmann et al. 1995, doi:10.1063/1.470117 (smooth particle mesh).
    """
    density = np.zeros(grid.side**2, np.float64)
    for start in range(0, len(points), SPLAT_AT_ONCE):
        at = points[start : start + SPLAT_AT_ONCE] / grid.step_nm
        base = np.floor(at).astype(np.int64)
        part = (at - base).astype(np.float32)
        rows, columns = ((base[:, axis] + np.arange(-1, 3)[:, None]) % grid.side for axis in (0, 1))
        place = rows[:, None] * grid.side + columns[None]
        weight = _cubic(part[:, 0])[:, None] * _cubic(part[:, 1])[None]
        density += np.bincount(place.ravel(), weight.ravel(), grid.side**2)
    spectrum = fft.rfft2(density.astype(np.float32).reshape(grid.side, grid.side))
    rows, columns = grid.half()
    spread = np.sinc(rows * np.float32(grid.step_nm)) * np.sinc(columns * np.float32(grid.step_nm))
    return spectrum / spread**4


def _cubic(x: np.ndarray) -> np.ndarray:
    """Return the cubic B-spline (4, N) at the pixels -1, 0, 1, 2 around points ``x`` in [0, 1)."""
    y = 1 - x
    inner = (2 / 3 - one * one * (1 - one / 2) for one in (x, y))
    return np.stack([y * y * y / 6, *inner, x * x * x / 6])


def amorphous(
    thickness_nm: float, per_nm3: float, grid: Grid, random: np.random.Generator
) -> np.ndarray:
    """Return the spectrum (H, W // 2 + 1) of atoms that lie anywhere with equal chances.

    How many fall into a pixel is then a Poisson number, and white noise once filtered with the
    atom's potential is the projected potential. Real amorphous carbon keeps neighbours 0.14 nm
    apart, which this leaves out: it has more power than real carbon below about 3/nm.
    """
    mean = thickness_nm * per_nm3 * grid.step_nm**2
    counts = random.poisson(mean, (grid.side, grid.side)).astype(np.float32)
    return fft.rfft2(counts)


def phase_shift(
    gold: np.ndarray, carbon: np.ndarray | None, voltage_kv: float, grid: Grid
) -> np.ndarray:
    """Return sigma times projected potential (H, W) float32, from the atoms' spectra."""
    rows, columns = grid.half()
    q2 = rows**2 + columns**2
    volts = gold * scattering_volt_nm2("Au", q2)
    if carbon is not None:
        volts = volts + carbon * scattering_volt_nm2("C", q2)
    sigma = np.float32(interaction_constant(voltage_kv) / grid.step_nm**2)
    return sigma * fft.irfft2(volts.astype(np.complex64), s=(grid.side, grid.side))


@dataclass(frozen=True)
class Lens:
    """A microscope's optics; see the head of this file for signs.

    ``astigmatism_nm``: two-fold; the defocus differs by it from the mean along
    ``astigmatism_degrees``, counted from the columns' direction towards the rows', and by minus
    it across. ``focal_spread_nm``: standard deviation of the defocus. ``aperture_mrad``:
    half-angle of the objective aperture.
    """

    voltage_kv: float = 300.0
    defocus_nm: float = 0.0
    cs_mm: float = 0.0
    focal_spread_nm: float = 0.0
    astigmatism_nm: float = 0.0
    astigmatism_degrees: float = 0.0
    aperture_mrad: float = np.inf

    def scherzer_nm(self) -> float:
        """Return -1.2 sqrt(Cs lambda): -65.8 nm at 200 kV and 1.2 mm."""
        cs_nm = self.cs_mm * 1e6
        return float(
            -1.2 * np.copysign(np.sqrt(abs(cs_nm) * wavelength_nm(self.voltage_kv)), cs_nm)
        )

    def chi(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """Return the phase shift in rad at spatial frequencies in 1/nm."""
        length = wavelength_nm(self.voltage_kv)
        q2 = rows**2 + columns**2
        angle = np.deg2rad(2 * self.astigmatism_degrees)
        # q^2 cos 2(phi - angle) without the angle itself.
        skew = (columns**2 - rows**2) * np.cos(angle) + 2 * rows * columns * np.sin(angle)
        defocus = np.pi * length * (self.defocus_nm * q2 + self.astigmatism_nm * skew)
        return defocus + np.pi / 2 * self.cs_mm * 1e6 * length**3 * q2**2

    def envelope(self, q2: np.ndarray) -> np.ndarray:
        """Return what the focal spread leaves of a fringe, exp(-(pi lambda spread q^2)^2 / 2)."""
        length = wavelength_nm(self.voltage_kv)
        return np.exp(-((np.pi * length * self.focal_spread_nm * q2) ** 2) / 2)

    def transfer(self, q: np.ndarray) -> np.ndarray:
        """Return the contrast transfer of a weak object, sin(chi) times envelope, at ``q`` in 1/nm
        along the columns."""
        return np.sin(self.chi(np.zeros_like(q), q)) * self.envelope(q**2)

    def band_limit(self, step_nm: float) -> float:
        """Return the largest q in 1/nm that is imaged: the aperture, two thirds of what the grid
        holds, or where the envelope has fallen to 9 %."""
        length = wavelength_nm(self.voltage_kv)
        limits = [self.aperture_mrad * 1e-3 / length, 2 / 3 / (2 * step_nm)]
        if self.focal_spread_nm > 0:
            limits.append(np.sqrt(2.2 / (np.pi * length * self.focal_spread_nm)))
        return min(limits)


# Nodes and weights of a sum over foci: Gauss-Hermite of order 5, exact to 3 % down to an
# envelope of 9 %, where ``Lens.band_limit`` ends.
FOCI = tuple(zip(*(v.tolist() for v in np.polynomial.hermite_e.hermegauss(5)), strict=True))


def image(phase: np.ndarray, lens: Lens, grid: Grid, wanted_step_nm: float) -> np.ndarray:
    """Return the intensity (h, w) float32, 1 where there is no specimen.

    ``phase``: (H, W) float32 on ``grid``, sigma times projected potential. ``wanted_step_nm``: of
    the camera; its pixels integrate, and no frequency beyond its Nyquist frequency folds back.
    The specimen is a single slice: the wave does not spread within it, so it neither channels nor
    loses focus, which a particle thicker than some nanometres does. Foci are summed incoherently.

    Raises:
        ValueError: the camera's step is not a whole number of the grid's.
    """
    ratio = wanted_step_nm / grid.step_nm
    if abs(ratio - round(ratio)) > 1e-6 or grid.side % round(ratio):
        raise ValueError(f"A camera pixel of {ratio:g} points does not fit the grid.")
    camera = Grid(grid.side // round(ratio), wanted_step_nm)
    limit = lens.band_limit(grid.step_nm)
    wave = fft.fft2(_turn(-phase), overwrite_x=True)
    # The wave holds nothing beyond the limit, so its intensity needs only this finer a grid.
    nyquist = 1 / (2 * wanted_step_nm)
    needed = max(limit, (2 * limit + nyquist) / 2) / nyquist
    side = fft.next_fast_len(int(np.ceil(max(needed, 1) * camera.side)))
    side = min(side, grid.side)
    wave = _resized(wave, side) * np.float32((side / grid.side) ** 2)
    small = Grid(side, grid.side * grid.step_nm / side)
    intensity = _summed_over_foci(wave, small, lens, limit)
    spectrum = fft.rfft2(intensity)
    if side != camera.side:
        spectrum = lowest_half(spectrum, camera.side) * np.float32((camera.side / side) ** 2)
    rows, columns = camera.half()
    step = np.float32(wanted_step_nm)
    # A pixel counts what falls on its area.
    spectrum *= np.sinc(rows * step) * np.sinc(columns * step)
    return np.maximum(fft.irfft2(spectrum, s=(camera.side, camera.side)), 0)


def _summed_over_foci(wave: np.ndarray, grid: Grid, lens: Lens, limit: float) -> np.ndarray:
    """Return the intensity (H, W) of a wave's spectrum (H, W) behind the lens."""
    rows, columns = grid.whole()
    inside = np.nonzero(rows**2 + columns**2 <= limit**2)
    beams, rows, columns = wave[inside], rows[inside[0], 0], columns[0, inside[1]]
    beams *= _turn(lens.chi(rows, columns))
    total = sum(weight for _, weight in FOCI)
    length = wavelength_nm(lens.voltage_kv)
    spread = (np.pi * length * lens.focal_spread_nm) * (rows**2 + columns**2)
    intensity = np.zeros(wave.shape, np.float32)
    for node, weight in FOCI if lens.focal_spread_nm > 0 else ((0.0, total),):
        here = np.zeros(wave.shape, np.complex64)
        here[inside] = beams * _turn(node * spread) if node else beams
        seen = fft.ifft2(here, overwrite_x=True)
        intensity += np.float32(weight / total) * (seen.real**2 + seen.imag**2)
    return intensity


def _turn(angle: np.ndarray) -> np.ndarray:
    turned = np.empty(angle.shape, np.complex64)
    turned.real, turned.imag = np.cos(angle.astype(np.float32)), -np.sin(angle.astype(np.float32))
    return turned


def _resized(spectrum: np.ndarray, side: int) -> np.ndarray:
    """Return the lowest frequencies of a whole spectrum (H, H) as (side, side), side <= H."""
    if side == spectrum.shape[0]:
        return spectrum
    low, high = (side + 1) // 2, side // 2
    picked = np.concatenate([spectrum[:low], spectrum[-high:]])
    return np.concatenate([picked[:, :low], picked[:, -high:]], axis=1)


def lowest_half(spectrum: np.ndarray, side: int) -> np.ndarray:
    """Return the lowest frequencies of a half spectrum, of a field of ``side`` points."""
    low, high = (side + 1) // 2, side // 2
    return np.concatenate([spectrum[:low], spectrum[-high:]])[:, : side // 2 + 1]

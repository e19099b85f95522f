"""Lattice fringes: from the power spectrum of a particle to the spacing of its planes, indexed.

A spot counts only where noise would hardly ever make one as strong, so an image without lattice
gives no spots. Directions are those on the screen, frequencies in 1/nm, spacings in nm.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, hypot, log, pi, sqrt

import cv2
import numpy as np
from scipy import fft, ndimage

from core.errors import DataError
from core.measurement.regions import find_runs
from core.types import PixelSize, read_only

GOLD_CELL_NM = 0.40782
LARGEST_D_NM = 0.30
TOLERANCE = 0.05
FALSE_ALARM = 0.01
LEAST_SIDE_PX, LEAST_PLANES = 16, 4
# The background at a spot: rings one bin wide, and sectors, as astigmatism makes rings uneven.
SECTOR_BINS, SECTORS = 3, 6


@dataclass(frozen=True)
class Plane:
    """A family of lattice planes, such as {111}, and its spacing ``d_nm``."""

    name: str
    d_nm: float


def _gold(h: int, k: int, l: int) -> Plane:  # noqa: E741 - Miller's letters
    return Plane(f"{{{h}{k}{l}}}", GOLD_CELL_NM / sqrt(h * h + k * k + l * l))


GOLD = (_gold(1, 1, 1), _gold(2, 0, 0), _gold(2, 2, 0), _gold(3, 1, 1))
"""The reflections of gold, widest spacing first: 0.2355, 0.2039, 0.1442, 0.1230 nm (fcc, a =
0.40782 nm)."""


@dataclass(frozen=True, eq=False)
class PowerSpectrum:
    """``power``: (N, N) float32, frequency zero at [N // 2, N // 2]; white noise of variance s²
    has mean power s². ``pixel_nm``: of the image. ``width_px``: side of a square with as much
    weight as the window has."""

    power: np.ndarray
    pixel_nm: float
    width_px: float

    @property
    def step_per_nm(self) -> float:
        """Frequency from one bin to the next, in 1/nm."""
        return 1 / (len(self.power) * self.pixel_nm)

    @property
    def nyquist_per_nm(self) -> float:
        """The highest frequency that the pixels can hold, in 1/nm."""
        return 1 / (2 * self.pixel_nm)


@dataclass(frozen=True)
class Spot:
    """A peak of the power spectrum; its twin on the other side of the middle is not listed.

    ``row``, ``column``: place in the spectrum, between bins. ``d_nm``: spacing of the fringes.
    ``angle_deg``: of the normal of the fringes, counter-clockwise from the horizontal as seen on
    the screen, in (-90, 90]. ``strength``: power by the mean power of the background there.
    ``plane``: the nearest within the tolerance, None where there is none.
    """

    row: float
    column: float
    d_nm: float
    angle_deg: float
    strength: float
    plane: Plane | None


@dataclass(frozen=True)
class Lattice:
    """What was found: ``spots``, strongest first. ``threshold``: the strength that a spot needs.
    ``out_of_reach``: planes that are finer than two pixels."""

    spots: tuple[Spot, ...]
    threshold: float
    out_of_reach: tuple[Plane, ...]

    def of(self, plane: Plane) -> tuple[Spot, ...]:
        """Return the spots on the ring of one plane."""
        return tuple(spot for spot in self.spots if spot.plane == plane)


def check_reach(pixel_size: PixelSize | None, planes: tuple[Plane, ...] = GOLD) -> float:
    """Return the pixel size in nm where it can show the widest of ``planes``.

    Raises:
        DataError: no pixel size, or more than half the spacing (Nyquist).
    """
    widest = max(planes, key=lambda plane: plane.d_nm)
    if pixel_size is None:
        raise DataError(
            "Without a pixel size no spacing can be told; type the pixel size of the image."
        )
    if 2 * pixel_size.nm >= widest.d_nm:
        raise DataError(
            f"A pixel of {pixel_size.nm:.3g} nm cannot show {widest.name} at {widest.d_nm:.4f} "
            f"nm: two pixels must fit into it, so {widest.d_nm / 2:.3f} nm or less is needed."
        )
    return pixel_size.nm


def region_spectrum(pixels: np.ndarray, pixel_size: PixelSize | None) -> PowerSpectrum:
    """Return the power spectrum of ``pixels`` (H, W), square or not, under a Hann window.

    Window: Harris 1978, doi:10.1109/PROC.1978.10837.

    Raises:
        DataError: pixels that cannot show gold's {111}, or fewer than 16 on a side.
    """
    nm = check_reach(pixel_size)
    if min(pixels.shape) < LEAST_SIDE_PX:
        raise DataError(
            f"The region is {pixels.shape[0]} x {pixels.shape[1]} px; a power spectrum needs at "
            f"least {LEAST_SIDE_PX} px on each side."
        )
    window = np.outer(*(_hann(side) for side in pixels.shape))
    return _spectrum(pixels, window, nm)


def particle_spectrum(
    pixels: np.ndarray, objects: np.ndarray, number: int, pixel_size: PixelSize | None
) -> PowerSpectrum:
    """Return the power spectrum of one particle alone, its rim faded out.

    ``pixels``: (H, W). ``objects``: (H, W) ids. ``number``: the particle's id.

    Raises:
        DataError: no such particle, one too small, or pixels that cannot show gold's {111}.
    """
    nm = check_reach(pixel_size)
    runs = find_runs(np.where(objects == number, objects, 0))
    if not len(runs.ids):
        raise DataError(f"There is no particle {number} in this image.")
    rows = slice(int(runs.row.min()), int(runs.row.max()) + 1)
    columns = slice(int(runs.start.min()), int(runs.stop.max()))
    mask = (objects[rows, columns] == number).astype(np.uint8)
    distance = cv2.distanceTransform(np.pad(mask, 1), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[
        1:-1, 1:-1
    ]
    narrow = 2 * float(distance.max())
    if narrow < max(LEAST_SIDE_PX, LEAST_PLANES * GOLD[0].d_nm / nm):
        raise DataError(
            f"Particle {number} is {narrow * nm:.2g} nm ({narrow:.0f} px) across; its lattice "
            f"needs {LEAST_PLANES} planes of {GOLD[0].name} and {LEAST_SIDE_PX} px. Choose a "
            "larger one."
        )
    # A sharp rim would spread over the whole spectrum.
    window = np.sin(pi / 2 * np.minimum(1, 4 * distance / narrow)) ** 2
    return _spectrum(pixels[rows, columns], window, nm)


def radial_profile(spectrum: PowerSpectrum) -> tuple[np.ndarray, np.ndarray]:
    """Return frequency (K,) in 1/nm and mean power (K,) of each ring up to Nyquist's."""
    radius = _radius(spectrum)
    rings = np.rint(radius).astype(int).ravel()
    most = len(spectrum.power) // 2
    inside = rings <= most
    count = np.bincount(rings[inside], minlength=most + 1)
    power = np.bincount(rings[inside], spectrum.power.ravel()[inside], most + 1)
    return np.arange(1, most + 1) * spectrum.step_per_nm, (power / count)[1:]


def find_lattice(
    spectrum: PowerSpectrum,
    planes: tuple[Plane, ...] = GOLD,
    tolerance: float = TOLERANCE,
    false_alarm: float = FALSE_ALARM,
) -> Lattice:
    """Find the spots of a spectrum and give each the nearest of ``planes``.

    The power of noise is exponential about its mean, so of M places the strongest exceeds
    ln(M / p) times the mean with a chance of p. This is what a spot needs, with p =
    ``false_alarm``; the mean comes from medians of the ring and of the sector around it. Source:
    Scargle 1982, doi:10.1086/160554, section III. ``tolerance``: of the spacing, 0.05 = 5 %.
    Searched from 0.30 nm to the finest plane less the tolerance, or to Nyquist.
    """
    radius, finest = _radius(spectrum), min(plane.d_nm for plane in planes)
    highest = min(spectrum.nyquist_per_nm, 1 / (finest * (1 - tolerance)))
    frequency = radius * spectrum.step_per_nm
    searched = (frequency >= 1 / LARGEST_D_NM) & (frequency < highest)
    # One half is the mirror image of the other.
    rows, columns = np.indices(radius.shape) - len(radius) // 2
    searched &= (rows < 0) | ((rows == 0) & (columns > 0))
    threshold = log(max(int(searched.sum()), 1) / false_alarm)
    strength = spectrum.power / _background(spectrum, radius)
    apart = max(1, ceil(1.2 * len(radius) / spectrum.width_px))
    peaks = ndimage.maximum_filter(spectrum.power, 2 * apart + 1) == spectrum.power
    places = np.argwhere(peaks & searched & (strength > threshold))
    spots = [
        _spot(spectrum, (int(row), int(column)), float(strength[row, column]), planes, tolerance)
        for row, column in places
    ]
    return Lattice(
        tuple(sorted(spots, key=lambda spot: -spot.strength)),
        threshold,
        tuple(plane for plane in planes if 1 / plane.d_nm >= spectrum.nyquist_per_nm),
    )


def angle_between(first: Spot, second: Spot) -> float:
    """Return the angle between two sets of fringes in degrees, 0 to 90.

    Planes {111} of one crystal meet at arccos(1/3) = 70.53 degrees, {111} and {200} at 54.74.
    """
    apart = abs(first.angle_deg - second.angle_deg) % 180
    return min(apart, 180 - apart)


def _hann(side: int) -> np.ndarray:
    return np.sin(pi * (np.arange(side) + 0.5) / side) ** 2


def _spectrum(pixels: np.ndarray, window: np.ndarray, nm: float) -> PowerSpectrum:
    """Return the power of ``window`` times what ``pixels`` differ from their weighted mean by."""
    side = fft.next_fast_len(max(pixels.shape), real=True)
    side += side % 2
    faded = window * (pixels - np.average(pixels, weights=window))
    power = np.abs(fft.fftshift(fft.fft2(faded, (side, side)))) ** 2
    power = (power / (window**2).sum()).astype(np.float32)
    width = sqrt(window.sum() ** 2 / (window**2).sum())
    return PowerSpectrum(read_only(power), nm, width)


def _radius(spectrum: PowerSpectrum) -> np.ndarray:
    rows, columns = np.indices(spectrum.power.shape) - len(spectrum.power) // 2
    return np.hypot(rows, columns)


def _background(spectrum: PowerSpectrum, radius: np.ndarray) -> np.ndarray:
    """Return the mean power of noise at each bin: the larger of its ring's and its sector's."""
    rows, columns = np.indices(radius.shape) - len(radius) // 2
    rings = np.rint(radius).astype(int)
    sector = np.floor(np.arctan2(-rows, columns) % pi / pi * SECTORS).astype(int) % SECTORS
    sectors = rings // SECTOR_BINS * SECTORS + sector
    medians = [
        ndimage.median(spectrum.power, labels, np.arange(labels.max() + 1))[labels]
        for labels in (rings, sectors)
    ]
    # The median of an exponential distribution is ln 2 of its mean.
    return np.maximum(np.maximum(*medians) / log(2), np.finfo(np.float32).tiny)


def _spot(
    spectrum: PowerSpectrum,
    place: tuple[int, int],
    strength: float,
    planes: tuple[Plane, ...],
    tolerance: float,
) -> Spot:
    row, column = (place[axis] + _between(spectrum.power, place, axis) for axis in (0, 1))
    middle = len(spectrum.power) // 2
    up, right = middle - row, column - middle
    d_nm = 1 / (hypot(up, right) * spectrum.step_per_nm)
    nearest = min(planes, key=lambda plane: abs(plane.d_nm / d_nm - 1))
    angle = float(np.degrees(np.arctan2(up, right)))
    return Spot(
        row,
        column,
        d_nm,
        angle - 180 if angle > 90 else angle,
        strength,
        nearest if abs(d_nm / nearest.d_nm - 1) <= tolerance else None,
    )


def _between(power: np.ndarray, place: tuple[int, int], axis: int) -> float:
    """Return how far the peak lies from its bin along an axis: a parabola through log power."""
    along = np.take(power, place[1 - axis], axis=1 - axis)
    index = place[axis]
    if not 0 < index < len(along) - 1:
        return 0.0
    before, here, after = np.log(np.maximum(along[index - 1 : index + 2], 1e-30))
    curvature = before - 2 * here + after
    return float(np.clip((before - after) / (2 * curvature), -0.5, 0.5)) if curvature < 0 else 0.0

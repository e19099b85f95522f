"""Lattice fringes: from the power spectrum of a particle to the spacing of its planes, indexed.

A spot counts only where noise would hardly ever make one as strong, so an image without lattice
gives no spots. Directions are those on the screen, frequencies in 1/nm, spacings in nm.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, hypot, log, pi

import numpy as np
from scipy import ndimage

from core.measurement.power_spectrum import GOLD, Plane, PowerSpectrum, bin_radius, check_reach
from core.types.pixel_size import PixelSize

LARGEST_D_NM = 0.30
TOLERANCE = 0.04
FALSE_ALARM = 0.01
# The background at a spot: rings one bin wide, and sectors, as astigmatism makes rings uneven.
SECTOR_BINS, SECTORS = 3, 6


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
    Scargle 1982, doi:10.1086/160554, section III. ``tolerance``: of the spacing, 0.04 = 4 %.
    Searched from 0.30 nm to the finest plane less the tolerance, or to Nyquist.

    Raises:
        DataError: pixels too coarse for the widest plane.
    """
    check_reach(PixelSize(spectrum.pixel_nm, "the spectrum"), planes)
    finest = min(plane.d_nm for plane in planes)
    highest = min(spectrum.nyquist_per_nm, 1 / (finest * (1 - tolerance)))
    field = _upper_ring(spectrum, 1 / LARGEST_D_NM, highest)
    threshold = log(max(len(field.rows), 1) / false_alarm)
    power = spectrum.power[field.rows, field.columns]
    strength = power / _background(power, field)
    apart = max(1, ceil(1.2 * len(spectrum.power) / spectrum.width_px))
    peak = ndimage.maximum_filter(spectrum.power, 2 * apart + 1)[field.rows, field.columns] == power
    spots = [
        _spot(
            spectrum,
            (int(field.rows[index]), int(field.columns[index])),
            float(strength[index]),
            planes,
            tolerance,
        )
        for index in np.flatnonzero(peak & (strength > threshold))
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


@dataclass(frozen=True, eq=False)
class _Field:
    """Bins that are searched: place in the spectrum, ring and sector of each, all (M,)."""

    rows: np.ndarray
    columns: np.ndarray
    ring: np.ndarray
    sector: np.ndarray


def _upper_ring(spectrum: PowerSpectrum, lowest: float, highest: float) -> _Field:
    """Return the bins between two frequencies in 1/nm; one half is the mirror of the other."""
    frequency = bin_radius(spectrum) * spectrum.step_per_nm
    middle = len(frequency) // 2
    inside = (frequency >= lowest) & (frequency < highest)
    inside[middle, : middle + 1] = False
    inside[middle + 1 :] = False
    rows, columns = np.nonzero(inside)
    up, right = middle - rows, columns - middle
    ring = np.rint(np.hypot(up, right)).astype(int)
    sixth = np.floor(np.arctan2(up, right) / pi * SECTORS).astype(int) % SECTORS
    return _Field(rows, columns, ring, ring // SECTOR_BINS * SECTORS + sixth)


def _background(power: np.ndarray, field: _Field) -> np.ndarray:
    """Return the mean power of noise at each bin: the larger of its ring's and its sector's."""
    if not len(power):
        return power
    medians = [
        ndimage.median(power, labels, np.arange(labels.max() + 1))[labels]
        for labels in (field.ring, field.sector)
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

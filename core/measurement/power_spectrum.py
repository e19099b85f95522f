"""Power spectra of images whose pixel size is known, and the planes of gold to look for in them.

Frequencies are in 1/nm, spacings in nm; axes are (row, column).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi, sqrt

import cv2
import numpy as np
from scipy import fft

from core.errors import DataError
from core.image_size import width_x_height
from core.measurement.regions import find_runs
from core.pixels.resampling import resample, resample_mask, square_pixel_nm, square_shape
from core.types.arrays import read_only
from core.types.pixel_size import PixelSize

GOLD_CELL_NM = 0.40782
LEAST_SIDE_PX, LEAST_PLANES = 16, 4


@dataclass(frozen=True)
class Plane:
    """A family of lattice planes, such as {111}, and its spacing ``d_nm``."""

    name: str
    d_nm: float


def _gold(h: int, k: int, l: int) -> Plane:  # noqa: E741 - Miller's letters
    return Plane(f"{{{h}{k}{l}}}", GOLD_CELL_NM / sqrt(h * h + k * k + l * l))


GOLD = (_gold(1, 1, 1), _gold(2, 0, 0), _gold(2, 2, 0), _gold(3, 1, 1), _gold(2, 2, 2))
"""The reflections of gold, widest spacing first: 0.2355, 0.2039, 0.1442, 0.1230, 0.1177 nm
(fcc, a = 0.40782 nm). A thick particle shows {111} at twice its frequency
too, which is where {222} lies."""


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


def check_reach(pixel_size: PixelSize | None, planes: tuple[Plane, ...] = GOLD) -> float:
    """Return the pixel size in nm where it can show the widest of ``planes``.

    Raises:
        DataError: no pixel size, or more than half the spacing (Nyquist).
    """
    widest, nm = max(planes, key=lambda plane: plane.d_nm), _known(pixel_size)
    if 2 * nm >= widest.d_nm:
        raise DataError(
            f"A pixel of {nm:.3g} nm cannot show {widest.name} at {widest.d_nm:.4f} "
            f"nm: two pixels must fit into it, so {widest.d_nm / 2:.3f} nm or less is needed."
        )
    return nm


def _known(pixel_size: PixelSize | None) -> float:
    if pixel_size is None:
        raise DataError(
            "Without a pixel size no spacing can be told; type the pixel size of the image."
        )
    # The coarser side decides what can be seen.
    return max(pixel_size.nm, pixel_size.height_nm or 0)


def _square(pixels: np.ndarray, pixel_size: PixelSize | None) -> tuple[np.ndarray, float]:
    """Return ``pixels`` (H, W) in square pixels, and the side of these in nm."""
    assert pixel_size is not None
    if pixel_size.is_square:
        return pixels, pixel_size.nm
    shape = square_shape(pixels.shape, pixel_size)
    return resample(np.asarray(pixels, np.float32), shape), square_pixel_nm(pixel_size)


def region_spectrum(pixels: np.ndarray, pixel_size: PixelSize | None) -> PowerSpectrum:
    """Return the power spectrum of ``pixels`` (H, W), square or not, under a Hann window.

    Window: Harris 1978, doi:10.1109/PROC.1978.10837.

    Raises:
        DataError: no pixel size, or fewer than 16 px on a side.
    """
    _known(pixel_size)
    pixels, nm = _square(pixels, pixel_size)
    if min(pixels.shape) < LEAST_SIDE_PX:
        raise DataError(
            f"The region is {width_x_height(pixels.shape)} px; a power spectrum needs at "
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
    check_reach(pixel_size)
    shape = square_shape(pixels.shape, pixel_size)
    (pixels, nm), objects = _square(pixels, pixel_size), resample_mask(objects, shape)
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
    radius = bin_radius(spectrum)
    rings = np.rint(radius).astype(int).ravel()
    most = len(spectrum.power) // 2
    inside = rings <= most
    count = np.bincount(rings[inside], minlength=most + 1)
    power = np.bincount(rings[inside], spectrum.power.ravel()[inside], most + 1)
    return np.arange(1, most + 1) * spectrum.step_per_nm, (power / count)[1:]


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


def bin_radius(spectrum: PowerSpectrum) -> np.ndarray:
    """Return how many bins each lies from frequency zero, (N, N)."""
    rows, columns = np.indices(spectrum.power.shape) - len(spectrum.power) // 2
    return np.hypot(rows, columns)

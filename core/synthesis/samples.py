"""Sample micrographs that the project makes itself, each with its true labels.

They are for trying the app and for its tests, and are named synthetic wherever they are shown. The
labels are fixed before blur and noise. The same seed gives the same image.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from core.synthesis.particles import Population, Scene, draw, place
from core.types.micrograph import Micrograph
from core.types.pixel_size import PixelSize

SHAPE = (768, 1024)


@dataclass(frozen=True, eq=False)
class SampleImage:
    """``micrograph``, and its truth: ``labels`` (H, W) uint8, 0 = background, 1 = particle.

    ``particles``: how many were drawn, those hidden or cut by the edge included.
    """

    micrograph: Micrograph
    labels: np.ndarray
    particles: int


@dataclass(frozen=True)
class Sample:
    """One card: ``name`` in links, ``title``, one ``sentence``, and ``build`` to make it."""

    name: str
    title: str
    sentence: str
    build: Callable[[], SampleImage]


def samples() -> tuple[Sample, ...]:
    """Return all samples, in the order in which they are offered."""
    return (
        Sample(
            "gold-tem",
            "Gold on carbon, bright-field TEM",
            "Dark gold nanoparticles on amorphous carbon, some in touch; 0.25 nm a pixel.",
            gold_tem,
        ),
        Sample(
            "platinum-haadf",
            "Platinum on carbon, HAADF-STEM",
            "Bright particles that overlap on an uneven dark support; 0.18 nm a pixel.",
            platinum_haadf,
        ),
        Sample(
            "low-dose-tem",
            "Small particles at low dose",
            "Faint particles in strong noise, as on a beam-sensitive support: the hard one.",
            low_dose_tem,
        ),
    )


def gold_tem(seed: int = 3, median_radius_px: float = 21) -> SampleImage:
    """Return gold on amorphous carbon in bright-field TEM, at 900 electrons a pixel."""
    random = np.random.default_rng(seed)
    population = Population(90, median_radius_px, 1.3, facets=0.55, overlap=0.06, attraction=0.25)
    field = _field(population, random)
    path = field.thickness * field.contrast / 42
    transmitted = np.exp(-1.1 * path) * (1 - 0.1 * (path > 0))
    signal = transmitted * _carbon(random, 0.035) * _shading(random, 0.12)
    signal = _blur(_fresnel(signal), 1.1)
    return _sample("gold-tem", _counts(signal, 900, random), field, 0.25, seed)


def platinum_haadf(seed: int = 5) -> SampleImage:
    """Return platinum on a carbon support in HAADF-STEM: thickness contrast, scan noise."""
    random = np.random.default_rng(seed)
    population = Population(
        130, 17, 1.35, facets=0.3, elongation=1.3, overlap=0.25, attraction=0.45
    )
    field = _field(population, random)
    support = 0.16 + 0.14 * _noise(random, 90) + 0.05 * _noise(random, 14)
    signal = np.clip(support, 0.03, None) + field.thickness * field.contrast / 55
    signal = _blur(signal, 1.3) * _scan_lines(random, 0.015)
    return _sample("platinum-haadf", _counts(signal, 260, random), field, 0.18, seed)


def low_dose_tem(seed: int = 11) -> SampleImage:
    """Return small faint particles in bright-field TEM at 40 electrons a pixel."""
    random = np.random.default_rng(seed)
    population = Population(150, 11, 1.25, facets=0.2, overlap=-0.1)
    field = _field(population, random)
    path = field.thickness * field.contrast / 22
    signal = np.exp(-0.42 * path) * _carbon(random, 0.06) * _shading(random, 0.2)
    return _sample("low-dose-tem", _counts(_blur(signal, 1.4), 40, random), field, 0.4, seed)


def _field(population: Population, random: np.random.Generator) -> Scene:
    return draw(place(population, SHAPE, random), SHAPE, random)


def _sample(
    name: str, pixels: np.ndarray, field: Scene, pixel_size_nm: float, seed: int
) -> SampleImage:
    low, high = np.quantile(pixels, [0.001, 0.999])
    # 8 bit, as a camera's file would be.
    grey = np.rint(np.clip((pixels - low) / (high - low), 0, 1) * 235 + 10).astype(np.uint8)
    micrograph = Micrograph(
        pixels=grey.astype(np.float32) / 255,
        name=f"{name}.png",
        digest=hashlib.sha256(grey.tobytes()).hexdigest(),
        pixel_size=PixelSize(pixel_size_nm, "synthetic"),
        metadata={"origin": "synthetic", "seed": str(seed)},
        file_shape=grey.shape,
        dtype="uint8",
        notes=("Synthetic: made by Lamella, with known truth.",),
    )
    return SampleImage(micrograph, field.labels, len(field.particles))


def _noise(random: np.random.Generator, grain_px: float) -> np.ndarray:
    """Return smooth noise, (H, W) float32 of mean 0 and deviation 1, ``grain_px`` in size."""
    step = max(1, int(grain_px / 3))
    coarse = random.standard_normal((SHAPE[0] // step + 9, SHAPE[1] // step + 9), np.float32)
    coarse = _blur(coarse, grain_px / step)
    size = (coarse.shape[1] * step, coarse.shape[0] * step)
    smooth = cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC)[: SHAPE[0], : SHAPE[1]]
    return (smooth - smooth.mean()) / smooth.std()


def _carbon(random: np.random.Generator, strength: float) -> np.ndarray:
    """Return what an amorphous film lets through: grains of several sizes, mean 1."""
    film = 0.8 * _noise(random, 1.2) + 0.5 * _noise(random, 3) + 0.5 * _noise(random, 25)
    return 1 + strength * film


def _shading(random: np.random.Generator, strength: float) -> np.ndarray:
    """Return an uneven illumination, mean about 1."""
    row, column = np.mgrid[-1 : 1 : SHAPE[0] * 1j, -1 : 1 : SHAPE[1] * 1j].astype(np.float32)
    angle = random.uniform(0, 2 * np.pi)
    slope = row * np.sin(angle) + column * np.cos(angle)
    return 1 + strength * (0.7 * slope - 0.5 * (row**2 + column**2 - 2 / 3))


def _fresnel(signal: np.ndarray) -> np.ndarray:
    """Add the faint bright rim that a slight underfocus leaves around dark particles."""
    return signal + 0.3 * (_blur(signal, 1.0) - _blur(signal, 3.0))


def _scan_lines(random: np.random.Generator, strength: float) -> np.ndarray:
    return 1 + strength * random.standard_normal((SHAPE[0], 1)).astype(np.float32)


def _blur(image: np.ndarray, sigma: float) -> np.ndarray:
    return cv2.GaussianBlur(image.astype(np.float32), (0, 0), sigma)


def _counts(signal: np.ndarray, electrons: float, random: np.random.Generator) -> np.ndarray:
    """Return counted electrons a pixel (Poisson), divided by ``electrons`` again."""
    return random.poisson(np.maximum(signal, 0) * electrons).astype(np.float32) / electrons

"""Micrographs of supported metal particles with an instance mask, each with its own specimen and
microscope: a picture of thickness and atomic number, no multislice simulation."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from core.synthesis.annotations import annotate
from core.synthesis.smooth_noise import smooth_noise
from core.synthesis.supported.metal import MetalParticle, draw_metal, place_metal
from core.synthesis.supported.recording import (
    as_file,
    counted,
    displaced,
    line_noise,
    scan_displacement,
)
from core.synthesis.supported.support import draw_support, texture

RADIUS_PX = (1.6, 24.0)
DOSE = (1.0, 1e4)
EMPTY, BRIGHT_FIELD, ANNOTATED = 0.08, 0.35, 0.1
# Rose 1948, doi:10.1364/JOSA.38.000196: an object of area A is seen in noise where contrast times
# the square root of A exceeds 5 times the noise of a pixel. The median particle is seen; one below
# the lower limit is not drawn, since nobody would trace it, nor one that changes the signal by less
# than its support does from place to place.
SEEN, LEAST_SEEN, LEAST_CHANGE = 5.0, 3.0, 0.08


@dataclass(frozen=True)
class Specimen:
    """``radius_px``: the median of the metal particles. ``contrast``: what the middle of such a
    one adds, relative to the mean signal (HAADF) or absorption (bright field) of the support.
    ``absorption``: of the support's mean thickness in bright field; None for HAADF. ``dose``:
    electrons a pixel where the signal is 1."""

    radius_px: float
    contrast: float
    absorption: float | None
    dose: float


def draw_specimen(random: np.random.Generator) -> Specimen:
    """Draw what is in an image and a dose at which its median particle is seen."""
    radius = float(np.exp(random.uniform(*np.log(RADIUS_PX))))
    contrast = float(np.exp(random.uniform(np.log(0.15), np.log(3))))
    absorption = None
    if random.random() < BRIGHT_FIELD:
        absorption = float(np.exp(random.uniform(np.log(0.05), np.log(0.5))))
        contrast = float(np.exp(random.uniform(np.log(0.15), np.log(1.2)))) / absorption
    specimen = Specimen(radius, contrast, absorption, 1.0)
    least = max(DOSE[0], 1.2 / seen(specimen, np.pi * radius**2) ** 2)
    dose = float(np.exp(random.uniform(np.log(min(least, DOSE[1])), np.log(DOSE[1]))))
    return Specimen(radius, contrast, absorption, dose)


def signal_and_change(specimen: Specimen, strength: float, thickness: float) -> tuple[float, float]:
    """Return the signal of a support of ``thickness``, 1 on average, and how much a particle on it
    changes it; ``strength``: of its middle, relative to the median particle."""
    # Averaged over a particle that is thick in its middle, two thirds are left.
    added = 2 / 3 * strength * specimen.contrast
    if specimen.absorption is None:
        return thickness + 0.1, added
    signal = float(np.exp(-specimen.absorption * thickness))
    return signal, signal * (1 - float(np.exp(-specimen.absorption * added)))


def seen(
    specimen: Specimen, area_px: float, strength: float = 1.0, thickness: float = 1.0
) -> float:
    """Return how many times the limit of Rose (5) a particle on the support reaches at the dose of
    ``specimen``: above 1 it is seen."""
    signal, change = signal_and_change(specimen, strength, thickness)
    return float(change * np.sqrt(area_px * specimen.dose / signal) / SEEN)


def draw_supported(random: np.random.Generator, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Return an image (side, side) float32 in [0, 1] and its instances (side, side) uint16."""
    return draw_image(draw_specimen(random), (side, side), random)


def draw_image(
    specimen: Specimen, shape: tuple[int, int], random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return an image (H, W) float32 in [0, 1] of a specimen and its instances (H, W) uint16."""
    feature = np.clip(specimen.radius_px * np.exp(random.uniform(0.8, 2.5)), 8, min(shape))
    support = draw_support(shape, float(feature), random)
    particles: tuple[MetalParticle, ...] = ()
    if random.random() >= EMPTY:
        particles = visible(place_metal(support, specimen.radius_px, random), specimen, support)
    lattice = random.uniform(0, 0.6) if random.random() < 0.25 else 0.0
    metal = draw_metal(particles, shape, lattice, random)
    moved = scan_displacement(shape, random)
    support = support * np.clip(1 + texture(shape, random), 0.2, None)
    focus = random.uniform(0.4, 0.6 + 0.25 * min(specimen.radius_px, 6))
    signal = _signal(support, metal.scattering, specimen, random)
    signal = displaced(cv2.GaussianBlur(signal, (0, 0), focus), moved)
    image = _recorded(signal, specimen, random)
    if random.random() < ANNOTATED:
        image = annotate(image, random)
    return image, displaced(metal.instances, moved)


def visible(
    particles: tuple[MetalParticle, ...], specimen: Specimen, support: np.ndarray
) -> tuple[MetalParticle, ...]:
    """Return the particles that reach three fifths of the limit of Rose where they lie on the
    ``support`` (H, W), and change its signal by 8 % or more."""
    kept = []
    for one in particles:
        thickness = float(support[int(one.row), int(one.column)])
        signal, change = signal_and_change(specimen, one.strength, thickness)
        clear = seen(specimen, one.area_px, one.strength, thickness) >= LEAST_SEEN / SEEN
        if clear and change >= LEAST_CHANGE * signal:
            kept.append(one)
    return tuple(kept)


def _signal(
    support: np.ndarray, metal: np.ndarray, specimen: Specimen, random: np.random.Generator
) -> np.ndarray:
    """Return what reaches the detector: (H, W) float32, about 1 on the support."""
    both = support + np.float32(specimen.contrast) * metal
    if specimen.absorption is None:
        return np.float32(random.choice((0.02, 0.1, 0.3))) + both
    grain = random.uniform(2.5, 9)
    phase = smooth_noise(support.shape, grain, random) - smooth_noise(support.shape, grain, random)
    strength = random.choice((0.0, 0.02, 0.06, 0.15), p=(0.4, 0.25, 0.2, 0.15))
    signal = np.exp(-np.float32(specimen.absorption) * both)
    signal += np.float32(strength) * phase * np.clip(both, 0.15, 1)
    if random.random() < 0.3:
        # Underfocus leaves a bright rim around what is dark.
        rim = cv2.GaussianBlur(signal, (0, 0), 1.0) - cv2.GaussianBlur(signal, (0, 0), 3.0)
        signal = signal + np.float32(random.uniform(0.2, 1)) * rim
    return np.clip(signal, 0.01, None).astype(np.float32)


def _recorded(signal: np.ndarray, specimen: Specimen, random: np.random.Generator) -> np.ndarray:
    image = counted(signal, specimen.dose, random)
    noise = np.sqrt(max(float(signal.mean()), 1e-3) / specimen.dose)
    if random.random() < 0.3:
        image = line_noise(image, random.uniform(0, 0.5) * noise, random)
    if random.random() < 0.4:
        image = cv2.GaussianBlur(image, (0, 0), random.uniform(0.4, 1.0))
    return as_file(image, random)

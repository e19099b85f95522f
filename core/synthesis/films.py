"""Films without any particle, at the contrast that a model sees them with."""

from __future__ import annotations

import numpy as np

from core.synthesis.annotations import annotate
from core.synthesis.smooth_noise import smooth_noise

ANNOTATED = 0.4
WAVELENGTH_PX = (3.0, 150.0)
# Of the texture and of the noise: the stretch that follows leaves only their ratio.
AMPLITUDE = (0.005, 0.1)
MOST_TEXTURES = 3


def draw_film(random: np.random.Generator, side: int) -> np.ndarray:
    """Return an image (side, side) float32 without particles, in no particular range.

    Up to three textures of different wavelengths, noise and, on some, letters, arrows or scale
    bars. Stretched to the full range of grey, as every image is, a faint texture looks like a
    crowd; that it is none has to be learned from such images.
    """
    image = np.full((side, side), 0.5, np.float32)
    for _ in range(random.integers(MOST_TEXTURES + 1)):
        amplitude, wavelength = _between(AMPLITUDE, random), _between(WAVELENGTH_PX, random)
        image += np.float32(amplitude) * smooth_noise(image.shape, wavelength, random)
    noise = _between(AMPLITUDE, random) * random.standard_normal(image.shape, np.float32)
    image = image + noise.astype(np.float32)
    return annotate(image, random) if random.random() < ANNOTATED else image


def _between(limits: tuple[float, float], random: np.random.Generator) -> float:
    return float(np.exp(random.uniform(*np.log(limits))))

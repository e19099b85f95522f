"""The sample of the start page: metal particles on an oxide support."""

from __future__ import annotations

import hashlib

import numpy as np

from core.synthesis.samples import SHAPE, SampleImage
from core.synthesis.supported.image import Specimen, draw_image
from core.types.micrograph import Micrograph
from core.types.pixel_size import PixelSize

SPECIMEN = Specimen(radius_px=9, contrast=1.0, absorption=None, dose=150)
SEED = 28
PIXEL_NM = 0.35


def supported_metal() -> SampleImage:
    """Return platinum on an oxide support in HAADF-STEM."""
    image, instances = draw_image(SPECIMEN, SHAPE, np.random.default_rng(SEED))
    grey = np.rint(image * 255).astype(np.uint8)
    micrograph = Micrograph(
        pixels=grey.astype(np.float32) / 255,
        name="supported-metal.png",
        digest=hashlib.sha256(grey.tobytes()).hexdigest(),
        pixel_size=PixelSize(PIXEL_NM, "synthetic"),
        metadata={"origin": "synthetic", "seed": str(SEED)},
        file_shape=grey.shape,
        dtype="uint8",
        notes=("Synthetic: made by Lamella, with known truth.",),
    )
    particles = len(np.unique(instances[instances > 0]))
    return SampleImage(micrograph, (instances > 0).astype(np.uint8), particles)

"""Synthetic images of known class: grains, particles, other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from core.classification.crops import LabelledImage
from core.segmentation.preprocessing import eight_bit, grey_levels
from core.synthesis import drawings, patterns
from core.synthesis.grains.image import generate
from core.synthesis.grains.settings import draw_settings
from core.synthesis.samples import gold_tem, low_dose_tem, platinum_haadf
from core.synthesis.supported.image import draw_supported

Draw = Callable[[np.random.Generator, int], np.ndarray]

SIDE = 320
DIAMETER_PX = (25.0, 110.0)
BAND_PX = 6.0
FEWEST_SUPPORTED = 5
# Seeds of the generators: training and validation never meet, nor do the samples of the app.
TRAIN_SEED, VALIDATION_SEED = 20_000, 90_000
PARTICLES = (gold_tem, platinum_haadf, low_dose_tem)
OTHERS: tuple[Draw, ...] = (
    drawings.text_page,
    drawings.chart,
    drawings.screen,
    patterns.constant,
    patterns.power_noise,
    patterns.gradient,
    patterns.grating,
    patterns.checkers,
    patterns.dead_leaves,
    patterns.fractal,
    patterns.ising,
    patterns.fibres,
    patterns.diffraction,
    patterns.spinodal,
)
"""Other images, for training."""
OTHERS_HELD_BACK: tuple[Draw, ...] = (
    drawings.table,
    drawings.heat_map,
    drawings.pie,
    patterns.fringes,
    patterns.automaton,
    patterns.contours,
)
"""Other images that training never sees."""
PHOTOGRAPHS = (
    "astronaut.png",
    "brick.png",
    "chelsea.png",
    "clock_motion.png",
    "coins.png",
    "grass.png",
    "horse.png",
    "ihc.png",
    "retina.jpg",
    "rocket.jpg",
    "text.png",
)
"""Of scikit-image, CC0 or without known restrictions, for training."""
PHOTOGRAPHS_HELD_BACK = (
    "camera.png",
    "cell.png",
    "coffee.png",
    "gravel.png",
    "hubble_deep_field.jpg",
    "moon.png",
    "motorcycle_left.png",
    "page.png",
)


def made_grains(image_class: int, seed: int, count: int) -> list[LabelledImage]:
    """Return ``count`` synthetic grain microstructures, every other one strongly etched; the same
    for the same seed."""
    random, found = np.random.default_rng((seed, 1)), []
    for index in range(count):
        settings = draw_settings(random, (), DIAMETER_PX, BAND_PX)
        while index % 2 and settings.attack is None:
            settings = draw_settings(random, (), DIAMETER_PX, BAND_PX)
        grey = generate(settings, (SIDE, SIDE), int(random.integers(2**31))).grey
        found.append(labelled_image(f"grains-{seed}-{index}", grey, image_class))
    return found


def made_supported(image_class: int, seed: int, count: int) -> list[LabelledImage]:
    """Return ``count`` synthetic STEM micrographs of metal particles on supports."""
    random, found = np.random.default_rng((seed, 3)), list[LabelledImage]()
    while len(found) < count:
        image, instances = draw_supported(random, SIDE)
        if len(np.unique(instances)) > FEWEST_SUPPORTED:
            grey = np.rint(255 * image).astype(np.uint8)
            found.append(labelled_image(f"supported-{seed}-{len(found)}", grey, image_class))
    return found


def made_particles(image_class: int, seed: int, count: int) -> list[LabelledImage]:
    """Return ``count`` synthetic micrographs of each of the app's classes of particle samples."""
    return [
        labelled_image(
            f"{draw.__name__}-{seed}-{index}",
            (draw(seed + index).micrograph.pixels * 255).astype(np.uint8),
            image_class,
        )
        for draw in PARTICLES
        for index in range(count)
    ]


def made_others(
    image_class: int, seed: int, draws: tuple[Draw, ...], count: int
) -> list[LabelledImage]:
    """Return ``count`` images of each of ``draws``."""
    found = []
    for place, draw in enumerate(draws):
        random = np.random.default_rng((seed, 2, place))
        found += [
            labelled_image(f"{draw.__name__}-{seed}-{index}", draw(random, SIDE), image_class)
            for index in range(count)
        ]
    return found


def photographs(image_class: int, names: tuple[str, ...]) -> list[LabelledImage]:
    """Return photographs and pages that scikit-image carries, as grey levels."""
    import skimage.data

    found = []
    for name in names:
        with Image.open(Path(skimage.data.__file__).with_name(name)) as image:
            found.append(labelled_image(name, np.asarray(image.convert("L")), image_class))
    return found


def labelled_image(
    name: str, grey: np.ndarray, image_class: int, specimen: str = ""
) -> LabelledImage:
    """Return an image stretched as a user's is; ``specimen``: its name where none is known."""
    stretched = eight_bit(grey_levels(grey.astype(np.float32) / 255))
    return LabelledImage(name, stretched, image_class, specimen or name)

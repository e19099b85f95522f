"""How sure a model is of what it finds where there are particles, and where there are none.

    python -m research.objects.empty DIR --model particles
    python -m research.objects.empty DIR --model supported-particles

DIR: of EMPS, or for `supported-particles` of the images with boxes. Prints the lowest means of
confidence over the objects of an image with particles, and the highest over those of generated
images without any; the `least_mean` of a card lies between them.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from core.formats import read_file
from core.segmentation.engines.engine import Engine
from core.segmentation.objects.confidence import object_confidence
from core.segmentation.objects.counted import find_objects
from core.segmentation.segment import segment
from core.segmentation.settings import ObjectSettings
from core.synthesis.films import draw_film
from core.training.synthetic_supported import VALIDATION_STREAM, supported_pairs
from core.types.micrograph import Micrograph
from models import zoo
from research.objects.images import read_sides
from research.objects.measure import without_particles

FILMS, TEXTURED, PAIRS = 60, 40, 60
BLURS_PX = np.geomspace(1.5, 30, 12)
SHOWN = 8


def mean_confidence_of_objects(micrograph: Micrograph, engine: Engine) -> float | None:
    """Return the mean confidence, weighted by width, of the objects of the usual least area; None
    without any."""
    made = segment(micrograph, engine)
    found = find_objects(made, 1, ObjectSettings())
    sure = object_confidence(found, made, engine.card)
    assert sure is not None
    area = np.bincount(found.ravel())
    large = area >= ObjectSettings().minimum_area_px
    large[0] = False
    return float(np.average(sure[large], weights=np.sqrt(area[large]))) if large.any() else None


def micrograph_of(grey: np.ndarray, name: str) -> Micrograph:
    """Return grey levels (H, W), stretched to the full range, as a micrograph."""
    low, high = np.percentile(grey, (0.1, 99.9))
    return Micrograph(np.clip((grey - low) / (high - low), 0, 1).astype("f4"), name, digest=name)


def particle_images(data: Path) -> Iterator[tuple[bool, Micrograph]]:
    """Yield whether an image holds particles, and it: of EMPS, and generated films."""
    sides, random = read_sides(data), np.random.default_rng(901)
    kept = {pair.stem for side in ("dev", "val") for pair in sides[side]}
    for file in sorted((data / "images").iterdir()):
        if file.stem in kept:
            yield True, read_file(file)
    for _ in range(FILMS):
        image = np.clip(without_particles(random), 0, 1).astype("f4")
        yield False, Micrograph(image, "film", digest="film")
    for _ in range(TEXTURED):
        yield False, micrograph_of(draw_film(random, 512), "texture")
    for blur in BLURS_PX:
        noise = random.standard_normal((512, 512), np.float32)
        yield False, micrograph_of(cv2.GaussianBlur(noise, (0, 0), blur), "noise")


def supported_images(data: Path) -> Iterator[tuple[bool, Micrograph]]:
    """Yield the same of the images with boxes, and of generated ones with metal and without."""
    for file in sorted((data / "images").glob("*.jpg")):
        yield True, read_file(file)
    for pair in supported_pairs("films", VALIDATION_STREAM, PAIRS, 256):
        grey = pair.image.astype("f4") / 255
        yield bool(pair.labels.any()), Micrograph(grey, pair.stem, digest=pair.stem)


def main() -> None:
    """Print the lowest and the highest means."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", default="particles")
    options = parser.parse_args()
    engine = zoo.load(options.model, "cpu")
    assert isinstance(engine, Engine)
    is_supported = options.model == "supported-particles"
    means: dict[bool, list[float]] = {True: [], False: []}
    counts = {True: 0, False: 0}
    for holds, micrograph in (
        supported_images(options.data) if is_supported else particle_images(options.data)
    ):
        counts[holds] += 1
        if (mean := mean_confidence_of_objects(micrograph, engine)) is not None:
            means[holds].append(mean)
    lowest, highest = sorted(means[True])[:SHOWN], sorted(means[False])[::-1][:SHOWN]
    print(f"lowest of {counts[True]} with particles:", np.round(lowest, 2))
    print(f"highest of {counts[False]} without:", np.round(highest, 2))


if __name__ == "__main__":
    main()

"""What a model's scores become on images unlike its own: python -m research.robustness superalloy

The same images, changed in a known way. Not other specimens, and no promise about them; but what a
change of contrast, focus, dose or scale costs on the very images of the score.

    python -m research.robustness superalloy --data DIR

DIR is the model's data folder; scored are its validation images, or those whose stem fits --only.
Writes models/measured/NAME.robustness.csv, which the model's card reads. Weights of a run that is
not shipped: --weights FILE, which writes nothing.
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

import cv2
import numpy as np

from core.evaluation.robustness_scores import RobustnessScore, write_robustness_scores
from core.formats import read_file
from core.measurement.agreement import (
    confusion_matrix,
    intersection_over_union,
    mean_of_known,
)
from core.pixels.mask_file import read_mask
from core.pixels.resampling import resample, resample_mask
from core.segmentation.engines.classic_engine import ClassicEngine
from core.segmentation.engines.engine import Engine
from core.segmentation.preprocessing import image_field
from core.segmentation.segment import segment
from core.training.augmentation import noise
from core.training.dataset import find_pairs, load_split
from core.types.micrograph import Micrograph
from core.types.progress import ProgressCallback, no_progress
from models import zoo
from models.measured import FOLDER


@dataclass(frozen=True)
class Perturbation:
    """``grey``: stretched grey levels (H, W) float32 in [0, 1] to others of the same shape; clipped
    to [0, 1] afterwards. ``scale``: of a resize after that. ``quarter_turns``: of a
    rotation after that, in units of 90°."""

    name: str
    grey: Callable[[np.ndarray], np.ndarray] = lambda grey: grey
    scale: float = 1.0
    quarter_turns: int = 0


def _blurred(sigma_px: float) -> Callable[[np.ndarray], np.ndarray]:
    return lambda grey: cv2.GaussianBlur(grey, (0, 0), sigma_px)


def _of_dose(electrons: float) -> Callable[[np.ndarray], np.ndarray]:
    # One seed: every model sees the same noise.
    return lambda grey: noise(grey, (electrons, electrons), (0, 0), np.random.default_rng(0))


def _shaded(grey: np.ndarray) -> np.ndarray:
    return grey * np.linspace(0.5, 1, grey.shape[1], dtype=np.float32)


PERTURBATIONS = (
    Perturbation("unmodified"),
    Perturbation("contrast inverted", lambda grey: 1 - grey),
    Perturbation("gamma 0.5", lambda grey: grey**0.5),
    Perturbation("gamma 2", lambda grey: grey**2),
    Perturbation("brightness ramp from 50 % at the left edge", _shaded),
    Perturbation("Gaussian blur, sigma 1 px", _blurred(1)),
    Perturbation("Gaussian blur, sigma 2 px", _blurred(2)),
    Perturbation("Poisson noise, 100 electrons per pixel", _of_dose(100)),
    Perturbation("Poisson noise, 25 electrons per pixel", _of_dose(25)),
    Perturbation("scale x0.5", scale=0.5),
    Perturbation("scale x2", scale=2.0),
    Perturbation("rotation 90°", quarter_turns=1),
    Perturbation("rotation 180°", quarter_turns=2),
)


def robustness(
    engine: Engine | ClassicEngine,
    pairs: Sequence[tuple[Path, Path]],
    instances: bool,
    perturbations: Sequence[Perturbation] = PERTURBATIONS,
    progress: ProgressCallback = no_progress,
) -> list[RobustnessScore]:
    """Return the scores of ``engine`` on images and masks ``pairs``, for each of ``perturbations``.

    ``instances``: a mask's value is an object, and every object is phase 1.
    """
    found: dict[str, list[np.ndarray]] = {perturbation.name: [] for perturbation in perturbations}
    done, total = 0, len(pairs) * len(perturbations)
    for image, mask in pairs:
        for perturbation in perturbations:
            progress(done, total)
            found[perturbation.name].append(
                _confusion(engine, image, mask, instances, perturbation)
            )
            done += 1
    progress(total, total)
    return [_scored(name, confusions) for name, confusions in found.items()]


def _confusion(
    engine: Engine | ClassicEngine,
    image: Path,
    mask: Path,
    instances: bool,
    perturbation: Perturbation,
) -> np.ndarray:
    micrograph, labels = read_file(image), read_mask(mask)
    labels = (labels > 0 if instances else labels).astype(np.uint8)
    field = image_field(micrograph).grey
    grey = np.clip(perturbation.grey(field), 0, 1).astype(np.float32)
    shape = tuple(round(side * perturbation.scale) for side in grey.shape)
    labels = resample_mask(resample_mask(labels[micrograph.image_rows], grey.shape), shape)
    pixels = np.rot90(resample(grey, shape), perturbation.quarter_turns)
    digest = hashlib.sha256(f"{micrograph.digest} {perturbation.name}".encode()).hexdigest()
    # Not at the pixel size of the file: it would be resampled to what it was.
    changed = Micrograph(pixels, micrograph.name, digest)
    labels = np.rot90(labels, perturbation.quarter_turns)
    return confusion_matrix(labels, segment(changed, engine).labels, len(engine.card.phases))


def _scored(name: str, confusions: Sequence[np.ndarray]) -> RobustnessScore:
    together = np.sum(confusions, axis=0)
    per_image = [float(_foreground(one)) for one in confusions]
    return RobustnessScore(
        name,
        len(confusions),
        mean_of_known(intersection_over_union(together)),
        float(_foreground(together)),
        mean_of_known(per_image),
    )


def _foreground(confusion: np.ndarray) -> float:
    """Return the IoU of all that is not phase 0; nan where there is none."""
    both = confusion[1:, 1:].sum()
    either = confusion.sum() - confusion[0, 0]
    return both / either if either else float("nan")


def main() -> None:
    """Score, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--only", help="a pattern for stems, in place of the validation images")
    options = parser.parse_args()
    recipe, card = zoo.recipe(options.model), zoo.card(options.model)
    pairs, _ = find_pairs(options.data / "images", options.data / "masks")
    if options.only:
        pairs = [pair for pair in pairs if fnmatch(pair[0].stem, options.only)]
    else:
        split = load_split(options.data, recipe, len(card.phases))
        stems = {pair.stem for pair in split.validation}
        pairs = [pair for pair in pairs if pair[0].stem in stems]
    engine = zoo.load(options.model, "auto", options.weights)
    scores = robustness(engine, pairs, recipe.masks == "instances")
    for one in scores:
        print(
            f"{one.perturbation:40} mean IoU {one.mean_iou:.3f}, "
            f"foreground {one.foreground_iou:.3f}, per image {one.foreground_iou_macro:.3f}"
        )
    if options.weights is None:
        write_robustness_scores(FOLDER / f"{options.model}.robustness.csv", scores)


if __name__ == "__main__":
    main()

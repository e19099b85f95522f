"""Fit the confidence of objects of `supported-particles` to generated images and to boxes.

    python -m research.supported.confidence --boxes DIR [--weights FILE]

Boxes are those of 640 px images of Cu, Pd and Ru, which the model learned from. Prints the weights
for the card and, by five folds over images, what each threshold is worth.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_predict

from core.formats import read_file
from core.measurement.boxes import box_overlaps, boxes_of_objects, read_yolo_boxes
from core.measurement.object_agreement import best_overlaps
from core.segmentation.engines.engine import Engine
from core.segmentation.objects.confidence import features
from core.segmentation.objects.counted import find_objects
from core.segmentation.segment import segment
from core.segmentation.settings import ObjectSettings
from core.training.augmentation import Pair
from core.training.synthetic_supported import VALIDATION_STREAM, supported_pairs
from core.types.micrograph import Micrograph
from models.weights import weights_of_a_run
from models.weights_file import trained
from models.zoo.supported_particles import CARD

# Of the features, those that these weights were fitted to: not size and indecision.
WEIGHTS = 4
COUNT, SIDE = 80, 256
BOXED = ("Cu1", "Cu3", "Cu4", "Pd1", "Pd3", "Ru1", "Ru2", "Ru3", "Ru4")


def objects_of(pair: Pair, engine: Engine) -> tuple[np.ndarray, np.ndarray]:
    """Return the features (N, 4) of the objects found in an image, and their best IoU (N,)."""
    pixels = pair.image.astype(np.float32) / 255
    made = segment(Micrograph(pixels, pair.stem, digest=pair.stem), engine)
    found = find_objects(made, 1, ObjectSettings())
    return features(found, made, 1)[:WEIGHTS, 1:].T, best_overlaps(found, pair.labels)


def boxed_objects(name: str, folder: Path, engine: Engine) -> tuple[np.ndarray, np.ndarray]:
    """Return the features (N, 4) of the objects found in an image, and their best IoU (N,) with a
    box."""
    micrograph = read_file(folder / "images" / f"{name}.jpg")
    boxes = read_yolo_boxes(folder / "boxes_yolo" / f"{name}.txt", micrograph.shape)
    made = segment(micrograph, engine)
    found = find_objects(made, 1, ObjectSettings())
    overlaps = box_overlaps(boxes_of_objects(found), boxes).max(axis=1)
    return features(found, made, 1)[:WEIGHTS, 1:].T, overlaps


def main() -> None:
    """Print weights, and F1 by threshold."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--boxes", type=Path, required=True)
    parser.add_argument("--weights", type=Path)
    options = parser.parse_args()
    card = CARD
    if options.weights is not None:
        card = replace(card, weights=weights_of_a_run(options.weights))
    engine = Engine(card, lambda: trained(card), "cpu", "exact")
    pairs = supported_pairs("confidence", VALIDATION_STREAM, COUNT, SIDE)
    made = [objects_of(pair, engine) for pair in pairs]
    made += [boxed_objects(name, options.boxes, engine) for name in BOXED]
    x, overlap = (np.concatenate(parts) for parts in zip(*made, strict=True))
    image = np.repeat(np.arange(len(made)), [len(iou) for _, iou in made])
    right, of_boxes = overlap >= 0.5, image >= len(pairs)
    regression = LogisticRegression(C=100, max_iter=2000)
    fitted = regression.fit(x, right)
    print("weights", fitted.intercept_.round(2), fitted.coef_.round(2))
    sure = cross_val_predict(
        regression, x, right, groups=image, cv=GroupKFold(5), method="predict_proba"
    )[:, 1]
    for name, here in (("generated", ~of_boxes), ("boxes", of_boxes)):
        print(f"{name}: {here.sum()} objects, {right[here].mean():.3f} right")
        for least in (0.2, 0.3, 0.35, 0.4, 0.5, 0.6):
            below = overlap[here & (sure < least)]
            if len(below):
                print(f"{least:4g}: {len(below)} below, {np.mean(below < 0.5):.2f} wrong")


if __name__ == "__main__":
    main()

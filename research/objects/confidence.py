"""Fit the confidence of objects to the development and validation images, to 400 generated ones
without any particle, in which every object is wrong, and to generated ones of small spheres.

    python -m research.objects.confidence DIR --model particles

Prints the weights for the card, and by
five folds over articles what they are worth: calibration, how many objects lie below each
threshold, how many of these are wrong or doubtful, and F1 without them.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from core.measurement.object_agreement import best_overlaps
from core.segmentation.engines.engine import Engine
from core.segmentation.objects.confidence import features
from core.segmentation.objects.counted import find_objects
from core.segmentation.segment import segment
from core.segmentation.settings import ObjectSettings
from core.training.augmentation import Pair
from core.types.micrograph import Micrograph
from models import zoo
from research.objects.images import read_sides
from research.objects.measure import (
    GAPS,
    at_random,
    hexagonal,
    sphere_ids,
    spheres,
    without_particles,
)

SIDES = ("dev", "val")
EMPTY, FOLDS = 400, 5
SPHERES_PX = (10, 12, 15, 18)


def objects_of(pair: Pair, engine: Engine) -> tuple[np.ndarray, np.ndarray]:
    """Return the features (F, N) of the objects found in an image, and their best IoU (N,)."""
    grey = pair.image.astype(np.float32) / 255
    made = segment(Micrograph(grey, pair.stem, digest=pair.stem), engine)
    found = find_objects(made, 1, ObjectSettings())
    return features(found, made, 1)[:, 1:], best_overlaps(found, pair.labels)


def of_nothing(engine: Engine, count: int) -> np.ndarray:
    """Return the features (N, F) of all that is found in generated images without
    particles, other ones than `research.objects.measure` counts."""
    random, found = np.random.default_rng(501), []
    for _ in range(count):
        image = without_particles(random).astype(np.float32)
        made = segment(Micrograph(image, "empty", digest="empty"), engine)
        found.append(features(find_objects(made, 1, ObjectSettings()), made, 1)[:, 1:])
    return np.concatenate(found, axis=1).T


def of_spheres(engine: Engine) -> tuple[np.ndarray, np.ndarray]:
    """Return the features (N, F) of what is found in generated images of 25 small spheres, other
    ones than `research.objects.measure` counts, and whether each is right (N,)."""
    random = np.random.default_rng(502)
    found, right = [], []
    for diameter in SPHERES_PX:
        for gap in GAPS.values():
            pitch = diameter + (gap if gap >= 0 else gap * diameter)
            for centres in (hexagonal(pitch), at_random(pitch, random)):
                image = spheres(centres, diameter, random).astype(np.float32)
                made = segment(Micrograph(image, "spheres", digest="spheres"), engine)
                objects = find_objects(made, 1, ObjectSettings())
                found.append(features(objects, made, 1)[:, 1:])
                right.append(best_overlaps(objects, sphere_ids(centres, diameter)) >= 0.5)
    return np.concatenate(found, axis=1).T, np.concatenate(right)


def held_out(
    x: np.ndarray, right: np.ndarray, article: np.ndarray, drawn: tuple[np.ndarray, np.ndarray]
) -> np.ndarray:
    """Return the confidence (N,) of each object by a fit without its article."""
    sure = np.zeros(len(x))
    for rest, fold in GroupKFold(FOLDS).split(x, right, article):
        sure[fold] = fit(x[rest], right[rest], drawn).predict_proba(x[fold])[:, 1]
    return sure


def fit(
    x: np.ndarray, right: np.ndarray, drawn: tuple[np.ndarray, np.ndarray]
) -> LogisticRegression:
    """Return the regression on objects (N, F) and on those of generated images."""
    told = np.concatenate([right, drawn[1]])
    return LogisticRegression(C=100, max_iter=5000).fit(np.concatenate([x, drawn[0]]), told)


def main() -> None:
    """Print weights, calibration and thresholds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", default="particles")
    options = parser.parse_args()
    sides, engine = read_sides(options.data), zoo.load(options.model, "cpu")
    assert isinstance(engine, Engine)
    pairs = [(side, pair) for side in SIDES for pair in sides[side]]
    made = [objects_of(pair, engine) for _, pair in pairs]
    x = np.concatenate([one for one, _ in made], axis=1).T
    overlap = np.concatenate([iou for _, iou in made])
    image = np.repeat(np.arange(len(pairs)), [len(iou) for _, iou in made])
    article = np.array([pair.group for _, pair in pairs])[image]
    right = overlap >= 0.5
    wrong = of_nothing(engine, EMPTY)
    small, counted = of_spheres(engine)
    drawn = (
        np.concatenate([wrong, small]),
        np.concatenate([np.zeros(len(wrong), np.bool_), counted]),
    )
    fitted = fit(x, right, drawn)
    print("weights", fitted.intercept_.round(2), fitted.coef_.round(2))
    sure = held_out(x, right, article, drawn)
    for name, objects in (("nothing", wrong), ("small spheres", small)):
        left = (fitted.predict_proba(objects)[:, 1] >= ObjectSettings().minimum_confidence).sum()
        print(f"{len(objects)} objects of {name}, {left} count")
    bins = np.minimum((10 * sure).astype(int), 9)
    gap = sum(abs(sure[bins == b].sum() - right[bins == b].sum()) for b in range(10))
    print(
        f"{len(right)} objects, {right.mean():.3f} right, calibration error {gap / len(sure):.3f}"
    )
    order = np.argsort(sure)
    rank = np.empty(len(sure))
    rank[order] = np.arange(len(sure))
    pairs_right = (rank[right].sum() - right.sum() * (right.sum() - 1) / 2) / right.sum()
    print(f"area under the receiver operating curve {pairs_right / (~right).sum():.3f}")
    traced = np.array([len(np.unique(pair.labels)) - 1 for _, pair in pairs])
    of_side = np.array([side for side, _ in pairs])
    for least in (0, 0.2, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6):
        below = overlap[sure < least]
        words = [f"{least:4g}: {len(below)} below"]
        if len(below):
            words.append(
                f"IoU < 0.5 {np.mean(below < 0.5):.2f}, < 0.75 {np.mean(below < 0.75):.2f}"
            )
        hits, counted = (
            np.bincount(image, chosen & (sure >= least), len(pairs))
            for chosen in (right, np.ones_like(right))
        )
        for side in SIDES:
            here = of_side == side
            f1 = 2 * hits[here] / (counted + traced)[here]
            pooled = 2 * hits[here].sum() / (counted + traced)[here].sum()
            words.append(f"{side} F1 {np.nanmean(f1):.4f}, pooled {pooled:.4f}")
        print("; ".join(words))


if __name__ == "__main__":
    main()

"""What a few strokes are worth: python -m benchmarks.accuracy.forest DIR [IMAGES]

DIR is a data folder with images of particles and masks, as for `lamella train particles`; the
images are the first of its validation split by stem. A forest gets two strokes a phase by the rule
of `core/segmentation/forest/example_strokes.py`, then, one after the other, strokes where it is
most wrong, as a user would correct it. Beside it stands Otsu's threshold on the same images. The
time is the processor's for one image of 1024 x 1024 px, of all cores together, for the first
strokes and for one more: other jobs on the machine disturb it less than the clock's.
"""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path

import numpy as np

from core.measurement.agreement import confusion_matrix, intersection_over_union
from core.measurement.bootstrap import mean_over_images
from core.segmentation.classic import otsu
from core.segmentation.forest.example_strokes import correcting_stroke, example_strokes
from core.segmentation.forest.marks import marks_of, named_phases
from core.segmentation.forest.pixel_forest import FeatureBands, fit_forest
from core.segmentation.forest.strokes import Stroke, draw_strokes
from core.training.dataset import load_split
from models import zoo

PHASES = named_phases(["background", "particle"])
IMAGES, CORRECTIONS, SIDE, RUNS = 20, 2, 1024, 3


def overlap(labels: np.ndarray, found: np.ndarray) -> float:
    """Return the IoU of particles."""
    return float(intersection_over_union(confusion_matrix(labels, found, 2))[1])


def labels_from(bands: FeatureBands, strokes: list[Stroke]) -> np.ndarray:
    """Return the labels (H, W) of a forest fitted to ``strokes``."""
    marks = marks_of(draw_strokes(strokes, bands.grey.shape), PHASES)
    return fit_forest(bands, marks).probabilities(bands).argmax(0).astype(np.uint8)


def corrected(grey: np.ndarray, labels: np.ndarray) -> list[float]:
    """Return the IoU after the first strokes and after each correction."""
    bands, strokes = FeatureBands(grey), list(example_strokes(labels, 2))
    scores = []
    for _ in range(CORRECTIONS + 1):
        found = labels_from(bands, strokes)
        scores.append(overlap(labels, found))
        more = correcting_stroke(labels, found)
        strokes += [more] if more else []
    return scores


def seconds() -> tuple[float, float]:
    """Return medians of processor time: from image to labels, and after one more stroke."""
    random = np.random.default_rng(0)
    labels = np.zeros((SIDE, SIDE), np.uint8)
    labels[SIDE // 4 : SIDE // 2, SIDE // 4 : SIDE // 2] = 1
    grey = (0.5 + 0.2 * labels + 0.1 * random.standard_normal(labels.shape)).astype(np.float32)
    strokes, first, again = list(example_strokes(labels, 2)), [], []
    for _ in range(RUNS):
        bands, begun = FeatureBands(grey), time.process_time()
        found = labels_from(bands, strokes)
        first.append(time.process_time() - begun)
        more, begun = correcting_stroke(labels, found), time.process_time()
        labels_from(bands, [*strokes, more])
        again.append(time.process_time() - begun)
    return statistics.median(first), statistics.median(again)


def main(folder: Path, images: int) -> None:
    """Print the table."""
    validation = load_split(folder, zoo.recipe("particles"), 2).validation
    pairs = sorted(validation, key=lambda pair: pair.stem)[:images]
    scores, thresholds = [], []
    for pair in pairs:
        grey = pair.image.astype(np.float32) / 255
        scores.append(corrected(grey, pair.labels))
        thresholds.append(overlap(pair.labels, otsu(grey)))
        print(pair.stem, *(f"{score:.3f}" for score in scores[-1]), flush=True)
    rows = {"Otsu's threshold": thresholds}
    rows |= {f"2 strokes a phase, {n} more": one for n, one in enumerate(np.transpose(scores))}
    print(f"IoU of particles over {len(pairs)} images, 95 % interval by bootstrap over images")
    for name, values in rows.items():
        found = mean_over_images(values)
        print(f"{name:30} {found.value:.3f} ({found.low:.3f} to {found.high:.3f})", flush=True)
    print("1024 x 1024 px: {:.2f} s, after one more stroke {:.2f} s".format(*seconds()))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else IMAGES)

"""What a few corrected images are worth: python -m benchmarks.accuracy.teaching DIR FILE
[--only NAME,...] [--steps N] [--minutes M]

DIR is the folder of carbon steel, with images/, masks/ and index.csv, as for `lamella train
carbon-steel`. The steel is taught as if no model knew it: from `particles`, which knows other
phases, from `superalloy`, and from ImageNet's weights, with 1, 2, 4, 8 and all 16 of the authors'
training images, and with 100, 200 and 500 objects of four of them, an object and what lies within
3 px of it. Each is scored on the authors' 4 validation images, which nothing is chosen on: the mean
IoU of the four phases, pooled pixels. Beside them a random forest learns from the very same
pixels. A training ends by the clock after M minutes, as it does on *Train*. FILE is the table that
rows are added to; a row that is there is not run again, and a run that was killed goes on. Time is
the processor's, of one thread.
"""

from __future__ import annotations

import argparse
import csv
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from core.measurement.agreement import confusion_matrix, intersection_over_union, mean_of_known
from core.segmentation.forest.marks import marks_of, named_phases
from core.segmentation.forest.pixel_features import reach_px
from core.segmentation.forest.pixel_forest import (
    FeatureBands,
    ForestSettings,
    PixelForest,
    fit_forest,
)
from core.training.augmentation import IGNORED
from core.training.dataset import load_split
from core.training.fine_tuning.images import Origin, TeachingImage
from core.training.fine_tuning.run import fine_tune, view_of
from core.training.fine_tuning.scoring import predictor
from core.training.fine_tuning.start import FineTuning, Task
from models import teaching, zoo

STEPS, CROP_PX, SEED, RIM_PX = 300, 192, 1, 3
COLUMNS = ("start", "images", "objects", "mean_iou", *(f"iou_{n}" for n in range(4)), "mix",
           "scale", "steps", "step", "processor_min", "clock_min")  # fmt: skip


@dataclass(frozen=True)
class Case:
    """``start``: what is taught, or "forest". ``objects``: None for whole images."""

    start: str
    images: int
    objects: int | None = None

    @property
    def name(self) -> str:
        """As in --only and in folders."""
        return f"{self.start}-{self.images}" + (f"-{self.objects}" if self.objects else "")


CASES = (
    *(Case("forest", n) for n in (1, 2, 4, 8)),
    *(Case("forest", 4, n) for n in (100, 200, 500)),
    Case("particles", 4),
    Case("particles", 16),
    *(Case("particles", 4, n) for n in (200, 500, 100)),
    Case("superalloy", 4),
    Case("imagenet", 4),
    *(Case("particles", n) for n in (1, 2, 8)),
    Case("imagenet", 16),
)


def taught_images(folder: Path, case: Case) -> list[TeachingImage]:
    """Return the images of a case, drawn in an order that is the same for all of them."""
    pairs = sorted(load_split(folder, zoo.recipe("carbon-steel"), 4).train, key=lambda p: p.stem)
    order = np.random.default_rng(SEED).permutation(len(pairs))[: case.images]
    chosen = [pairs[index] for index in order]
    labels = [pair.labels for pair in chosen]
    if case.objects is not None:
        labels = some_objects(labels, case.objects)
    return [
        TeachingImage(pair.image, known, None, Origin(pair.stem, pair.stem))
        for pair, known in zip(chosen, labels, strict=True)
    ]


def some_objects(labels: Sequence[np.ndarray], count: int) -> list[np.ndarray]:
    """Return the labels of ``count`` regions, and of what lies within 3 px of them; ``IGNORED``
    elsewhere. They are drawn at random over all images, from each phase but the first in turn."""
    random = np.random.default_rng(SEED)
    maps: list[np.ndarray] = []
    places: list[tuple[int, int, int, int]] = []
    for number, one in enumerate(labels):
        for phase in (1, 2, 3):
            total, found = cv2.connectedComponents((one == phase).astype(np.uint8))
            places += [(number, len(maps), index, phase) for index in range(1, total)]
            maps.append(found)
    near = [np.zeros(one.shape, np.uint8) for one in labels]
    drawn = [places[index] for index in random.permutation(len(places))]
    ranks = {phase: iter(range(len(drawn))) for phase in (1, 2, 3)}
    drawn.sort(key=lambda place: next(ranks[place[3]]))
    for number, where, region, _ in drawn[:count]:
        near[number][maps[where] == region] = 1
    window = np.ones((2 * RIM_PX + 1,) * 2, np.uint8)
    return [
        np.where(cv2.dilate(mask, window) > 0, one, np.uint8(IGNORED))
        for one, mask in zip(labels, near, strict=True)
    ]


def forest_of(images: Sequence[TeachingImage]) -> PixelForest:
    """Return a forest that learned from the known pixels of all images, one below the other."""
    reach = reach_px()
    edge = ((reach, reach), (0, 0))
    grey = np.concatenate([np.pad(one.grey, edge, "reflect") for one in images])
    marks = np.concatenate([np.pad(one.phases + 1, edge) for one in images])
    phases = named_phases(["matrix", "network", "spheroidite", "laths"])
    settings = ForestSettings(pixels_of_a_phase=2000 * len(images))
    return fit_forest(
        FeatureBands(grey.astype(np.float32) / 255), marks_of(marks, phases), settings
    )


def run(case: Case, folder: Path, work: Path, steps: int, minutes: float) -> dict[str, object]:
    """Return the row of a case."""
    images = taught_images(folder, case)
    test = load_split(folder, zoo.recipe("carbon-steel"), 4).validation
    begun, clock = time.process_time(), time.monotonic()
    mix = scale = step = ""
    if case.start == "forest":
        forest = forest_of(images)

        def answer(image: np.ndarray) -> np.ndarray:
            return forest.probabilities(FeatureBands(image.astype(np.float32) / 255))
    else:
        start = teaching.start_of(case.start)
        task = Task(zoo.card("carbon-steel").phases, same_phases=False, objects_phase=2)
        settings = FineTuning(
            seconds=60 * minutes,
            crop_px=CROP_PX,
            fewest_steps=steps,
            most_steps=steps,
            patience=steps,
            validate_every=100,
        )
        taught = fine_tune(start, task, images, settings, work / case.name)
        network = start.network(task.outputs(start))
        network.load_state_dict(taught.state)
        answer = predictor(network, view_of(start, task, taught.scale))
        mix, scale, step = (f"{one:g}" for one in (taught.mix, taught.scale, taught.step))
    learning, waited = time.process_time() - begun, time.monotonic() - clock
    matrix = sum(confusion_matrix(pair.labels, answer(pair.image).argmax(0), 4) for pair in test)
    iou = intersection_over_union(np.asarray(matrix))
    values = {"start": case.start, "images": case.images, "objects": case.objects or "all"}
    values |= {"mean_iou": f"{mean_of_known(iou):.4f}"}
    values |= {f"iou_{n}": f"{one:.4f}" for n, one in enumerate(iou)}
    times = {"processor_min": f"{learning / 60:.2f}", "clock_min": f"{waited / 60:.2f}"}
    planned = "" if case.start == "forest" else steps
    return values | {"mix": mix, "scale": scale, "steps": planned, "step": step} | times


def done(path: Path) -> set[tuple[str, str, str]]:
    """Return the cases that the table has."""
    if not path.is_file():
        return set()
    with path.open(newline="") as file:
        return {(row["start"], row["images"], row["objects"]) for row in csv.DictReader(file)}


def main() -> None:
    """Run what is missing, and write each row when it is there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("table", type=Path)
    parser.add_argument("--only", default="")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--minutes", type=float, default=float("inf"))
    options = parser.parse_args()
    only = set(filter(None, options.only.split(",")))
    for case in CASES:
        key = (case.start, str(case.images), str(case.objects or "all"))
        if key in done(options.table) or (only and case.name not in only):
            continue
        work = options.table.parent / "teaching-runs"
        row = run(case, options.folder, work, options.steps, options.minutes)
        is_new = not options.table.is_file()
        with options.table.open("a", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS)
            if is_new:
                writer.writeheader()
            writer.writerow(row)
        print(case.name, row, flush=True)


if __name__ == "__main__":
    main()

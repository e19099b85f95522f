"""Every network on a GPU and on the CPU: the same answers, and how much sooner.

python -m benchmarks.speed.devices
python -m benchmarks.speed.devices --device cuda --models particles grains --csv devices.csv

Each shipped network segments 512 px of the sample `low-dose-tem`, and 256 px of it are explained as
on Inspect, each time on both devices. Each line is one answer: the largest difference between the
devices, over the answer's largest absolute value; for labels the share of pixels that differ.
Seconds are of one run on the CPU, and the median of three after one to warm up on the device. Ends
with status 1 where a difference is over its limit. Segmentation may round to TF32 on a GPU,
explanations do not.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from math import inf, nan
from pathlib import Path

import numpy as np
import torch

from core.classification.classify import classify
from core.errors import LamellaError
from core.inspection.attribution.ablation import ablate_skips, skips
from core.inspection.attribution.attribution import class_probabilities, seg_grad_cam, split_logit
from core.inspection.attribution.occlusion import occlusion
from core.inspection.feature_maps import record_feature_maps
from core.inspection.kernels import kernel_layers
from core.inspection.layers.layers import timed_layer_table
from core.inspection.receptive_field.effective_field import effective_field
from core.inspection.subject import Expected, Subject, open_subject
from core.records import write_records
from core.segmentation.engines.device import choose_device
from core.segmentation.engines.engine import Engine
from core.segmentation.engines.processor import machine_in_words
from core.segmentation.segment import segment
from core.synthesis.samples import low_dose_tem
from core.types.micrograph import Micrograph
from models import classifiers, zoo

SEGMENTED, SIDE = 512, 256
PIXEL = 120, 131
REPEATS = 3
LABELS_MAY_DIFFER = 0.002
NUMBERS_MAY_DIFFER = 0.01
SUM_MAY_MISS = 2e-5


@dataclass(frozen=True)
class Answer:
    """``ask``: of the device's name, (array, may be labels). ``limit``: of the difference."""

    name: str
    ask: Callable[[str], np.ndarray]
    limit: float


@dataclass(frozen=True)
class Compared:
    """One answer on both devices."""

    model: str
    answer: str
    difference: float
    limit: float
    seconds_cpu: float
    seconds_device: float
    precision: str


def difference(cpu: np.ndarray, device: np.ndarray) -> float:
    """Return the share of labels that differ, or the largest difference over the largest value."""
    if cpu.shape != device.shape:
        return float("inf")
    if cpu.dtype.kind in "ui":
        return float(np.mean(cpu != device))
    return float(np.abs(cpu - device).max() / max(np.abs(cpu).max(), 1e-12))


def once(ask: Callable[[], np.ndarray]) -> tuple[np.ndarray, float]:
    """Return the answer and its seconds; it is an array of the CPU, so a GPU has finished."""
    begun = time.perf_counter()
    return ask(), time.perf_counter() - begun


def repeated(ask: Callable[[], np.ndarray]) -> tuple[np.ndarray, float]:
    """Return the answer and the median of its seconds, after a run to warm up."""
    ask()
    runs = [once(ask) for _ in range(REPEATS)]
    return runs[-1][0], statistics.median(seconds for _, seconds in runs)


def of_segmenter(name: str, micrograph: Micrograph, device: str) -> Iterator[Compared]:
    """Yield what a segmenter answers: labels, confidence, and the explanations of Inspect."""
    engines = {place: zoo.load(name, place) for place in ("cpu", device)}
    subjects = {place: subject_of(engine, micrograph) for place, engine in engines.items()}
    layer = next(layer for layer in kernel_layers(engines["cpu"].network) if "decoder" in layer)
    answers = (
        Answer("labels", lambda at: segment(micrograph, engines[at]).labels, LABELS_MAY_DIFFER),
        Answer("logits", lambda at: fresh(subjects[at]).logits, NUMBERS_MAY_DIFFER),
        Answer("probabilities", lambda at: class_probabilities(fresh(subjects[at]), *PIXEL), 0.01),
        Answer("logit split", lambda at: parts(subjects[at]), NUMBERS_MAY_DIFFER),
        Answer(
            "feature maps",
            lambda at: record_feature_maps(subjects[at], [layer])[0].activations,
            NUMBERS_MAY_DIFFER,
        ),
        Answer("Grad-CAM", lambda at: seg_grad_cam(subjects[at], layer, 1).heat, 0.02),
        Answer("effective field", lambda at: effective_field(subjects[at], [PIXEL]).heat, 0.02),
        Answer("occlusion", lambda at: occlusion(subjects[at], *PIXEL, 64, step_px=64).drop, 0.02),
        Answer("without skips", lambda at: without_skips(subjects[at]), LABELS_MAY_DIFFER),
    )
    for answer in answers:
        precision = engines[device].execution.precision if answer.name == "labels" else "float32"
        yield compare(name, answer, device, precision)
    yield sum_of_the_split(name, subjects[device], "float32")
    table = timed_layer_table(subjects[device])
    print(f"{name}: layer table on {device}, {len(table.rows)} rows, {table.seconds:.4f} s")


def subject_of(engine: Engine, micrograph: Micrograph) -> Subject:
    """Return a field of the micrograph before the engine's network."""
    expected = Expected.of(engine.card)
    return open_subject(micrograph, engine.network, expected, engine.card.name, side=SIDE)


def fresh(subject: Subject) -> Subject:
    """Return the subject without what it has computed already."""
    return Subject(subject.network, subject.image, subject.pixels, subject.field)


def parts(subject: Subject) -> np.ndarray:
    """Return the contributions to the winning logit at the pixel."""
    return split_logit(subject, *PIXEL).contributions


def sum_of_the_split(model: str, subject: Subject, precision: str) -> Compared:
    """Return how far the contributions of a split miss the logit that they add up to, over that
    logit or 1; infinite where Inspect would refuse to show it."""
    begun = time.perf_counter()
    try:
        split = split_logit(subject, *PIXEL)
        off = abs(split.total - split.logit) / max(1.0, abs(split.logit))
    except LamellaError:
        off = inf
    seconds = time.perf_counter() - begun
    return shown(Compared(model, "sum of the split", off, SUM_MAY_MISS, nan, seconds, precision))


def without_skips(subject: Subject) -> np.ndarray:
    """Return the labels with all skips off."""
    return ablate_skips(subject, [skip.layer for skip in skips(subject)]).labels_without


def of_classifier(name: str, micrograph: Micrograph, device: str) -> Iterator[Compared]:
    """Yield the kind's probabilities."""
    card = classifiers.card(name)
    networks = {at: classifiers.load(name).to(at) for at in ("cpu", device)}
    answer = Answer(
        "class", lambda at: classify(micrograph, networks[at], card).probabilities, 0.01
    )
    yield compare(name, answer, device, "float32")


def compare(model: str, answer: Answer, device: str, precision: str) -> Compared:
    """Ask both devices, and print the line."""
    cpu, seconds_cpu = once(lambda: answer.ask("cpu"))
    other, seconds = repeated(lambda: answer.ask(device))
    found = difference(cpu, other)
    return shown(Compared(model, answer.name, found, answer.limit, seconds_cpu, seconds, precision))


def shown(found: Compared) -> Compared:
    """Print a line, and return it."""
    verdict = "" if found.difference <= found.limit else f"  OVER {found.limit:g}"
    print(
        f"{found.model:20}{found.answer:18}{found.difference:11.2e}{found.seconds_cpu:9.3f} s"
        f"{found.seconds_device:9.3f} s  {found.precision}{verdict}",
        flush=True,
    )
    return found


def main() -> None:
    """Compare, and say which answers differ."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", choices=("cuda", "mps", "cpu"), default="cuda")
    parser.add_argument("--models", nargs="*")
    parser.add_argument("--csv", type=Path)
    options = parser.parse_args()
    device = choose_device(options.device)
    print(f"PyTorch {torch.__version__}; {machine_in_words('cpu')}")
    print(f"against {machine_in_words(device.type)}")
    whole = low_dose_tem().micrograph
    micrograph = replace(whole, pixels=whole.pixels[:SEGMENTED, :SEGMENTED])
    trained = [name for name, card in zoo.CARDS.items() if card.build is not None]
    found: list[Compared] = []
    for name in options.models or [*trained, *classifiers.CARDS]:
        compared = of_classifier if name in classifiers.CARDS else of_segmenter
        found += compared(name, micrograph, options.device)
    if options.csv:
        write_records(options.csv, Compared, found)
    over = [f"{one.model}: {one.answer}" for one in found if not one.difference <= one.limit]
    print(f"{len(found)} answers, {len(over)} over their limit" + (": " if over else ""))
    print("\n".join(over))
    sys.exit(bool(over))


if __name__ == "__main__":
    try:
        main()
    except LamellaError as error:
        sys.exit(str(error))

"""What a kept result costs: python -m benchmarks.speed.saving MODEL... [--folder DIR]

A synthetic field of 1024 x 1024 px is segmented by each model and its result mirrored to 2048 x
2048 px; that is saved and loaded as the app does, five times each, in a folder on the disk that is
asked about. Times are medians: by the clock, with what is written synced to the disk, and of the
processor, which other jobs on the machine disturb less.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from core.analysis.analyse import analyse
from core.analysis.analysis import Analysis
from core.analysis.remeasure import regroup
from core.synthesis import patterns
from core.synthesis.samples import gold_tem
from core.types.micrograph import Micrograph
from core.workspace import micrographs
from core.workspace.results import results, stored_analysis
from core.workspace.workspace import Workspace
from models import zoo

SIDE, RUNS = 1024, 5


@dataclass(frozen=True)
class Cost:
    """Medians in ms: by the clock, and of the processor."""

    clock: float
    processor: float

    def __str__(self) -> str:
        return f"{self.clock:.0f} ms ({self.processor:.0f} ms of the processor)"


def field_for(model: str) -> Micrograph:
    """Return gold on carbon for models of particles, else a spinodal pattern."""
    random = np.random.default_rng(0)
    if model.startswith("particles"):
        pixels = np.vstack([gold_tem(seed).micrograph.pixels for seed in (0, 1)])[:SIDE, :SIDE]
    else:
        pixels = patterns.eight_bit(patterns.spinodal(random, SIDE)) / 255
        pixels = (pixels + random.normal(0, 0.03, pixels.shape)).clip(0, 1)
    return Micrograph(pixels.astype(np.float32), f"{model}.tif", "0" * 64)


def mirrored(analysis: Analysis) -> Analysis:
    """Return the analysis of four times the area, its objects found anew."""

    def four(array: np.ndarray | None) -> np.ndarray | None:
        if array is None:
            return None
        sides = [(0, 0)] * (array.ndim - 2) + [(0, SIDE)] * 2
        return np.pad(array, sides, mode="symmetric")

    names = ("labels", "probabilities", "contact", "distance")
    made = analysis.segmentation
    made = replace(made, **{name: four(getattr(made, name)) for name in names})
    micrograph = replace(analysis.micrograph, pixels=four(analysis.micrograph.pixels))
    whole = replace(analysis, micrograph=micrograph, segmentation=made)
    return regroup(whole, analysis.object_settings)


def cost(work: Callable[[int], object]) -> Cost:
    """Return what :data:`RUNS` calls take, each with its number."""
    clock, processor = [], []
    for number in range(RUNS):
        begun = time.perf_counter(), time.process_time()
        work(number)
        clock.append(1000 * (time.perf_counter() - begun[0]))
        processor.append(1000 * (time.process_time() - begun[1]))
    return Cost(statistics.median(clock), statistics.median(processor))


def report(workspace: Workspace, model: str) -> str:
    """Return one line: bytes and times of a result of ``model``."""
    analysis = mirrored(analyse(field_for(model), zoo.load(model)))
    kept = micrographs.add(workspace, "benchmark", f"sample:{model}", model, None)
    others = [_another(analysis, number) for number in range(RUNS)]

    def save(number: int) -> None:
        results.add(workspace, "benchmark", kept.id, model, others[number])

    saving = cost(save)
    stored = results.find(workspace, "benchmark", model)
    assert stored is not None
    loading = cost(
        lambda _: stored_analysis.load(workspace, stored, analysis.micrograph, analysis.card)
    )
    return (
        f"{model}: {len(analysis.table)} objects, {stored.bytes / 1e6:.2f} MB on disk, "
        f"saving {saving}, loading {loading}"
    )


def _another(analysis: Analysis, number: int) -> Analysis:
    """Return a copy with one other pixel, so that no file is there already."""
    labels, objects = analysis.segmentation.labels.copy(), analysis.objects.copy()
    labels[0, number] ^= 1
    objects[0, number] ^= 1
    made = replace(analysis.segmentation, labels=labels)
    return replace(analysis, segmentation=made, objects=objects)


def main() -> None:
    """Print a line a model."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="+", metavar="MODEL")
    parser.add_argument("--folder", type=Path, help="where the workspace is made for the time")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        workspace = Workspace(Path(folder))
        for model in options.models:
            print(report(workspace, model), flush=True)
        workspace.close()


if __name__ == "__main__":
    main()

"""What a kept result costs: python -m benchmarks.saving MODEL... [--folder DIR]

A synthetic image of 2048 x 2048 px is segmented once by each model; then its result is saved and
loaded as the app does, five times each, in a folder on the disk that is asked about. The times are
medians by the clock; what is written is synced to the disk.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from core.analysis import Analysis, analyse
from core.synthesis import patterns
from core.synthesis.samples import gold_tem
from core.types import Micrograph
from core.workspace import micrographs, results
from core.workspace.workspace import Workspace
from models import zoo

SIDE, RUNS = 2048, 5


def image_for(model: str) -> Micrograph:
    """Return gold on carbon, side by side, for models of particles; else a spinodal pattern."""
    if model.startswith("particles"):
        rows = [
            np.hstack([gold_tem(2 * row + one).micrograph.pixels for one in (0, 1)])
            for row in range(3)
        ]
        pixels = np.vstack(rows)[:SIDE, :SIDE]
    else:
        random = np.random.default_rng(0)
        piece = patterns.eight_bit(patterns.spinodal(random, SIDE // 4)) / 255
        pixels = np.pad(piece, (0, SIDE - SIDE // 4), mode="symmetric")
        pixels = (pixels + random.normal(0, 0.03, pixels.shape)).clip(0, 1)
    return Micrograph(pixels.astype(np.float32), f"{model}.tif", "0" * 64)


def median_ms(work: Callable[[int], object]) -> float:
    """Return the median of :data:`RUNS` calls, in ms."""
    found = []
    for number in range(RUNS):
        begun = time.perf_counter()
        work(number)
        found.append(1000 * (time.perf_counter() - begun))
    return statistics.median(found)


def report(workspace: Workspace, model: str) -> str:
    """Return one line: bytes and times of a result of ``model``."""
    micrograph = image_for(model)
    begun = time.perf_counter()
    analysis = analyse(micrograph, zoo.load(model))
    seconds = time.perf_counter() - begun
    kept = micrographs.add(workspace, "benchmark", f"sample:{model}", model, None)

    def save(number: int) -> None:
        results.add(workspace, "benchmark", kept.id, model, _another(analysis, number))

    saving = median_ms(save)
    stored = results.find(workspace, "benchmark", model)
    assert stored is not None
    loading = median_ms(lambda _: results.load(workspace, stored, micrograph, analysis.card))
    return (
        f"{model}: {len(analysis.table)} objects, run {seconds:.1f} s, "
        f"{stored.bytes / 1e6:.2f} MB on disk, saving {saving:.0f} ms, loading {loading:.0f} ms"
    )


def _another(analysis: Analysis, number: int) -> Analysis:
    """Return a copy with one other pixel, so that no file is there already."""
    labels, objects = analysis.segmentation.labels.copy(), analysis.objects.copy()
    labels[0, number] ^= 1
    objects[0, number] ^= 1
    return replace(
        analysis, segmentation=replace(analysis.segmentation, labels=labels), objects=objects
    )


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

"""What one correction costs a server: python -m benchmarks.speed.correcting_core [SIDE [OBJECTS]]

Corrects an image of SIDE x SIDE px with OBJECTS discs (4096 and 5000 unless told), in a workspace
of its own, stroke by stroke as a browser sends them. Processor time, and time on the clock with the
disk's part in it, median and 95th percentile in ms.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeAlias

import numpy as np

from core.analysis.analysis import Analysis
from core.correction import codec
from core.correction.blank import blank
from core.correction.changes import Change, repainted
from core.correction.codec import Step
from core.figures.size_histogram import size_bins
from core.types.micrograph import Micrograph
from core.types.pixel_size import PixelSize
from core.workspace import micrographs
from core.workspace.corrections import corrections
from core.workspace.corrections.open_correction import OpenCorrection, open_correction
from core.workspace.results import results
from core.workspace.workspace import Workspace

STEPS = 60
BRUSH_PX, STROKE_PX = 10, 120
Work: TypeAlias = Callable[[], object]


def discs(side: int, count: int) -> tuple[Analysis, Micrograph]:
    """Return a result with discs on a grid, as a model would have found them."""
    random = np.random.default_rng(0)
    across = int(np.ceil(np.sqrt(count)))
    step = side // across
    ids = np.zeros((side, side), np.uint32)
    for number in range(count):
        row, column = (step * place + step // 2 for place in divmod(number, across))
        radius = int(random.integers(step // 6, step // 2 - 2))
        rows, columns = np.ogrid[-radius : radius + 1, -radius : radius + 1]
        part = ids[row - radius : row + radius + 1, column - radius : column + radius + 1]
        part[rows**2 + columns**2 <= radius**2] = number + 1
    size = PixelSize(2.0, "drawn for a benchmark")
    image = Micrograph((ids > 0) * np.float32(0.6) + 0.2, "discs.tif", "drawn", size)
    empty = blank(image)
    labels = (ids > 0).astype(np.uint8)
    segmentation = replace(empty.segmentation, labels=labels)
    return replace(empty, segmentation=segmentation, objects=ids), image


def stroke(opened: OpenCorrection, random: np.random.Generator) -> Change:
    """Return a stroke that grows an object, over its neighbours where it meets them."""
    state = opened.state
    number = int(random.choice(list(state.objects)))
    box, (height, width) = state.crop(number), state.shape
    row = int(np.clip((box.top + box.bottom) // 2, BRUSH_PX, height - BRUSH_PX - 1))
    left = int(np.clip(box.left, BRUSH_PX, width - STROKE_PX - BRUSH_PX))
    rows, columns = np.mgrid[row - BRUSH_PX : row + BRUSH_PX + 1, left : left + STROKE_PX]
    return repainted(state, (rows * width + columns).ravel(), number, 1)


def timed(name: str, works: Iterable[Callable[[], object]]) -> None:
    """Print a row of the table: of works that are made one after the other as they come."""
    processor, clock = [], []
    for work in works:
        begun = time.process_time(), time.perf_counter()
        work()
        processor.append(1000 * (time.process_time() - begun[0]))
        clock.append(1000 * (time.perf_counter() - begun[1]))
    row = f"{name:42}"
    for values in (sorted(processor), sorted(clock)):
        row += f"{statistics.median(values):10.1f}{values[int(0.95 * (len(values) - 1))]:9.1f}"
    print(row, flush=True)


def steps(opened: OpenCorrection, kind: str, random: np.random.Generator) -> Iterator[Work]:
    """Yield works that make and keep one step each."""
    for _ in range(STEPS):
        change = stroke(opened, random) if kind == "brush" else Change()
        base = opened.revision
        data = codec.encode_step(Step(f"{kind} {base}", base, kind, change))
        yield partial(opened.apply, data)


def followed(
    opened: OpenCorrection, image: Micrograph, random: np.random.Generator
) -> Iterator[Work]:
    """Yield works that bring table, histogram and phases up to date after one stroke each."""

    def follow() -> None:
        size_bins(opened.table(image))
        opened.phases(image)

    for work in steps(opened, "brush", random):
        work()
        yield follow


def main() -> None:
    side, count = map(int, (*sys.argv[1:3], *("4096", "5000")[len(sys.argv) - 1 :]))
    analysis, image = discs(side, count)
    random = np.random.default_rng(1)
    print(f"{side} x {side} px, {count} objects, ms       processor     95 %     clock     95 %")
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder))
        kept = micrographs.add(workspace, "me", "upload:1", image.name, b"discs")
        stored = results.add(workspace, "me", kept.id, "key", analysis)
        ours = workspace, "me", stored.id
        timed("begin", [partial(corrections.begin, *ours, analysis)])
        opened = open_correction(*ours)
        timed("measure all objects, once", [partial(opened.table, image)])
        timed("a stroke, made and kept", steps(opened, "brush", random))
        timed("undo", steps(opened, "undo", random))
        timed("redo", steps(opened, "redo", random))
        timed("table, histogram, phases after a stroke", followed(opened, image, random))
        timed("open again, with all these steps", [partial(open_correction, *ours)] * 2)
        timed("all that a browser is sent", [partial(opened.encoded, 1)])
        timed("the corrected analysis", [partial(opened.corrected, analysis)])


if __name__ == "__main__":
    main()

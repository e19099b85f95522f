"""Rows of some objects, as measuring the whole image would give them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from core.measurement.regions import (
    ImageEdge,
    Runs,
    find_runs,
    perimeters,
    run_intensity,
    table_of_runs,
)
from core.types.pixel_size import PixelSize


def measure_some(
    objects: np.ndarray,
    boxes: Mapping[int, tuple[slice, slice]],
    pixels: np.ndarray,
    pixel_size: PixelSize | None,
    edge: ImageEdge,
) -> pd.DataFrame:
    """Return the rows that :func:`measure_objects` has for some objects, without a look at the rest
    of the image. ``boxes``: rows and columns around each of them, at least, by id."""
    some = [
        (number, box[0].start, box[1].start, objects[box] == number, box)
        for number, box in sorted(boxes.items())
    ]
    runs = _joined([_moved(find_runs(mask), top, left) for _, top, left, mask, _ in some])
    runs = replace(runs, ids=np.array([number for number, *_ in some], np.int64))
    perimeter = [perimeters(mask, np.array([1]))[0] for *_, mask, _ in some]
    cut = [bool(edge.along[box][mask].any()) for *_, mask, box in some]
    intensity = [float(run_intensity(find_runs(mask), pixels[box]).sum()) for *_, mask, box in some]
    return table_of_runs(
        runs,
        np.array(perimeter),
        np.array(cut, np.bool_),
        np.array(intensity),
        pixel_size,
        edge.extent,
    )


def _moved(runs: Runs, down: int, right: int) -> Runs:
    return replace(runs, row=runs.row + down, start=runs.start + right, stop=runs.stop + right)


def _joined(parts: Sequence[Runs]) -> Runs:
    """Return the runs of several objects, one each, as those of one image."""
    nothing = np.empty(0, np.int64)
    row, start, stop = (
        np.concatenate([nothing, *(getattr(one, name) for one in parts)])
        for name in ("row", "start", "stop")
    )
    counts = [len(one.row) for one in parts]
    return Runs(np.arange(len(parts)), np.repeat(np.arange(len(parts)), counts), row, start, stop)

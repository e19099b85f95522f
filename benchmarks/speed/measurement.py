"""Processor seconds of measuring 6,000 particles: python -m benchmarks.speed.measurement

A drawn field of 2048 x 2048 px with 6,000 discs of log-normal sizes goes from its label map to the
table of objects, and from there to every value that is reported of a field: distributions with
bootstrap intervals, fit, shapes, neighbours. Medians of five runs on one core.
"""

from __future__ import annotations

import os

# Before numpy and OpenCV start their threads.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import time  # noqa: E402
from dataclasses import replace  # noqa: E402
from statistics import median  # noqa: E402

import cv2  # noqa: E402
import numpy as np  # noqa: E402

from core.analysis.analysis import Analysis  # noqa: E402
from core.fields.field import measure_field  # noqa: E402
from core.measurement.regions import measure_objects  # noqa: E402
from core.segmentation.settings import ObjectSettings  # noqa: E402
from core.types.micrograph import Micrograph  # noqa: E402
from core.types.model_card import ModelCard  # noqa: E402
from core.types.pixel_size import PixelSize  # noqa: E402
from core.types.segmentation import Phase, Segmentation  # noqa: E402

SIDE, COUNT, RUNS = 2048, 6000, 5
PHASES = (Phase("background", "#000000"), Phase("particle", "#E69F00"))
CARD = ModelCard(
    name="drawn",
    title="Drawn particles",
    purpose="benchmark",
    phases=PHASES,
    build=None,
    weights=None,
    architecture="none",
    mean=0.5,
    std=0.25,
    data="none",
    licence="BSD-3-Clause",
    reference="none",
    objects_phase=1,
)


def drawn_objects() -> np.ndarray:
    """Return (SIDE, SIDE) uint32: discs on a jittered grid, so that none touches another."""
    random = np.random.default_rng(0)
    cells = int(np.ceil(np.sqrt(COUNT)))
    side = SIDE / cells
    objects = np.zeros((SIDE, SIDE), np.int32)
    for index in range(COUNT):
        row, column = np.array(divmod(index, cells)) + 0.5
        radius = float(np.clip(random.lognormal(np.log(side / 5), 0.3), 2, side / 2.2))
        place = (int(column * side), int(row * side))
        cv2.circle(objects, place, round(radius), index + 1, thickness=-1)
    return objects.astype(np.uint32)


def analysis_of(objects: np.ndarray) -> Analysis:
    """Return an analysis without a table."""
    labels = (objects > 0).astype(np.uint8)
    size = PixelSize(5.0, "drawn")
    micrograph = Micrograph(labels.astype(np.float32), "drawn", "drawn", size)
    shares = np.stack([1 - labels, labels]).astype(np.float16)
    segmentation = Segmentation(labels, shares, PHASES, size, CARD.name, "drawn")
    table = measure_objects(objects[:32, :32], micrograph.pixels[:32, :32], size)
    return Analysis(micrograph, CARD, segmentation, objects, table, ObjectSettings(), 0.0)


def main() -> None:
    """Print the seconds of the table, of the values, and of both."""
    cv2.setNumThreads(1)
    analysis = analysis_of(drawn_objects())
    seconds = []
    for _ in range(RUNS):
        begun = time.process_time()
        micrograph = analysis.micrograph
        table = measure_objects(analysis.objects, micrograph.pixels, micrograph.pixel_size)
        between = time.process_time()
        found = measure_field(replace(analysis, table=table))
        seconds.append((between - begun, time.process_time() - between))
    of_table, of_values = (median(one) for one in zip(*seconds, strict=True))
    print(f"{len(table):,} objects, {len(found.quantities)} quantities, processor seconds:")
    print(f"table {of_table:.3f}, values {of_values:.3f}, together {of_table + of_values:.3f}")


if __name__ == "__main__":
    main()

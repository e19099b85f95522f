"""Where the seconds of a segmentation go: python -m benchmarks.speed.segmentation particles grains

A PNG of 2048 x 2048 px, made from a sample of the start page or cut from --image, goes through
each model: read, network, objects, table. Beside it MONAI's `sliding_window_inference` runs the
same network once over the same image, in float32, as its tutorials call it. Medians of five runs
that take turns, in milliseconds; the last columns divide MONAI's time by ours. Load from other
programs falls on both alike, but not evenly: compare ratios, on an idle machine.

MONAI is a development dependency; without it, only our own times are printed.
"""

from __future__ import annotations

import argparse
import io
import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
import torch
from PIL import Image

from core.analysis.analyse import analyse
from core.analysis.remeasure import regroup
from core.execution import PrecisionChoice
from core.formats import read, read_file
from core.measurement.regions import measure_objects
from core.segmentation.engines.engine import Engine
from core.segmentation.engines.processor import bfloat16_units, machine_in_words
from core.segmentation.settings import ObjectSettings
from core.synthesis.samples import samples
from core.types.micrograph import Micrograph
from models import zoo

SIDE, RUNS = 2048, 5
ROI = (1024, 1024)
HEAD = ("model", "ran in", "read", "network", "objects", "table", "rest", "all", "MONAI")


@dataclass(frozen=True)
class Seconds:
    """Of one run: reading, the network with stitching, objects, their table, and all together."""

    read: float
    network: float
    objects: float
    table: float
    whole: float


def picture(path: Path | None) -> bytes:
    """Return a PNG of 2048 x 2048 px, mirrored beyond the edges of a smaller image."""
    source = samples()[0].build().micrograph if path is None else read_file(path)
    grey = source.pixels[source.image_rows]
    missing = [(0, max(0, SIDE - length)) for length in grey.shape]
    square = np.pad(grey, missing, mode="symmetric")[:SIDE, :SIDE]
    buffer = io.BytesIO()
    Image.fromarray(np.rint(square * 255).astype(np.uint8)).save(buffer, "png")
    return buffer.getvalue()


def ours(data: bytes, engine: Engine) -> Seconds:
    """Return the seconds of one run of ours."""
    begun = time.perf_counter()
    micrograph = read(data, "benchmark.png")
    read_after = time.perf_counter() - begun
    analysis = analyse(micrograph, engine)
    whole = time.perf_counter() - begun
    grouped = _timed(lambda: regroup(analysis, ObjectSettings()))
    table = _timed(
        lambda: measure_objects(
            analysis.objects,
            analysis.micrograph.pixels,
            analysis.micrograph.pixel_size,
            analysis.micrograph.measurable,
        )
    )
    return Seconds(read_after, analysis.seconds, grouped - table, table, whole)


def monai(micrograph: Micrograph, engine: Engine) -> Callable[[], float] | None:
    """Return what times MONAI's pass over an image; None where it is not installed."""
    with suppress(ImportError):
        from monai.inferers import sliding_window_inference

        network = engine.network
        batch = engine.tensor(micrograph.pixels[None])

        @torch.inference_mode()
        def run() -> float:
            return _timed(
                lambda: sliding_window_inference(
                    batch, ROI, 1, network, overlap=0.25, mode="gaussian", padding_mode="reflect"
                )
            )

        return run
    return None


def _timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def row(name: str, data: bytes, precision: PrecisionChoice) -> list[str]:
    """Return the line of one model."""
    engine = zoo.load(name, "auto", precision=precision)
    if not isinstance(engine, Engine):
        raise SystemExit(f"{name} is no network")
    theirs = monai(read(data, "benchmark.png"), engine)
    ours(data, engine)
    found, other = [], []
    for _ in range(RUNS):
        found.append(ours(data, engine))
        other += [theirs()] if theirs else []
    middle = Seconds(
        *(median(getattr(one, name) for one in found) for name in Seconds.__annotations__)
    )
    parts = [middle.read, middle.network, middle.objects, middle.table]
    rest = max(0.0, middle.whole - sum(parts))
    shown = [f"{1000 * one:.0f}" for one in (*parts, rest, middle.whole)]
    ratios = ["-"] * 3
    if other:
        reference = median(other)
        ratios = [
            f"{1000 * reference:.0f}",
            f"{reference / middle.network:.2f}",
            f"{reference / middle.whole:.2f}",
        ]
    return [name, engine.execution.in_words, *shown, *ratios]


def main() -> None:
    """Print the table."""
    networks = [name for name, card in zoo.CARDS.items() if card.build is not None]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", default=networks)
    parser.add_argument("--image", type=Path)
    parser.add_argument("--precision", choices=("auto", "exact", "fast"), default="auto")
    options = parser.parse_args()
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    units = bfloat16_units() or "none"
    print(f"{machine_in_words('cpu')}; bfloat16 units: {units}; load {load:.1f} at the start")
    print(" | ".join((*HEAD, "MONAI/network", "MONAI/all")), "(milliseconds, medians of five)")
    data = picture(options.image)
    for name in options.models:
        print(" | ".join(row(name, data, options.precision)), flush=True)


if __name__ == "__main__":
    main()

"""How long the terminal takes for a first image: python -m benchmarks.speed.cold_start particles

A PNG of 512 x 512 px, made from a sample of the start page or named by --image, goes through
`lamella segment` in a process of its own, whose networks were converted before. Medians of five
runs, by the clock and in processor seconds. With --beside DIR, another checkout of Lamella takes
turns with this one: load from other programs falls on both alike, so compare ratios.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np
from PIL import Image

from core.synthesis.samples import samples

REPOSITORY = Path(__file__).resolve().parents[2]
SIDE, RUNS = 512, 5


def picture(folder: Path) -> Path:
    """Return a PNG of 512 x 512 px in ``folder``: the middle of a sample."""
    source = samples()[0].build().micrograph
    grey = source.pixels[source.image_rows]
    top, left = ((length - SIDE) // 2 for length in grey.shape)
    square = grey[top : top + SIDE, left : left + SIDE]
    path = folder / "benchmark.png"
    Image.fromarray(np.rint(square * 255).astype(np.uint8)).save(path)
    return path


def one_run(checkout: Path, image: Path, model: str, folder: Path) -> tuple[float, float]:
    """Return the seconds of a run by the clock and of the processor, of its children too."""
    command = [sys.executable, "cli.py", "segment", str(image.resolve()), "--model", model]
    environment = {"PYTHONPATH": str(checkout), "LAMELLA_DATA": str(folder / "data")}
    before, begun = os.times(), time.perf_counter()
    subprocess.run(
        [*command, "--out", str(folder / "out")],
        cwd=checkout,
        env={**os.environ, **environment},
        check=True,
        capture_output=True,
    )
    taken, after = time.perf_counter() - begun, os.times()
    user = after.children_user - before.children_user
    return taken, user + after.children_system - before.children_system


def main() -> None:
    """Print a line for each model and checkout."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", default=["particles"])
    parser.add_argument("--image", type=Path)
    parser.add_argument("--beside", type=Path)
    options = parser.parse_args()
    checkouts = [one.resolve() for one in (REPOSITORY, options.beside) if one is not None]
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    print(f"load {load:.1f} at the start; medians of {RUNS} runs")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        image = options.image or picture(folder)
        for model in options.models:
            for checkout in checkouts:
                one_run(checkout, image, model, folder)
            turns = [
                [one_run(checkout, image, model, folder) for checkout in checkouts]
                for _ in range(RUNS)
            ]
            for checkout, runs in zip(checkouts, zip(*turns, strict=True), strict=True):
                taken, processor = (median(values) for values in zip(*runs, strict=True))
                print(f"{model} | {checkout} | {taken:.2f} s | processor {processor:.2f} s")


if __name__ == "__main__":
    main()

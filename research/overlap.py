"""How far a network looks, for its card: python -m research.overlap particles IMAGE...

Each image is cut to 2048 x 2048 px of what the network sees, run in one piece, and in tiles of 1088
px with each overlap. Printed are how far the probabilities of the two lie apart and how many pixels
get another label. Writes nothing.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from core.formats import read_file
from core.pixels.resampling import resample
from core.segmentation.engines.engine import Engine
from core.segmentation.preprocessing import image_field
from core.segmentation.settings import TileSettings
from core.segmentation.tiled import predict
from models import zoo

SIDE = 2048
TILE = 1088
OVERLAPS = (128, 256, 384)


def field(path: Path, scale: float) -> np.ndarray:
    """Return the grey levels (2048, 2048) that a network sees of the middle of an image."""
    grey = image_field(read_file(path)).grey
    grey = resample(grey, (round(grey.shape[0] * scale), round(grey.shape[1] * scale)))
    top, left = ((length - min(SIDE, length)) // 2 for length in grey.shape)
    return grey[top : top + SIDE, left : left + SIDE]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name")
    parser.add_argument("images", nargs="+", type=Path)
    options = parser.parse_args()
    engine = zoo.load(options.name, "cpu", precision="exact")
    assert isinstance(engine, Engine)
    phases = len(engine.card.phases)
    for path in options.images:
        grey = field(path, engine.card.tta_scales[-1])
        whole = predict(grey, engine, TileSettings(SIDE, 0))
        for overlap in OVERLAPS:
            tiled = predict(grey, engine, TileSettings(TILE, overlap))
            apart = np.abs(tiled - whole).max(0)
            other = np.mean(tiled[:phases].argmax(0) != whole[:phases].argmax(0))
            print(
                f"{path.name} {grey.shape}: overlap {overlap} px, apart by {apart.max():.3f} at "
                f"most, by over 0.01 on {100 * np.mean(apart > 0.01):.3f} %, other labels on "
                f"{100 * other:.4f} %",
                flush=True,
            )


if __name__ == "__main__":
    main()

"""Count objects where the right number is known.

    python -m research.objects.measure NAME [--weights FILE] [--cases DIR]

25 spheres that touch, stand 2 px apart or overlap by 5 % of their diameter, of 12 to 100 px, in
hexagonal rows and at random; nine disks apart, and how wide they are; eight bars side by side; five
rings; ten images without any particle; and, from DIR, a raft of 25 and four crossed rods.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np

from core.analysis.analyse import analyse
from core.formats import read_file
from core.segmentation.engines.engine import Engine
from core.segmentation.settings import ObjectSettings
from core.synthesis.annotations import annotate
from core.synthesis.smooth_noise import smooth_noise
from core.types.micrograph import Micrograph
from models import zoo

COUNT = 25
GAPS = {"touching": 0.0, "2 px apart": 2.0, "overlapping 5 %": -0.05}
CASES = {"raft_spheres_gap2px.tif": 25, "rods_10to1_network.tif": 4}


def hexagonal(pitch: float) -> np.ndarray:
    """Return (25, 2) centres in five rows, each on the gaps of the one before."""
    line, place = np.divmod(np.arange(COUNT), 5)
    return np.stack([line * pitch * 0.75**0.5, (place + line % 2 / 2) * pitch], axis=1)


def at_random(pitch: float, random: np.random.Generator) -> np.ndarray:
    """Return (25, 2) centres, each at ``pitch`` from an earlier one and no nearer to any other."""
    centres = np.zeros((1, 2))
    while len(centres) < COUNT:
        angle = random.uniform(0, 2 * np.pi)
        step = pitch * np.array([np.sin(angle), np.cos(angle)])
        new = centres[random.integers(len(centres))] + step
        if np.hypot(*(centres - new).T).min() >= pitch * (1 - 1e-9):
            centres = np.vstack([centres, new])
    return centres


def spheres(centres: np.ndarray, diameter: float, random: np.random.Generator) -> np.ndarray:
    """Return a bright-field image of spheres in [0, 1], with margins and noise."""
    depth = np.sqrt(np.clip(1 - _gauges(centres, diameter), 0, None)).sum(axis=0)
    return 0.8 * np.exp(-1.2 * depth) + random.normal(0, 0.02, depth.shape)


def sphere_ids(centres: np.ndarray, diameter: float) -> np.ndarray:
    """Return the ids (H, W) of the spheres of such an image, of the nearest where two overlap."""
    gauges = _gauges(centres, diameter)
    return np.where(gauges.min(axis=0) <= 1, gauges.argmin(axis=0) + 1, 0)


def _gauges(centres: np.ndarray, diameter: float) -> np.ndarray:
    """Return the squared distance from each centre (N, H, W), in radii."""
    centres = centres - centres.min(axis=0) + 1.5 * diameter
    rows, columns = (int(side) for side in centres.max(axis=0) + 1.5 * diameter)
    row, column = np.mgrid[: max(rows, 160), : max(columns, 160)]
    return np.stack([(row - r) ** 2 + (column - c) ** 2 for r, c in centres]) / (diameter / 2) ** 2


def disks(diameter: float, random: np.random.Generator) -> np.ndarray:
    """Return nine dark disks apart on a bright ground, with a blurred edge and noise."""
    pitch = int(2.2 * diameter) + 12
    row, column = np.mgrid[: 3 * pitch, : 3 * pitch]
    cover = np.zeros(row.shape, np.float32)
    for place in range(9):
        middle = (np.array(divmod(place, 3)) + 0.5) * pitch + random.uniform(-1, 1, 2)
        away = np.hypot(row - middle[0], column - middle[1])
        cover += np.clip(diameter / 2 - away + 0.5, 0, 1)
    image = 0.7 - 0.5 * cv2.GaussianBlur(cover, (0, 0), 1)
    return image + random.normal(0, 0.02, image.shape)


def bars(gap_px: int, random: np.random.Generator) -> np.ndarray:
    """Return eight dark bars of 30 x 240 px side by side along the columns."""
    image = np.full((400, 80 + 8 * (30 + gap_px)), 0.7)
    for place in range(8):
        left = 40 + place * (30 + gap_px)
        image[80:320, left : left + 30] = 0.25
    return cv2.GaussianBlur(image, (0, 0), 1) + random.normal(0, 0.02, image.shape)


def rings(wall_px: float, random: np.random.Generator) -> np.ndarray:
    """Return five dark rings of 50 px apart, whose inside is as bright as the ground."""
    row, column = np.mgrid[:160, :520]
    image = np.full(row.shape, 0.7)
    for place in range(5):
        away = np.hypot(row - 80, column - 60 - 100 * place)
        image -= 0.45 * np.clip(wall_px / 2 + 0.5 - np.abs(away - 25 + wall_px / 2), 0, 1)
    return cv2.GaussianBlur(image, (0, 0), 0.8) + random.normal(0, 0.02, image.shape)


def without_particles(random: np.random.Generator) -> np.ndarray:
    """Return a film with noise and, on half of them, letters and a scale bar."""
    film = 0.5 + 0.03 * smooth_noise((384, 512), random.uniform(4, 80), random)
    image = film + random.normal(0, random.uniform(0.01, 0.06), film.shape)
    return annotate(image, random) if random.random() < 0.5 else image


def count(engine: Engine, name: str, pixels: np.ndarray) -> int:
    """Return how many objects are found with default settings."""
    return len(diameters(engine, name, pixels, ObjectSettings()))


def diameters(
    engine: Engine, name: str, pixels: np.ndarray, settings: ObjectSettings
) -> np.ndarray:
    """Return the diameter in px of the disc of each object's area, (N,)."""
    made = Micrograph(pixels.astype(np.float32), name, digest=name)
    table = analyse(made, engine, object_settings=settings).table
    return table["equivalent_diameter_px"].to_numpy()


def main() -> None:
    """Print one line a kind of image."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name")
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--cases", type=Path)
    options = parser.parse_args()
    engine = zoo.load(options.name, "cpu", options.weights)
    random = np.random.default_rng(0)
    for diameter in (12, 25, 50, 100):
        for kind, gap in GAPS.items():
            pitch = diameter + (gap if gap >= 0 else gap * diameter)
            layouts = {"hexagonal": hexagonal(pitch), "random": at_random(pitch, random)}
            found = {
                layout: count(engine, kind, spheres(centres, diameter, random))
                for layout, centres in layouts.items()
            }
            print(f"{diameter:4} px {kind:16}", found, f"of {COUNT}", flush=True)
    empty = [count(engine, "empty", without_particles(random)) for _ in range(10)]
    print("ten images without particles:", empty)
    for diameter in (12, 16, 20, 25, 30, 40, 50, 60, 80):
        shown = disks(diameter, random)
        for edge in (False, True):
            found = diameters(engine, "disks", shown, ObjectSettings(at_grey_edge=edge))
            outline = "at the grey edge" if edge else "as the network draws it"
            off = 100 * (found.mean() / diameter - 1) if len(found) else np.nan
            print(f"{diameter:4} px {len(found)} of 9 disks, outline {outline}: {off:+.1f} %")
    for gap in (1, 2, 4, 8):
        print(f"bars {gap} px apart:", count(engine, "bars", bars(gap, random)), "of 8")
    for wall in (2, 4, 8):
        print(f"rings with {wall} px of wall:", count(engine, "rings", rings(wall, random)), "of 5")
    for file, wanted in CASES.items() if options.cases else ():
        made = analyse(read_file(options.cases / file), engine)
        print(f"{file}: {made.objects.max()} of {wanted}")
    for diameter in (12, 15, 25):
        shown = spheres(hexagonal(0.9 * diameter), diameter, random)
        number = count(engine, "overlapping 10 %", shown)
        print(f"{diameter:4} px overlapping 10 %, hexagonal: {number} of {COUNT}", flush=True)


if __name__ == "__main__":
    main()

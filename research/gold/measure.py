"""Where the model `gold` holds and where it breaks: Dice against dose, defocus, magnification.

    python -m research.gold.measure [--runs N]

Rows that the table has already are kept, so a run that was cut goes on; delete curves.csv to
measure everything anew. Each value of a curve is measured on the same specimens, which no training
saw.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from core.errors import ModelError
from core.measurement.bootstrap import mean_over_images
from core.pixels.resampling import resample
from core.records import write_records
from core.segmentation.engines.engine import Engine
from core.synthesis.gold.image import GoldSettings, draw_settings, simulate
from core.training.synthetic_gold import TEST_STREAM
from models import zoo
from models.weights_file import trained
from studies.gold.networks.results import CURVES_TABLE, TRAINED, CurveRow, read_curves
from studies.gold.scoring import mask_dice, study_thresholds

SIDE_PX = 256
UNSEEN_IMAGES, CURVE_IMAGES = 64, 24
DOSES = (100.0, 300.0, 1e3, 3e3, 1e4, 3e4, 1e5, 3e5)
DEFOCI_NM = (-400.0, -200.0, -120.0, -80.0, -58.0, -40.0, -20.0, 0.0, 40.0, 100.0)
# Sides of 64 to 768 px, all multiples of the network's stride.
FACTORS = (0.25, 0.375, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0)
# Of the images whose magnification is then changed; 0.036 / 0.6 = 0.06, 0.036 / 1.8 = 0.02 nm/px.
PIXEL_NM = 0.036


@dataclass(frozen=True)
class Point:
    """One value of a curve."""

    curve: str
    value: float

    @property
    def is_trained(self) -> bool:
        """Whether training had such values."""
        low, high = TRAINED.get(self.curve, (self.value, self.value))
        return low <= self.value <= high


POINTS = (
    Point("unseen", 0.0),
    *(Point("dose", value) for value in DOSES),
    *(Point("defocus", value) for value in DEFOCI_NM),
    *(Point("magnification", value) for value in FACTORS),
)


def settings_of(point: Point, random: np.random.Generator) -> GoldSettings:
    """Return settings drawn from the trained range, but for what the curve asks."""
    drawn = draw_settings(random, SIDE_PX)
    if point.curve == "dose":
        return replace(drawn, dose_e_per_nm2=point.value)
    if point.curve == "defocus":
        return replace(drawn, voltage_kv=300.0, cs_mm=1.2, defocus_nm=point.value)
    if point.curve == "magnification":
        return replace(drawn, pixel_size_nm=PIXEL_NM, diameter_nm=(2.0, 5.0), particles=6)
    return drawn


def images(point: Point) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield grey levels (H, W) in [0, 1] and labels (H, W), the same specimens for each value."""
    # The stream of the test set; each curve begins it anew.
    random = np.random.default_rng(TEST_STREAM)
    for _ in range(UNSEEN_IMAGES if point.curve == "unseen" else CURVE_IMAGES):
        settings, seed = settings_of(point, random), int(random.integers(2**31))
        made = simulate(settings, SIDE_PX, seed)
        if point.curve != "magnification":
            yield made.grey, made.labels
            continue
        side = round(SIDE_PX * point.value)
        grey = resample(np.array(made.grey), (side, side))
        yield grey, (resample(made.labels.astype(np.float32), (side, side)) > 0.5).astype(np.uint8)


def measure(point: Point, engine: Engine) -> CurveRow:
    """Score the model and Otsu's threshold on the images of one value."""
    dice, otsu = [], []
    for grey, labels in images(point):
        if not labels.any():
            continue
        found = engine.probabilities(np.ascontiguousarray(grey)[None])[0, 1] > 0.5
        dice.append(mask_dice(labels > 0, found))
        threshold = study_thresholds(grey, labels)
        otsu.append(threshold.dice(threshold.otsu))
    estimate = mean_over_images(dice)
    return CurveRow(
        point.curve,
        point.value,
        estimate.value,
        estimate.low,
        estimate.high,
        float(np.mean(otsu)),
        len(dice),
        point.is_trained,
    )


def write(rows: list[CurveRow], path: Path) -> None:
    """Write the table, in the order of POINTS."""
    rows = sorted(rows, key=lambda row: POINTS.index(Point(row.curve, row.value)))
    write_records(path, CurveRow, rows)


def main() -> None:
    """Measure what the table does not have yet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", type=Path, default=CURVES_TABLE)
    parser.add_argument("--runs", type=int, default=len(POINTS), help="stop after so many new rows")
    parser.add_argument("--weights", type=Path, help="safetensors instead of the shipped ones")
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows = list(read_curves(options.table))
    known = {Point(row.curve, row.value) for row in rows}
    missing = [point for point in POINTS if point not in known]
    if missing and options.runs:
        engine = engine_of(options.weights)
        for point in missing[: options.runs]:
            rows.append(measure(point, engine))
            write(rows, options.table)
            print(rows[-1], flush=True)


def engine_of(weights: Path | None) -> Engine:
    """Return the model `gold`, with other weights where a file is given.

    Raises:
        ModelError: the model has no weights.
    """
    card = zoo.card("gold")
    if weights is not None:
        from safetensors.torch import load_file

        network = card.build()
        network.load_state_dict({k: v.float() for k, v in load_file(weights).items()})
        return Engine(card, network.eval().requires_grad_(False), "cpu")
    if card.weights is None:
        raise ModelError("The model gold has no weights yet; train it with `lamella train gold`.")
    return Engine(card, trained(card), "cpu")


if __name__ == "__main__":
    main()

"""Take one effect of the generator away at a time, train, and score on real micrographs.

    python -m research.grains.measure --data DIR

DIR holds images/, masks/ and index.csv as for training; one image of each value of the column
``source_image`` is used. Rows that the table has already are kept, so a run that was cut goes on;
delete ablation.csv to measure everything anew. The real micrographs are scored on, never trained
on.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from core.evaluation.boundary_agreement import line_agreement
from core.formats import read_file
from core.measurement.bootstrap import mean_over_images
from core.pixels.mask_file import read_mask
from core.pixels.resampling import resample_mask
from core.records import write_records
from core.segmentation.engines.engine import Engine
from core.segmentation.preprocessing import image_field
from core.training.dataset import read_index
from core.training.loop import TrainingSettings, train
from core.training.synthetic_grains import grain_data
from models import zoo
from studies.grains.networks.results import BATCH, CROP_PX, RUNS, STEPS, TABLE, Row, read_rows
from studies.grains.scoring import boundary_probability


@dataclass(frozen=True, eq=False)
class Scored:
    """A micrograph, grey levels (H, W) in [0, 1], and its boundaries (H, W) bool."""

    grey: np.ndarray
    boundary: np.ndarray


def one_of_each(folder: Path) -> list[Scored]:
    """Return the first image of each source micrograph, by name."""
    index = read_index(folder)
    first: dict[str, str] = {}
    for stem in sorted(index):
        first.setdefault(index[stem]["source_image"], stem)
    paths = {path.stem: path for path in (folder / "images").iterdir()}
    found = []
    for stem in first.values():
        micrograph = read_file(paths[stem])
        mask = read_mask(folder / "masks" / f"{stem}.png")[micrograph.image_rows]
        grey = image_field(micrograph).grey
        found.append(Scored(grey, resample_mask(mask > 0, grey.shape)))
    return found


def measure(without: tuple[str, ...], images: list[Scored]) -> Row:
    """Train one network without some effects and score it."""
    # The table was measured at the images' own size; the model's card came to shrink them later.
    card = replace(zoo.card("grains"), tta_scales=(1.0,))
    recipe = replace(
        zoo.recipe("grains"),
        steps=STEPS,
        batch=BATCH,
        crop_px=CROP_PX,
        validate_every=STEPS,
        averaging=0.98,
    )
    torch.manual_seed(recipe.seed)
    network = card.build()
    recipe.initialize(network)
    data = grain_data(without, side=CROP_PX, validation=4, train=1)
    trained = train(network, data, TrainingSettings.of(card, recipe))
    network.load_state_dict(trained.state)
    engine = Engine(card, network.eval().requires_grad_(False), "cpu")
    dice = np.array(
        [
            line_agreement(one.boundary, boundary_probability(engine, one.grey) > 0.5).f1
            for one in images
        ]
    )
    found = mean_over_images(dice)
    return Row(without, found.value, found.low, found.high, len(images), trained.seconds)


def write(rows: list[Row], path: Path) -> None:
    """Write the table, in the order of RUNS."""
    write_records(path, Row, sorted(rows, key=lambda row: RUNS.index(row.without)))


def main() -> None:
    """Measure what the table does not have yet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="images/, masks/, index.csv with source_image")
    parser.add_argument("--table", type=Path, default=TABLE)
    parser.add_argument("--runs", type=int, default=len(RUNS), help="stop after so many new rows")
    options = parser.parse_args()
    if options.data is None:
        print("No --data given: the table of grain boundaries stays as it is.")
        return
    images = one_of_each(options.data)
    rows = list(read_rows(options.table))
    missing = [run for run in RUNS if run not in {row.without for row in rows}]
    for without in missing[: options.runs]:
        rows.append(measure(without, images))
        write(rows, options.table)
        print(rows[-1], flush=True)


if __name__ == "__main__":
    main()

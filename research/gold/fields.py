"""Does it matter how far a network sees? Small U-Nets on lattice and on mass contrast.

    python -m research.gold.fields [--runs N] [--images DIR]

Trains one network after the other on one processor core and scores it on images that no training
saw. Rows that the table has already are kept, so a run that was cut goes on; delete fields.csv to
measure everything anew.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from torch import nn

from core.inspection.receptive_field.receptive_field import field_sizes
from core.inspection.receptive_field.trace import trace_network
from core.measurement.bootstrap import mean_over_images
from core.records import write_records
from core.training.initialization import from_scratch
from core.training.loop import TrainingSettings, train
from core.training.recipe import Recipe
from models.weights_file import save_weights
from studies.gold.contrasts import TITLES, contrast_data, contrast_pairs
from studies.gold.networks.results import (
    BASELINES_TABLE,
    BATCH,
    CHECKSUMS,
    CROP_PX,
    FIELDS_TABLE,
    FOLDER,
    MEAN,
    STD,
    STEPS,
    BaselineRow,
    FieldNetwork,
    FieldRow,
    read_baselines,
    read_fields,
)
from studies.gold.scoring import mask_dice, study_thresholds

BLUR_PX = 4.0
POOLINGS = (0, 4, 2, 3, 1)


def _runs(seed: int) -> tuple[FieldNetwork, ...]:
    """Return the networks of one seed, ends of the range first: unfinished, it says something."""
    both = [FieldNetwork(contrast, at, seed=seed) for at in POOLINGS for contrast in TITLES]
    without = [FieldNetwork("lattice", at, skips=False, seed=seed) for at in (3, 2)]
    return (*both[:7], without[0], *both[7:], without[1])


RUNS = (*_runs(1), *_runs(2), *_runs(3))


def recipe(seed: int) -> Recipe:
    """Return how each network is trained."""
    return Recipe(
        steps=STEPS,
        initialize=from_scratch,
        masks="instances",
        batch=BATCH,
        crop_px=CROP_PX,
        learning_rate=1e-2,
        averaging=0.97,
        validate_every=STEPS,
        seed=seed,
    )


def measure(network: FieldNetwork, kept: Path | None) -> tuple[FieldRow, nn.Module]:
    """Train one network and score it on the images kept out."""
    chosen = recipe(network.seed)
    torch.manual_seed(chosen.seed)
    built = network.build()
    data = contrast_data(network.contrast, kept)
    found = train(built, data, TrainingSettings(chosen, MEAN, STD, classes=2))
    # As shipped: in half precision.
    built.load_state_dict(
        {k: v.half().float() if v.is_floating_point() else v for k, v in found.state.items()}
    )
    built.eval()
    sizes = field_sizes(trace_network(built, (1, 1, 256, 256)), None)
    dice = scores(built, network.contrast, kept)
    estimate = mean_over_images(dice)
    parameters = sum(weight.numel() for weight in built.parameters())
    row = FieldRow(
        network,
        parameters,
        min(sizes.smallest),
        max(sizes.largest),
        estimate.value,
        estimate.low,
        estimate.high,
        len(dice),
        found.seconds,
    )
    return row, built


@torch.inference_mode()
def scores(network: nn.Module, contrast: str, kept: Path | None) -> np.ndarray:
    """Return the Dice of gold for each test image, (N,)."""
    found = []
    for pair in contrast_pairs(contrast, "test", kept):
        image = torch.from_numpy((pair.image.astype(np.float32) / 255 - MEAN) / STD)
        logits = network(image[None, None])[0]
        found.append(mask_dice(pair.labels > 0, (logits[1] > logits[0]).numpy()))
    return np.array(found)


def baselines(kept: Path | None) -> list[BaselineRow]:
    """Return what Otsu's threshold does on the same images, as they are and blurred."""
    rows = []
    for contrast in TITLES:
        pairs = contrast_pairs(contrast, "test", kept)
        for method, blur in (("Otsu", 0.0), (f"Otsu after a blur of {BLUR_PX:g} px", BLUR_PX)):
            dice = []
            for pair in pairs:
                one = study_thresholds(pair.image.astype(np.float32) / 255, pair.labels, blur)
                dice.append(one.dice(one.otsu))
            found = mean_over_images(dice)
            values = found.value, found.low, found.high
            rows.append(BaselineRow(contrast, method, *values, len(dice)))
    return rows


def write_baselines(rows: list[BaselineRow], path: Path) -> None:
    """Write the table of thresholds."""
    write_records(path, BaselineRow, rows)


def write(rows: list[FieldRow], path: Path) -> None:
    """Write the table of networks, in the order of RUNS."""
    write_records(path, FieldRow, sorted(rows, key=lambda row: RUNS.index(row.network)))


def ship(network: FieldNetwork, trained: nn.Module) -> None:
    """Put the weights of the first seed beside the table."""
    if network.seed != 1:
        return
    known = json.loads(CHECKSUMS.read_text(encoding="utf-8")) if CHECKSUMS.is_file() else {}
    path = FOLDER / f"{network.name}.safetensors"
    known[network.name] = save_weights(trained.state_dict(), path)
    text = json.dumps(dict(sorted(known.items())), indent=2) + "\n"
    CHECKSUMS.write_text(text, encoding="utf-8")


def main() -> None:
    """Measure what the tables do not have yet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=len(RUNS), help="stop after so many new rows")
    parser.add_argument("--images", type=Path, help="where made images are kept between calls")
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows = list(read_fields())
    missing = [run for run in RUNS if run not in {row.network for row in rows}]
    for network in missing[: options.runs]:
        row, trained = measure(network, options.images)
        rows.append(row)
        ship(network, trained)
        write(rows, FIELDS_TABLE)
        print(row, flush=True)
    if not read_baselines():
        write_baselines(baselines(options.images), BASELINES_TABLE)


if __name__ == "__main__":
    main()

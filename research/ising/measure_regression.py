"""The temperature itself, told by a network from one image: five folds, by temperature."""

from __future__ import annotations

import numpy as np

from core.records import write_table
from core.synthesis.ising.data import folds_by_content
from core.synthesis.ising.snapshots import Snapshots
from research.ising.measure_folds import BIN, by_folds, ship, train
from studies.ising.networks.results import NETWORKS, REGRESSION
from studies.ising.training import predict

CHOSEN = {16: ("symmetric", "mlp"), 64: ("symmetric", "mlp")}


def measure(lecture: dict[int, Snapshots]) -> None:
    """Write bias and error by 0.1 J/k of true temperature; ``lecture``: images by their side."""
    rows = [
        row
        for side, names in CHOSEN.items()
        for name in names
        for row in _measure_one(name, lecture[side])
    ]
    header = ("side", "network", "temperature", "images", "answer", "squared_error")
    write_table(REGRESSION, header, rows)


def _measure_one(name: str, data: Snapshots) -> list[list[object]]:
    def answer(fold: int, seen: Snapshots, held: Snapshots) -> np.ndarray:
        trained = train(NETWORKS[name], seen, held, fold, classes=1)
        if fold == 0:
            ship(NETWORKS[name], trained, data.side, "temperature")
        return predict(trained, held.spins)[:, 0]

    folds, answers = folds_by_content(data.spins), by_folds(data, answer)
    errors = (answers - data.temperatures) ** 2
    by_fold = [float(np.sqrt(errors[folds == fold].mean())) for fold in range(5)]
    print(data.side, name, "RMSE", np.round(by_fold, 4), flush=True)
    numbers = np.floor(data.temperatures / BIN).astype(int)
    rows: list[list[object]] = []
    for number in np.unique(numbers):
        inside = numbers == number
        measured = (answers[inside].mean(), errors[inside].mean())
        rows.append(
            [data.side, name, f"{(number + 0.5) * BIN:.2f}", int(inside.sum())]
            + [f"{value:.5f}" for value in measured]
        )
    return rows

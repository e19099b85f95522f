"""What breaks a trained network: equilibrium instead of a quench, and another size."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
from torch import nn

from core.synthesis.ising.baselines import best_threshold
from core.synthesis.ising.data import folds_by_content
from core.synthesis.ising.snapshots import Snapshots, equilibrium, spread_temperatures
from research.ising.measure_folds import ship, train
from studies.ising.networks.results import BASELINES, NETWORKS, TRANSFER, load
from studies.ising.training import predict

SIDE = 64
COUNTS = {"training": 2400, "held back": 1000}
CHOSEN = ("mlp", "full-cnn", "lenet5", "symmetric")
Classes = Callable[[np.ndarray], np.ndarray]


def measure(lecture: dict[int, Snapshots]) -> None:
    """Measure every pair of training and test data; ``lecture``: its images by their side."""
    quench = {side: _split(data) for side, data in lecture.items()}
    calm = {
        part: equilibrium(SIDE, spread_temperatures(count, seed), seed)
        for seed, (part, count) in enumerate(COUNTS.items(), start=11)
    }
    data = {"quench": quench[SIDE], "equilibrium": calm}
    rows = []
    for trained_on, parts in data.items():
        for name in (*BASELINES, *CHOSEN):
            classes = _classifier(name, trained_on, parts)
            for tested_on, others in data.items():
                rows.append(_row(name, trained_on, SIDE, tested_on, others["held back"], classes))
    for side, other in ((16, 64), (64, 16)):
        classes = _of(load("symmetric", side))
        held = quench[other]["held back"]
        rows.append(_row("symmetric", "quench", side, "quench", held, classes))
    TRANSFER.write_text(json.dumps(rows, indent=1) + "\n", "utf-8")


def _split(data: Snapshots) -> dict[str, Snapshots]:
    held = folds_by_content(data.spins) == 0
    return {"training": data.only(~held), "held back": data.only(held)}


def _classifier(name: str, trained_on: str, parts: dict[str, Snapshots]) -> Classes:
    seen = parts["training"]
    if name in BASELINES:
        return best_threshold(name, seen.spins, seen.labels).classes
    if trained_on == "quench":
        return _of(load(name, SIDE))
    trained = train(NETWORKS[name], seen, parts["held back"], 0)
    ship(NETWORKS[name], trained, SIDE, trained_on)
    return _of(trained)


def _of(network: nn.Module) -> Classes:
    return lambda spins: predict(network, spins).argmax(1)


def _row(
    name: str, trained_on: str, side: int, tested_on: str, data: Snapshots, classes: Classes
) -> dict[str, object]:
    right = classes(data.spins) == data.labels
    row = {
        "network": name,
        "trained_on": trained_on,
        "trained_side": side,
        "tested_on": tested_on,
        "tested_side": data.side,
        "images": len(data),
        "accuracy": round(float(right.mean()), 4),
        "below": round(float(right[data.labels == 0].mean()), 4),
        "above": round(float(right[data.labels == 1].mean()), 4),
    }
    print(row, flush=True)
    return row

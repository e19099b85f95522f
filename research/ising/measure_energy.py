"""Does any network beat the energy? Image by image, in equilibrium and on the lecture's data.

In equilibrium the probability of a snapshot at a temperature depends on the snapshot through its
energy alone, so the energy is a sufficient statistic and no classifier can be better than the best
threshold on it, but by chance.
"""

from __future__ import annotations

import json

import numpy as np

from core.synthesis.ising.baselines import best_threshold
from core.synthesis.ising.data import folds_by_content
from core.synthesis.ising.snapshots import Snapshots, equilibrium, spread_temperatures
from research.ising.measure_folds import train
from studies.ising.networks.results import AGAINST_ENERGY, NETWORKS, load, shipped, weights_name
from studies.ising.training import predict

COUNTS = {
    16: {"training": 8000, "held back": 12_000},
    64: {"training": 2400, "held back": 8000},
}
NEAR = (1.6, 3.2)
"""Where a finite lattice can be on the wrong side at all; outside, every good one is right."""


def measure(lecture: dict[int, Snapshots]) -> None:
    """Measure every network that there is against the energy threshold of the same images."""
    rows = []
    for side, counts in COUNTS.items():
        seen, held = (
            equilibrium(side, _near_critical(spread_temperatures(count, seed)), seed)
            for seed, count in enumerate(counts.values(), start=31)
        )
        for name, classes in _in_equilibrium(side, seen, held).items():
            rows.append(_row("equilibrium", side, name, classes, seen, held))
        folds = folds_by_content(lecture[side].spins)
        seen, held = lecture[side].only(folds != 0), lecture[side].only(folds == 0)
        for name, network in NETWORKS.items():
            if side in network.sides:
                classes = predict(load(name, side), held.spins).argmax(1)
                rows.append(_row("quench", side, name, classes, seen, held))
    AGAINST_ENERGY.write_text(json.dumps(rows, indent=1) + "\n", "utf-8")


def _near_critical(temperatures: np.ndarray) -> np.ndarray:
    return temperatures[(temperatures > NEAR[0]) & (temperatures < NEAR[1])]


def _in_equilibrium(side: int, seen: Snapshots, held: Snapshots) -> dict[str, np.ndarray]:
    """Return the classes of ``held`` by each network that learned from equilibrium."""
    found = {}
    for name, network in NETWORKS.items():
        if side == 16 and 16 in network.sides:
            trained = train(network, seen, held, 0)
        elif weights_name(name, side, "equilibrium") in shipped():
            trained = load(name, side, "equilibrium")
        else:
            continue
        found[name] = predict(trained, held.spins).argmax(1)
    return found


def _row(
    data: str, side: int, name: str, classes: np.ndarray, seen: Snapshots, held: Snapshots
) -> dict[str, object]:
    right = classes == held.labels
    thresholds = {
        feature: best_threshold(feature, seen.spins, seen.labels)
        for feature in ("energy", "magnetization")
    }
    by_energy = thresholds["energy"].classes(held.spins) == held.labels
    by_magnetization = thresholds["magnetization"].classes(held.spins) == held.labels
    gained, lost = int((right & ~by_energy).sum()), int((by_energy & ~right).sum())
    # Of paired answers: the difference of two shares and its standard error.
    count = len(held)
    difference = (gained - lost) / count
    error = np.sqrt((gained + lost) / count - difference**2) / np.sqrt(count)
    row = {
        "data": data,
        "side": side,
        "network": name,
        "images": count,
        "network_accuracy": round(float(right.mean()), 5),
        "energy_accuracy": round(float(by_energy.mean()), 5),
        "magnetization_accuracy": round(float(by_magnetization.mean()), 5),
        "right_where_energy_is_wrong": gained,
        "wrong_where_energy_is_right": lost,
        "difference": round(float(difference), 5),
        "interval_95": [round(float(difference + 1.96 * sign * error), 5) for sign in (-1, 1)],
    }
    print(row, flush=True)
    return row

"""Five folds by content: accuracy, confusion, and accuracy by temperature, for every network."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
from torch import nn

from core.records import read_table, write_table
from core.synthesis.ising.baselines import best_threshold
from core.synthesis.ising.data import FOLDS as FOLD_COUNT
from core.synthesis.ising.data import folds_by_content
from core.synthesis.ising.exact import CRITICAL_TEMPERATURE
from core.synthesis.ising.snapshots import Snapshots
from models.weights_file import save_weights
from studies.ising.networks.networks import IsingNetwork
from studies.ising.networks.results import (
    BASELINES,
    BY_TEMPERATURE,
    FOLDS,
    HERE,
    NETWORKS,
    WEIGHTS,
    weights_name,
)
from studies.ising.training import (
    ClassifierRecipe,
    Examples,
    predict,
    probabilities,
    train_classifier,
)

BIN = 0.1


def measure(data: Snapshots) -> None:
    """Measure every network and baseline on one size, and ship what fold 0 held back from.

    What a file holds already is kept, so that a run that was stopped goes on.
    """
    side = data.side
    done = {(row["side"], row["network"]) for row in _kept()}
    for name in [*BASELINES, *(n for n, network in NETWORKS.items() if side in network.sides)]:
        if (side, name) in done:
            continue
        if name in BASELINES:
            answers = by_folds(
                data, lambda fold, seen, held, name=name: _threshold(name, seen, held)
            )
            parameters, epochs = 1, 0
        else:
            network = NETWORKS[name]
            answers = by_folds(
                data, lambda fold, seen, held, one=network: _trained(one, fold, seen, held)
            )
            parameters, epochs = network.parameters(side), network.epochs[side]
        _keep(name, data, answers, parameters, epochs)


def by_folds(
    data: Snapshots, answer: Callable[[int, Snapshots, Snapshots], np.ndarray]
) -> np.ndarray:
    """Return P(T > Tc), (N,), of each image by ``answer(fold, training, held back)``."""
    folds, found = folds_by_content(data.spins), np.empty(len(data))
    for fold in range(FOLD_COUNT):
        held = folds == fold
        found[held] = answer(fold, data.only(~held), data.only(held))
    return found


def train(
    network: IsingNetwork, seen: Snapshots, held: Snapshots, fold: int, classes: int = 2
) -> nn.Module:
    """Return a network trained on ``seen``; with ``classes`` of 1 its answer is a temperature."""
    targets = [one.labels if classes == 2 else one.temperatures for one in (seen, held)]
    recipe = ClassifierRecipe(network.epochs[seen.side], network.learning_rate, seed=fold)
    examples = [
        Examples(one.spins, target) for one, target in zip((seen, held), targets, strict=True)
    ]
    return train_classifier(lambda: network.build(seen.side, classes), *examples, recipe)


def ship(network: IsingNetwork, trained: nn.Module, side: int, data: str) -> None:
    """Write weights beside this file, and their SHA-256 into the list."""
    name = weights_name(network.name, side, data)
    listed = json.loads(WEIGHTS.read_text("utf-8")) if WEIGHTS.is_file() else {}
    listed[name] = save_weights(trained.state_dict(), HERE / f"{name}.safetensors")
    WEIGHTS.write_text(json.dumps(dict(sorted(listed.items())), indent=2) + "\n", "utf-8")


def _threshold(name: str, seen: Snapshots, held: Snapshots) -> np.ndarray:
    return best_threshold(name, seen.spins, seen.labels).classes(held.spins).astype(float)


def _trained(network: IsingNetwork, fold: int, seen: Snapshots, held: Snapshots) -> np.ndarray:
    trained = train(network, seen, held, fold)
    if fold == 0:
        ship(network, trained, seen.side, "lecture")
    return probabilities(predict(trained, held.spins))[:, 1]


def _kept() -> list[dict]:
    return json.loads(FOLDS.read_text("utf-8")) if FOLDS.is_file() else []


def _keep(name: str, data: Snapshots, answers: np.ndarray, parameters: int, epochs: int) -> None:
    folds, labels, said = folds_by_content(data.spins), data.labels, (answers > 0.5).astype(int)
    right = said == labels
    accuracy = [round(float(right[folds == fold].mean()), 5) for fold in range(FOLD_COUNT)]
    row = {
        "network": name,
        "side": data.side,
        "parameters": parameters,
        "epochs": epochs,
        "accuracy": accuracy,
        "confusion": [
            [int(((labels == true) & (said == answer)).sum()) for answer in (0, 1)]
            for true in (0, 1)
        ],
    }
    _write_bins(name, data, answers, right)
    FOLDS.write_text(json.dumps([*_kept(), row], indent=1) + "\n", "utf-8")
    print(data.side, name, parameters, f"{np.mean(accuracy):.4f}", accuracy, flush=True)


def _write_bins(name: str, data: Snapshots, answers: np.ndarray, right: np.ndarray) -> None:
    """Append one row for each 0.1 J/k of temperature; Tc is an edge between two of them."""
    numbers = np.floor((data.temperatures - CRITICAL_TEMPERATURE) / BIN).astype(int)
    rows: list[tuple[object, ...]] = [tuple(row.values()) for row in read_table(BY_TEMPERATURE)]
    for number in np.unique(numbers):
        inside = numbers == number
        middle = CRITICAL_TEMPERATURE + (number + 0.5) * BIN
        counts = int(inside.sum()), int(right[inside].sum())
        says_above = f"{answers[inside].mean():.4f}"
        rows.append((data.side, name, f"{middle:.4f}", *counts, says_above))
    header = ("side", "network", "temperature", "images", "right", "says_above")
    write_table(BY_TEMPERATURE, header, rows)

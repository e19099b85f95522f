"""The Ising study: its networks, what they learned, and what was measured of them.

``python -m research.ising.measure DIR`` trains and measures everything again and writes the files
that the functions here read.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.records import read_table
from studies.ising.networks.networks import NETWORKS as NETWORKS

if TYPE_CHECKING:
    from torch import nn

    from core.synthesis.ising.snapshots import Kind, Snapshots

HERE = Path(__file__).parent
WEIGHTS = HERE / "weights.json"
FOLDS = HERE / "folds.json"
BY_TEMPERATURE = HERE / "by_temperature.csv"
TRANSFER = HERE / "transfer.json"
SIZES = HERE / "sizes.csv"
CRITICAL = HERE / "critical.json"
BINDER = HERE / "binder.csv"
BINDER_CROSSING = HERE / "binder.json"
REGRESSION = HERE / "regression.csv"
AGAINST_ENERGY = HERE / "against_energy.json"
SNAPSHOTS = HERE / "snapshots.npz"
BASELINES = {"magnetization": "Threshold on |m|", "energy": "Threshold on the bond energy"}


@dataclass(frozen=True)
class Folds:
    """What five folds gave one network, or one threshold, on one size of the lecture's images.

    ``accuracy``: one a fold, on the images it held back. ``confusion``: images by true class, then
    by answer, all folds together; class 0 is T < Tc.
    """

    network: str
    side: int
    parameters: int
    epochs: int
    accuracy: tuple[float, ...]
    confusion: tuple[tuple[int, int], tuple[int, int]]

    @property
    def mean(self) -> float:
        return sum(self.accuracy) / len(self.accuracy)

    @property
    def title(self) -> str:
        return title_of(self.network)


def title_of(network: str) -> str:
    """Return the name on screen of a network or a baseline."""
    return BASELINES.get(network) or NETWORKS[network].title


def load(network: str, side: int, data: str = "lecture") -> nn.Module:
    """Return a network in eval mode as it was trained without fold 0 of ``data``.

    ``data``: "lecture", the lecture's quench; "equilibrium"; or "temperature", the lecture's with
    the temperature as answer, (n, 1).

    Raises:
        ModelError: the weights are missing, damaged, or do not fit.
    """
    from core.types.model_card import Weights
    from models.weights_file import load_weights

    name = weights_name(network, side, data)
    made = NETWORKS[network].build(side, 1 if data == "temperature" else 2)
    load_weights(made, Weights(HERE / f"{name}.safetensors", shipped()[name]))
    return made.eval().requires_grad_(False)


def weights_name(network: str, side: int, data: str) -> str:
    """Return the name of a file of weights, without its extension."""
    return f"{network}-{side}" if data == "lecture" else f"{network}-{side}-{data}"


@cache
def shipped() -> Mapping[str, str]:
    """Return the SHA-256 of every file of weights by its name."""
    return json.loads(WEIGHTS.read_text("utf-8"))


@cache
def folds(side: int) -> tuple[Folds, ...]:
    """Return what five folds gave on one size, networks and baselines, fewest parameters first."""
    rows = json.loads(FOLDS.read_text("utf-8"))
    found = [
        Folds(
            **{
                **row,
                "accuracy": tuple(row["accuracy"]),
                "confusion": tuple(tuple(line) for line in row["confusion"]),
            }
        )
        for row in rows
        if row["side"] == side
    ]
    return tuple(sorted(found, key=lambda one: one.parameters))


def crossings() -> tuple[Mapping[str, Any], ...]:
    """Return where Binder's cumulants of two sizes cross, "value" and "interval_95" in J/k,
    smallest sizes first."""
    return tuple(json.loads(BINDER_CROSSING.read_text("utf-8"))["crossings"])


def three_snapshots() -> list[tuple[float, np.ndarray]]:
    """Return lattices in equilibrium far below Tc, at it and far above it, (64, 64) int8 each, with
    their temperatures in J/k."""
    data = snapshots("equilibrium", 64)
    nearest = [int(np.abs(data.temperatures - one).argmin()) for one in (1.5, 2.27, 4.0)]
    return [(float(data.temperatures[index]), data.spins[index]) for index in nearest]


@cache
def table(path: Path) -> tuple[Mapping[str, float | str], ...]:
    """Return the rows of a measured CSV file, its numbers as numbers."""
    return tuple({key: _value(text) for key, text in row.items()} for row in read_table(path))


def _value(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


@cache
def measured(path: Path) -> Mapping[str, object]:
    """Return a measured JSON file."""
    return json.loads(path.read_text("utf-8"))


@cache
def snapshots(kind: Kind, side: int) -> Snapshots:
    """Return the snapshots that ``research.ising.make_snapshots`` made, coldest first.

    ``side``: 16 or 64. No network that is shipped was trained on them.
    """
    from core.synthesis.ising.snapshots import Snapshots

    with np.load(SNAPSHOTS) as kept:
        bits = np.unpackbits(kept[f"{kind}_{side}_spins"]).astype(np.int8)
        temperatures = kept[f"{kind}_{side}_temperatures"].astype(np.float64)
    return Snapshots((2 * bits - 1).reshape(-1, side, side), temperatures)


@dataclass(frozen=True)
class Inspectable:
    """A shipped network as Inspect opens it. ``fixed_side``: None where it takes any size."""

    title: str
    idea: str
    network: str
    side: int
    fixed_side: int | None


@cache
def inspectable() -> Mapping[str, Inspectable]:
    """Return the shipped networks that tell T < Tc from T > Tc, by their name in links."""
    return {
        f"ising-{name}-{side}": Inspectable(
            f"Ising, {side} x {side}: {one.title}",
            one.idea,
            name,
            side,
            None if name == "symmetric" else side,
        )
        for name, one in NETWORKS.items()
        for side in one.sides
    }

"""Finite size: where networks for L = 16, 32 and 64 change their mind, and how sharply.

They learn from equilibrium twice: "all", from every temperature, labelled by the exact Tc, as
Carrasquilla and Melko 2017, doi:10.1038/nphys4035; and "far", from cold and hot alone, so that
nobody tells them where Tc lies.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
from scipy.optimize import curve_fit
from torch import nn

from core.records import write_table
from core.segmentation.confidence import sigmoid
from core.synthesis.ising.exact import CRITICAL_TEMPERATURE
from core.synthesis.ising.lattice import checkerboard
from core.synthesis.ising.snapshots import equilibrium
from core.synthesis.ising.wolff import wolff
from studies.ising.networks.results import CRITICAL, NETWORKS, SIZES
from studies.ising.training import (
    ClassifierRecipe,
    Examples,
    predict,
    probabilities,
    train_classifier,
)

NETWORK = "mlp"
LATTICES = {16: 120, 32: 80, 64: 40}
TEMPERATURES = np.round(np.arange(2.06, 2.5, 0.03), 2)
WINDOWS = {"all": ((1.7, 2.84),), "far": ((1.0, 1.9), (2.7, 3.6))}
LEARNED_FROM = 1400
SEEDS, SAMPLES, STEPS_BETWEEN, RESAMPLED = 8, 5, 8, 1000


def measure() -> None:
    """Write P(T > Tc) by temperature and size, and the estimates of Tc with their intervals."""
    answers: dict[str, dict[int, np.ndarray]] = {labels: {} for labels in WINDOWS}
    for side, lattices in LATTICES.items():
        networks = {labels: _networks(side, labels) for labels in WINDOWS}
        for labels, given in _answers(side, lattices, networks).items():
            answers[labels][side] = given
        print(side, "sampled", flush=True)
    header = ("labels", "side", "temperature", "says_above", "standard_error", "fitted")
    rows = (
        [labels, side, *row]
        for labels, by_side in answers.items()
        for side, given in by_side.items()
        for row in _rows(given)
    )
    write_table(SIZES, header, rows)
    found = {labels: _estimates(by_side) for labels, by_side in answers.items()}
    CRITICAL.write_text(json.dumps(found, indent=1) + "\n", "utf-8")


def _rows(answers: np.ndarray) -> list[list[str]]:
    means = answers.mean(0)
    fitted = _rise(TEMPERATURES, *_fit(means.mean(1)))
    errors = means.std(1, ddof=1) / np.sqrt(means.shape[1])
    columns = zip(TEMPERATURES, means.mean(1), errors, fitted, strict=True)
    return [[f"{temperature:.2f}", *(f"{v:.4f}" for v in rest)] for temperature, *rest in columns]


def _networks(side: int, labels: str) -> list[nn.Module]:
    windows = WINDOWS[labels]
    temperatures = np.concatenate(
        [np.linspace(*window, LEARNED_FROM // len(windows)) for window in windows]
    )
    seen, random = equilibrium(side, temperatures, seed=side), np.random.default_rng(side)
    networks = []
    for seed in range(SEEDS):
        # Each learns from its own draw with repetition: they differ as far as their data might.
        drawn = seen.only(random.integers(0, len(seen), len(seen)))
        examples = Examples(drawn.spins, drawn.labels)
        recipe = ClassifierRecipe(20, seed=seed)
        networks.append(
            train_classifier(lambda: NETWORKS[NETWORK].build(side), examples, examples, recipe)
        )
    return networks


def _answers(
    side: int, lattices: int, networks: dict[str, list[nn.Module]]
) -> dict[str, np.ndarray]:
    """Return mean answers (SEEDS, temperatures, lattices) over the samples of each lattice."""
    temperatures = np.repeat(TEMPERATURES, lattices)
    spins = equilibrium(side, temperatures, seed=side + 1).spins.copy()
    random = np.random.default_rng(side + 2)
    total = {labels: np.zeros((SEEDS, len(temperatures))) for labels in networks}
    for _ in range(SAMPLES):
        for _ in range(STEPS_BETWEEN):
            wolff(spins, temperatures, 1, random)
            checkerboard(spins, temperatures, 1, random)
        for labels, given in networks.items():
            total[labels] += [probabilities(predict(one, spins))[:, 1] for one in given]
    shape = (SEEDS, len(TEMPERATURES), lattices)
    return {labels: (one / SAMPLES).reshape(shape) for labels, one in total.items()}


def _rise(temperature: np.ndarray, middle: float, width: float) -> np.ndarray:
    return sigmoid((temperature - middle) / width)


def _fit(means: np.ndarray) -> np.ndarray:
    """Return middle and width of the logistic curve through the mean answers."""
    return curve_fit(_rise, TEMPERATURES, means, p0=(2.3, 0.05), bounds=((2, 1e-3), (2.6, 1)))[0]


@dataclass(frozen=True)
class _Estimate:
    crossing: float
    extrapolated: float


def _estimate(fits: dict[int, np.ndarray]) -> _Estimate:
    """Return Tc where the largest two curves cross, and from the middles against 1 / L."""
    (first, first_width), (second, second_width) = fits[32], fits[64]
    crossing = (second * first_width - first * second_width) / (first_width - second_width)
    inverse = [1 / side for side in fits]
    slope_and_limit = np.polyfit(inverse, [middle for middle, _ in fits.values()], 1)
    return _Estimate(float(crossing), float(slope_and_limit[1]))


def _estimates(answers: dict[int, np.ndarray]) -> dict[str, object]:
    """Return both estimates; the intervals come from drawing networks and lattices again."""
    fits = {side: _fit(given.mean((0, 2))) for side, given in answers.items()}
    random, again = np.random.default_rng(0), []
    for _ in range(RESAMPLED):
        drawn = {}
        for side, given in answers.items():
            # One network a draw, not a mean of some: the data that it learned are of chance too.
            seeds = random.integers(0, SEEDS, 1)
            lattices = random.integers(0, given.shape[2], given.shape[2])
            drawn[side] = _fit(given[seeds][:, :, lattices].mean((0, 2)))
        again.append(_estimate(drawn))
    best = _estimate(fits)
    found = {
        name: {
            "value": round(getattr(best, name), 4),
            "interval_95": [
                round(float(edge), 4)
                for edge in np.quantile([getattr(one, name) for one in again], [0.025, 0.975])
            ],
        }
        for name in ("crossing", "extrapolated")
    }
    found["exact"] = round(CRITICAL_TEMPERATURE, 6)
    found["middle"] = {str(side): round(float(fit[0]), 4) for side, fit in fits.items()}
    found["width"] = {str(side): round(float(fit[1]), 4) for side, fit in fits.items()}
    found["network"] = NETWORK
    print(found, flush=True)
    return found

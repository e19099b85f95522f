"""Finite size: what networks that never saw temperatures near Tc say about where it lies.

Networks learn from equilibrium far from Tc alone and are asked about the gap. The larger the
lattice, the sharper their change of mind. Source: Carrasquilla and Melko 2017,
doi:10.1038/nphys4035.
"""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass

import numpy as np
from scipy.optimize import curve_fit

from core.synthesis.ising import checkerboard
from core.synthesis.ising_exact import CRITICAL_TEMPERATURE
from core.synthesis.ising_snapshots import equilibrium
from core.synthesis.ising_wolff import wolff
from core.training.classification import (
    ClassifierRecipe,
    Examples,
    predict,
    probabilities,
    train_classifier,
)
from models.ising import CRITICAL, NETWORKS, SIZES

NETWORK = "mlp"
LATTICES = {16: 120, 32: 80, 64: 40}
TEMPERATURES = np.round(np.arange(2.06, 2.5, 0.03), 2)
FAR = (1.0, 1.9), (2.7, 3.6)
SEEDS, SAMPLES, STEPS_BETWEEN, RESAMPLED = 5, 5, 8, 1000


def measure() -> None:
    """Write P(T > Tc) by temperature and size, and the estimates of Tc with their intervals."""
    answers = {side: _answers(side, lattices) for side, lattices in LATTICES.items()}
    with open(SIZES, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["side", "temperature", "says_above", "standard_error", "fitted"])
        for side, given in answers.items():
            means = given.mean(0)
            fitted = _rise(TEMPERATURES, *_fit(means.mean(1)))
            for index, temperature in enumerate(TEMPERATURES):
                values = means[index]
                error = values.std(ddof=1) / np.sqrt(len(values))
                row = (values.mean(), error, fitted[index])
                writer.writerow([side, temperature, *(f"{value:.4f}" for value in row)])
    CRITICAL.write_text(json.dumps(_estimates(answers), indent=1) + "\n", "utf-8")


def _answers(side: int, lattices: int) -> np.ndarray:
    """Return the mean answer (SEEDS, temperatures, lattices) over the samples of each lattice."""
    far = np.concatenate([np.linspace(*window, 700) for window in FAR])
    seen = equilibrium(side, far, seed=side)
    examples = Examples(seen.spins, seen.labels)
    networks = [
        train_classifier(
            lambda: NETWORKS[NETWORK].build(side, 2),
            examples,
            examples,
            ClassifierRecipe(20, seed=seed),
        )
        for seed in range(SEEDS)
    ]
    temperatures = np.repeat(TEMPERATURES, lattices)
    spins = equilibrium(side, temperatures, seed=side + 1).spins.copy()
    random = np.random.default_rng(side + 2)
    total = np.zeros((SEEDS, len(temperatures)))
    for _ in range(SAMPLES):
        for _ in range(STEPS_BETWEEN):
            wolff(spins, temperatures, 1, random)
            checkerboard(spins, temperatures, 1, random)
        total += [probabilities(predict(one, spins))[:, 1] for one in networks]
    print(side, "sampled", flush=True)
    return (total / SAMPLES).reshape(SEEDS, len(TEMPERATURES), lattices)


def _rise(temperature: np.ndarray, middle: float, width: float) -> np.ndarray:
    return 1 / (1 + np.exp(-(temperature - middle) / width))


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
            seeds = random.integers(0, SEEDS, SEEDS)
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

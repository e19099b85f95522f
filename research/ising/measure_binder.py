"""Finite size without a network: Binder's cumulant of our own lattices, and where its curves cross.

Each lattice is simulated in equilibrium: Wolff's clusters undo what is slow near Tc, sweeps what is
local. No exact result enters; Tc is read off where the curves of two sizes cross.
"""

from __future__ import annotations

import json

import numpy as np

from core.records import write_table
from core.synthesis.ising.cumulant import binder_cumulant, crossing
from core.synthesis.ising.exact import CRITICAL_TEMPERATURE
from core.synthesis.ising.lattice import checkerboard, magnetization
from core.synthesis.ising.snapshots import equilibrium
from core.synthesis.ising.wolff import wolff
from studies.ising.networks.results import BINDER, BINDER_CROSSING, table

LATTICES = {8: 48, 16: 32, 32: 24, 64: 16}
SIMULATED = np.round(np.arange(2.21, 2.34, 0.02), 2)
TEMPERATURES = np.sort(np.concatenate([[2.0, 2.1, 2.16], SIMULATED, [2.4, 2.5]]))
SAMPLES, STEPS_BETWEEN, SETTLING, RESAMPLED = 300, 2, 150, 1000
NEAR = (2.22, 2.32)
"""Where a parabola describes the difference of two curves: farther off, that of L = 64 bends."""
PAIRS = ((8, 16), (16, 32), (32, 64))


def measure() -> None:
    """Write the cumulant and |m| by temperature and size, and the crossings.

    Lattices that were simulated already are kept.
    """
    if not BINDER.is_file():
        moments = {side: _moments(side, lattices) for side, lattices in LATTICES.items()}
        header = ("side", "temperature", "cumulant", "cumulant_error", "magnetization")
        rows = (row for side, found in moments.items() for row in _rows(side, found))
        write_table(BINDER, header, rows)
    found = {
        "exact": round(CRITICAL_TEMPERATURE, 6),
        "lattices": {str(side): lattices for side, lattices in LATTICES.items()},
        "snapshots_a_lattice": SAMPLES,
        "crossings": [_crossing(*pair) for pair in PAIRS],
    }
    print(found, flush=True)
    BINDER_CROSSING.write_text(json.dumps(found, indent=1) + "\n", "utf-8")


def _moments(side: int, lattices: int) -> np.ndarray:
    """Return the means of |m|, m^2 and m^4 of each lattice, (3, temperatures, lattices)."""
    temperatures = np.repeat(TEMPERATURES, lattices)
    spins = equilibrium(side, temperatures, seed=side, steps=SETTLING).spins.copy()
    random = np.random.default_rng(side + 1)
    total = np.zeros((3, len(temperatures)))
    for _ in range(SAMPLES):
        for _ in range(STEPS_BETWEEN):
            wolff(spins, temperatures, 1, random)
            checkerboard(spins, temperatures, 1, random)
        size = np.abs(magnetization(spins))
        total += [size, size**2, size**4]
    print(side, "sampled", flush=True)
    return (total / SAMPLES).reshape(3, len(TEMPERATURES), lattices)


def _curve(moments: np.ndarray) -> np.ndarray:
    _, second, fourth = moments.mean(2)
    return binder_cumulant(second, fourth)


def _again(moments: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return the moments with the lattices of each temperature drawn again."""
    _, temperatures, lattices = moments.shape
    drawn = random.integers(0, lattices, (temperatures, lattices))
    return np.take_along_axis(moments, drawn[None], axis=2)


def _rows(side: int, moments: np.ndarray) -> list[list[object]]:
    random = np.random.default_rng(side)
    again = np.array([_curve(_again(moments, random)) for _ in range(RESAMPLED)])
    columns = zip(TEMPERATURES, _curve(moments), again.std(0), moments[0].mean(1), strict=True)
    return [
        [side, f"{temperature:.2f}", f"{cumulant:.5f}", f"{error:.5f}", f"{size:.5f}"]
        for temperature, cumulant, error, size in columns
    ]


def _crossing(small: int, large: int) -> dict[str, object]:
    """Return where the curves of two sizes cross, and the interval that their errors leave."""
    first, second = (_near(side) for side in (small, large))
    random, temperatures = np.random.default_rng(large), first[0]
    again = []
    for _ in range(RESAMPLED):
        drawn = [random.normal(values, errors) for _, values, errors in (first, second)]
        again.append(crossing(temperatures, *drawn))
    return {
        "sides": [small, large],
        "value": round(crossing(temperatures, first[1], second[1]), 4),
        "interval_95": [round(float(edge), 4) for edge in np.quantile(again, [0.025, 0.975])],
    }


def _near(side: int) -> np.ndarray:
    """Return temperature, cumulant and standard error near Tc, (3, temperatures)."""
    rows = [row for row in table(BINDER) if row["side"] == side]
    columns = ("temperature", "cumulant", "cumulant_error")
    found = np.array([[row[name] for row in rows] for name in columns], np.float64)
    return found[:, (found[0] > NEAR[0]) & (found[0] < NEAR[1])]

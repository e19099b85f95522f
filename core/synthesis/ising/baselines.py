"""What one number with physics in it can tell: a threshold on |m|, and one on the bond energy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from core.synthesis.ising.lattice import energy, magnetization


def disorder(spins: np.ndarray) -> np.ndarray:
    """Return 1 - |m| of each lattice (N, L, L), (N,) from 0 to 1."""
    return 1 - np.abs(magnetization(spins))


FEATURES: Mapping[str, Callable[[np.ndarray], np.ndarray]] = MappingProxyType(
    {"magnetization": disorder, "energy": energy}
)
"""Numbers that are larger above the critical temperature, by name."""


@dataclass(frozen=True)
class Threshold:
    """Calls a lattice T > Tc where ``feature``, one of FEATURES, lies above ``value``."""

    feature: str
    value: float

    def classes(self, spins: np.ndarray) -> np.ndarray:
        """Return the class, 0 or 1, of each lattice (N, L, L)."""
        return (FEATURES[self.feature](spins) > self.value).astype(np.int64)


def best_threshold(feature: str, spins: np.ndarray, labels: np.ndarray) -> Threshold:
    """Return the threshold that puts most of ``spins`` (N, L, L) into their class (N,)."""
    values = FEATURES[feature](spins)
    order = np.argsort(values, kind="stable")
    values, labels = values[order], labels[order]
    # Right answers with the k smallest values called 0, for k = 0 to N.
    right = np.concatenate([[0], np.cumsum(labels == 0)]) + np.concatenate(
        [np.cumsum((labels == 1)[::-1])[::-1], [0]]
    )
    edges = np.concatenate([[values[0] - 1], (values[1:] + values[:-1]) / 2, [values[-1] + 1]])
    # Between equal values there is no threshold.
    right[1:-1][values[1:] == values[:-1]] = -1
    return Threshold(feature, float(edges[right.argmax()]))

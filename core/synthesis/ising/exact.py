"""What is known exactly about the Ising model on the infinite square lattice, J = k = 1, no field.

Source: Onsager 1944, doi:10.1103/PhysRev.65.117 (energy, specific heat); Yang 1952,
doi:10.1103/PhysRev.85.808 (magnetization).
"""

from __future__ import annotations

import numpy as np
from scipy.special import ellipkm1

CRITICAL_TEMPERATURE = float(2 / np.log(1 + np.sqrt(2)))
"""Below it the infinite lattice is ordered; 2.269185..."""


def energy(temperatures: np.ndarray) -> np.ndarray:
    """Return the energy a site, in J, -2 to 0, at each temperature above 0, in J/k."""
    x = 2 / np.asarray(temperatures, np.float64)
    modulus = _complementary_modulus(x)
    return -(1 + 2 / np.pi * _times_k(modulus)) / np.tanh(x)


def magnetization(temperatures: np.ndarray) -> np.ndarray:
    """Return the spontaneous magnetization a site, 0 to 1, at each temperature above 0."""
    x = 2 / np.asarray(temperatures, np.float64)
    # 1 / sinh, written so that it does not overflow at low temperature.
    inverse_sinh = 2 * np.exp(-x) / -np.expm1(-2 * x)
    return np.maximum(1 - inverse_sinh**4, 0) ** 0.125


def _complementary_modulus(x: np.ndarray) -> np.ndarray:
    """Return 2 tanh(x)**2 - 1, whose square is 1 - k**2 with k = 2 sinh(x) / cosh(x)**2."""
    return 2 * np.tanh(x) ** 2 - 1


def _times_k(modulus: np.ndarray) -> np.ndarray:
    """Return modulus times K(k), which is 0 where K alone is infinite."""
    safe = np.where(modulus == 0, 1.0, modulus)
    return np.where(modulus == 0, 0.0, safe * ellipkm1(safe**2))

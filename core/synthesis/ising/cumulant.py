"""Binder's cumulant of the magnetization, and where the curves of two lattice sizes cross.

Source: Binder 1981, doi:10.1007/BF01293604.
"""

from __future__ import annotations

import numpy as np

from core.errors import LamellaError

DEGREE = 2


def binder_cumulant(second: np.ndarray, fourth: np.ndarray) -> np.ndarray:
    """Return 1 - <m^4> / (3 <m^2>^2) from the moments <m^2> and <m^4> of the magnetization a site.

    Far below the critical temperature it is 2/3, far above it, where m is normal, 0. At the
    critical temperature its limit, 0.6107 on the square lattice with periodic borders, does not
    depend on the size, so the curves of large lattices cross there.
    """
    return 1 - np.asarray(fourth, np.float64) / (3 * np.asarray(second, np.float64) ** 2)


def crossing(temperatures: np.ndarray, first: np.ndarray, second: np.ndarray) -> float:
    """Return the temperature at which two curves cross, from a parabola through their difference.

    ``temperatures``: (N,) ascending, three or more, close around the crossing. ``first``,
    ``second``: (N,) the values of both curves. Of several crossings, the one nearest to the middle.

    Raises:
        LamellaError: they do not cross between the first and the last temperature.
    """
    low, high = float(temperatures[0]), float(temperatures[-1])
    middle = (low + high) / 2
    difference = np.asarray(first, np.float64) - np.asarray(second, np.float64)
    roots = np.roots(np.polyfit(np.asarray(temperatures) - middle, difference, DEGREE))
    real = roots.real[np.abs(roots.imag) < 1e-9] + middle
    inside = real[(real >= low) & (real <= high)]
    if not len(inside):
        raise LamellaError(
            f"The two curves do not cross between {low:g} and {high:g} J/k; measure more "
            "temperatures around the crossing."
        )
    return float(inside[np.abs(inside - middle).argmin()])

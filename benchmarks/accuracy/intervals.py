"""Whether intervals hold what they should, and edge weights leave no bias:
python -m benchmarks.accuracy.intervals

Voronoi microstructures cut into fields, log-normal discs thrown over fields, and log-normal
particles in few fields: of each, how often the 95 % interval holds the true value, or how far the
value is off. About a minute.
"""

from __future__ import annotations

import numpy as np

from core.measurement.grains.intercept_lines import straight_lines, three_circles
from core.measurement.grains.line_intercepts import cross
from core.measurement.particle_size import (
    edge_weights,
    intervals_over_fields,
    size_distribution,
)
from core.pixels.image_area import nearest_index

SIDE, FIELDS, CELLS = 230, 6, 80
MEDIAN_PX, SIGMA, FIELD_PX = 100.0, 0.45, 512


def voronoi(count: int, side: int, seed: int) -> np.ndarray:
    """Return (side, side) ids of the cells of ``count`` random points, periodic."""
    places = np.random.default_rng(seed).permutation(side * side)[:count]
    points = np.zeros((side, side), np.uint32)
    points.ravel()[places] = np.arange(count) + 1
    rim = side // 8
    wide = np.pad(points, rim, mode="wrap")
    return wide[tuple(nearest_index(wide > 0))][rim:-rim, rim:-rim]


def grain_intervals() -> None:
    """Print how often the interval of a field's mean intercept holds the mean of all fields."""
    for name, spacing in (("lines", 22), ("circles", None)):
        lines = (
            three_circles((SIDE,) * 2) if spacing is None else straight_lines((SIDE,) * 2, spacing)
        )
        held = []
        for seed in (3, 4, 5):
            grains = voronoi(FIELDS**2 * CELLS, FIELDS * SIDE, seed)
            blocks = grains.reshape(FIELDS, SIDE, FIELDS, SIDE).swapaxes(1, 2)
            found = [cross(one, lines, (), spacing) for one in blocks.reshape(-1, SIDE, SIDE)]
            means = np.array([one.mean_px or np.nan for one in found])
            reach = np.array([one.relative_error or np.nan for one in found])
            held += (np.abs(means / means.mean() - 1) < reach).tolist()
        print(f"mean intercept, {name}: {100 * np.mean(held):.0f} % of {len(held)} intervals")


def edge_bias() -> None:
    """Print by how much median and mean of whole discs are off, with edge weights and without."""
    mean = MEDIAN_PX * np.exp(SIGMA**2 / 2)
    for seed in range(5):
        random = np.random.default_rng(seed)
        diameters = random.lognormal(np.log(MEDIAN_PX), SIGMA, 300_000)
        centres = random.uniform(-700, FIELD_PX + 700, (len(diameters), 2))
        sizes = diameters[np.abs(centres - FIELD_PX / 2).max(1) + diameters / 2 < FIELD_PX / 2]
        weights = edge_weights(sizes, sizes, (FIELD_PX, FIELD_PX))
        off = []
        for one in (weights, None):
            found = size_distribution(sizes, one, seed=None)
            by = found.d50 / MEDIAN_PX - 1, found.number_mean / mean - 1
            off.append(", ".join(f"{100 * value:+.1f} %" for value in by))
        print(f"{len(sizes):,} whole discs: median and mean {off[0]}; unweighted {off[1]}")


def pooled_intervals(repeats: int = 300) -> None:
    """Print how often intervals over fields hold the D-values of log-normal particles."""
    random = np.random.default_rng(1)
    true = {f"d{share}": np.exp(z * 0.3) for share, z in ((10, -1.28155), (50, 0), (90, 1.28155))}
    for fields, each in ((5, 40), (10, 5), (10, 40), (30, 5), (30, 40), (4, 200)):
        held = dict.fromkeys(true, 0)
        for _ in range(repeats):
            sizes = random.lognormal(0, 0.3, fields * each)
            of_field = np.repeat(np.arange(fields), each)
            found = intervals_over_fields(sizes, np.ones(len(sizes)), of_field)
            for name, value in true.items():
                held[name] += found[name][0] <= value <= found[name][1]
        shares = ", ".join(f"{name} {100 * count / repeats:.0f} %" for name, count in held.items())
        print(f"{fields} fields of {each} particles: {shares}")


if __name__ == "__main__":
    grain_intervals()
    edge_bias()
    pooled_intervals()

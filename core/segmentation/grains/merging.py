"""Closed grains from the probability of a boundary: a watershed, and basins joined again.

Every pixel gets a grain, so a boundary cannot end in nothing; a border that the network hardly
believes in is taken away again, the least believed first.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field

import cv2
import numpy as np

from core.segmentation.grains.flooding import flooded

SMOOTHING_PX = 1.5
CORE, CORE_RADIUS_PX = 0.15, 3
BELIEVED = 0.3
SMALLEST = 0.06
ACROSS = np.arange(-CORE_RADIUS_PX, CORE_RADIUS_PX + 1)
DISC = (np.hypot(ACROSS[:, None], ACROSS) <= CORE_RADIUS_PX).astype(np.uint8)


def grains_from_probability(
    probability: np.ndarray, believed: float = BELIEVED, smallest: float = SMALLEST
) -> np.ndarray:
    """Return which grain each pixel belongs to, (H, W) uint32, 1 to n.

    Cores are where a boundary is unlikely, a few px wide; the ridges of the probability between
    them are the borders. Borders of a mean probability below ``believed`` are taken away, then
    grains below ``smallest`` of the area-weighted mean area are given to the neighbour with the
    weakest border. ``probability``: (H, W) of a boundary, in [0, 1].

    Source: watershed, Beucher and Lantuejoul 1979; the order of joining is that of hierarchical
    region merging, Haris et al. 1998, doi:10.1109/83.730380.
    """
    smooth = cv2.GaussianBlur(np.asarray(probability, np.float32), (0, 0), SMOOTHING_PX)
    inside = (smooth < CORE).astype(np.uint8)
    if inside.all() or not inside.any():
        return np.ones(smooth.shape, np.uint32)
    # Where the nearest pixel outside lies farther away than the radius.
    count, cores = cv2.connectedComponents(cv2.erode(inside, DISC))
    if count <= 2:
        return np.ones(smooth.shape, np.uint32)
    basins = flooded(smooth, _around_cores(smooth, cores))
    regions = _Regions.of(basins, smooth)
    regions.join_weak(believed)
    regions.join_small(smallest)
    return regions.numbers()[basins]


def _around_cores(height: np.ndarray, cores: np.ndarray) -> np.ndarray:
    """Return ``cores`` (H, W) int32 with what lies around each and is as low: all of it is flooded
    before anything higher, and from this core alone where no other lies in it.

    Without it, flat ridges between cores of many sizes would come out ragged.
    """
    count, low = cv2.connectedComponents((height < CORE).astype(np.uint8), connectivity=4)
    pixels = np.flatnonzero(cores)
    inside, core = low.ravel()[pixels], cores.ravel()[pixels]
    only = np.zeros(count, np.int32)
    only[inside] = core
    only[inside[only[inside] != core]] = 0
    return np.where(cores > 0, cores, only[low])


@dataclass
class _Regions:
    """Basins and their borders, while they are joined.

    ``area``: by basin, 0 unused. ``borders``: by basin, its neighbours with the sum of the
    probability along the common border and its length; both sides share the same list.
    ``parent``: what a basin was joined to.
    """

    area: list[float]
    borders: list[dict[int, list[float]]]
    parent: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, basins: np.ndarray, probability: np.ndarray) -> _Regions:
        count = int(basins.max()) + 1
        borders: list[dict[int, list[float]]] = [{} for _ in range(count)]
        keys, values = [], []
        for one, other in ((np.s_[:, :-1], np.s_[:, 1:]), (np.s_[:-1], np.s_[1:])):
            meets = basins[one] != basins[other]
            low, high = (
                chosen(basins[one][meets], basins[other][meets]).astype(np.int64)
                for chosen in (np.minimum, np.maximum)
            )
            keys.append(low * count + high)
            values.append(np.maximum(probability[one][meets], probability[other][meets]))
        pairs, place = np.unique(np.concatenate(keys), return_inverse=True)
        sums = np.bincount(place, np.concatenate(values))
        for pair, total, length in zip(
            pairs.tolist(), sums.tolist(), np.bincount(place).tolist(), strict=True
        ):
            low, high = divmod(pair, count)
            borders[low][high] = borders[high][low] = [total, float(length)]
        area = np.bincount(basins.ravel(), minlength=count).astype(float).tolist()
        return cls(area, borders, list(range(count)))

    def strength(self, one: int, other: int) -> float:
        """Return the mean probability along a border."""
        total, length = self.borders[one][other]
        return total / length

    def join(self, kept: int, gone: int) -> None:
        """Join ``gone`` to ``kept`` and add up their borders with others."""
        self.parent[gone] = kept
        self.area[kept] += self.area[gone]
        self.area[gone] = 0
        for other, border in self.borders[gone].items():
            self.borders[other].pop(gone)
            if other != kept:
                common = self.borders[kept].setdefault(other, [0.0, 0.0])
                self.borders[other][kept] = common
                common[0] += border[0]
                common[1] += border[1]
        self.borders[gone] = {}

    def join_weak(self, believed: float) -> None:
        """Take away borders of a mean probability below ``believed``, the weakest first."""
        queue = [
            (self.strength(one, other), one, other)
            for one, others in enumerate(self.borders)
            for other in others
            if one < other
        ]
        heapq.heapify(queue)
        while queue and queue[0][0] < believed:
            weight, one, other = heapq.heappop(queue)
            if other not in self.borders[one] or self.strength(one, other) != weight:
                continue
            self.join(one, other)
            for third in self.borders[one]:
                heapq.heappush(queue, (self.strength(one, third), one, third))

    def join_small(self, smallest: float) -> None:
        """Give regions below a share of the area-weighted mean area to a neighbour."""
        mean = sum(area**2 for area in self.area) / sum(self.area)
        for one in sorted(range(len(self.area)), key=self.area.__getitem__):
            if 0 < self.area[one] < smallest * mean and self.borders[one]:
                weakest = min(self.borders[one], key=lambda other: self.strength(one, other))
                self.join(weakest, one)

    def numbers(self) -> np.ndarray:
        """Return the new number, 1 to n, of each basin, uint32."""
        roots = [self._root(index) for index in range(len(self.parent))]
        _, number = np.unique(roots[1:], return_inverse=True)
        return np.concatenate([[0], number + 1]).astype(np.uint32)

    def _root(self, index: int) -> int:
        while self.parent[index] != index:
            index = self.parent[index]
        return index

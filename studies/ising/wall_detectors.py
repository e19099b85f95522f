"""What the kernels of a first layer say about an Ising lattice: do they mark its domain walls?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from scipy.stats import rankdata
from torch import nn

from core.synthesis.ising.lattice import energy
from core.types.arrays import read_only


@dataclass(frozen=True, eq=False)
class WallDetector:
    """One kernel. ``weights``: (k, k) float32. ``maps``: (N, L, L), its activations after ReLU.

    ``auc``: probability that it answers a site at a wall more strongly than one inside a domain,
    0.5 = it cannot tell; among sites of ``sign``, 1 = up or -1 = down, whichever it tells apart
    better. ``energy_correlation``: of its mean over the image with the energy, -1 to 1. ``vote``:
    what a unit of that mean adds to the logit of T > Tc over that of T < Tc, None where the
    network goes on otherwise.
    """

    weights: np.ndarray
    maps: np.ndarray
    auc: float
    sign: int
    energy_correlation: float
    vote: float | None

    def __post_init__(self) -> None:
        object.__setattr__(self, "weights", read_only(self.weights))
        object.__setattr__(self, "maps", read_only(self.maps))


def unlike_neighbours(spins: np.ndarray) -> np.ndarray:
    """Return how many of its four neighbours differ from each site, (N, L, L) from 0 to 4."""
    moves = ((1, 1), (-1, 1), (1, 2), (-1, 2))
    return sum((spins != np.roll(spins, by, axis)).astype(np.int8) for by, axis in moves)


def wall_detectors(network: nn.Sequential, spins: np.ndarray) -> tuple[WallDetector, ...]:
    """Return each kernel of the first convolution, tried on ``spins`` (N, L, L) in {-1, 1}.

    The network itself is not run: its first layer's weights are read and applied.
    """
    first = next(module for module in network.modules() if isinstance(module, nn.Conv2d))
    last = [module for module in network.modules() if isinstance(module, nn.Linear)][-1]
    with torch.no_grad():
        images = torch.from_numpy(np.array(spins, np.float32))[:, None]
        maps = torch.relu(first(images)).numpy()
    votes: list[float | None] = [None] * first.out_channels
    if last.weight.shape == (2, first.out_channels):
        votes = (last.weight[1] - last.weight[0]).tolist()
    kernels = first.weight[:, 0].detach().numpy().copy()
    return tuple(
        _detector(kernel, maps[:, index], spins, votes[index])
        for index, kernel in enumerate(kernels)
    )


def _detector(
    kernel: np.ndarray, maps: np.ndarray, spins: np.ndarray, vote: float | None
) -> WallDetector:
    at_wall = unlike_neighbours(spins) > 0
    by_sign = {
        sign: _auc(maps[at_wall & (spins == sign)], maps[~at_wall & (spins == sign)])
        for sign in (1, -1)
    }
    sign = max(by_sign, key=lambda one: abs(by_sign[one] - 0.5))
    means, energies = maps.mean((1, 2)), energy(spins)
    is_flat = not (means.std() and energies.std())
    correlation = 0.0 if is_flat else float(np.corrcoef(means, energies)[0, 1])
    return WallDetector(kernel, maps, by_sign[sign], sign, correlation, vote)


def _auc(at_wall: np.ndarray, inside: np.ndarray) -> float:
    """Return P(a > b) + P(a = b) / 2.

    Source: Mann and Whitney 1947, doi:10.1214/aoms/1177730491.
    """
    if not len(at_wall) or not len(inside):
        return 0.5
    ranks = rankdata(np.concatenate([at_wall, inside]))[: len(at_wall)]
    smallest = len(at_wall) * (len(at_wall) + 1) / 2
    return float((ranks.sum() - smallest) / (len(at_wall) * len(inside)))

"""Does a map depend on what the network has learned? The same map from random weights says.

Source: Adebayo et al. 2018, Sanity checks for saliency maps, arXiv:1810.03292.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from core.inspection.subject import Subject
from core.types import read_only


@dataclass(frozen=True, eq=False)
class SanityCheck:
    """A map of the network as it is and of the same network with random weights, both (H, W).

    ``rank_correlation``: Spearman's, from -1 to 1; near 1 the map does not depend on what was
    learned and explains nothing. nan when a map is constant.
    """

    trained: np.ndarray
    randomized: np.ndarray
    rank_correlation: float


def sanity_check(
    subject: Subject, draw: Callable[[Subject], np.ndarray], seed: int = 0
) -> SanityCheck:
    """Return ``draw`` of the subject beside ``draw`` of the same field with random weights.

    ``draw``: subject -> map (H, W), for example ``lambda s: seg_grad_cam(s, layer, 1).heat``.
    """
    trained, randomized = draw(subject), draw(subject.with_random_weights(seed))
    return SanityCheck(
        read_only(trained), read_only(randomized), _rank_correlation(trained, randomized)
    )


def _rank_correlation(first: np.ndarray, second: np.ndarray) -> float:
    ranks = [rankdata(values.ravel()) for values in (first, second)]
    if any(rank.min() == rank.max() for rank in ranks):
        return float("nan")
    return float(np.corrcoef(ranks)[0, 1])

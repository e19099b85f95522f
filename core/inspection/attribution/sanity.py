"""Does a map depend on what the network has learned? Random weights, layer by layer, say.

Source: Adebayo et al. 2018, Sanity checks for saliency maps, arXiv:1810.03292, section 3.1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from core.inspection.layers.layers import steps
from core.inspection.subject import Subject
from core.inspection.view import split_call
from core.types.arrays import read_only
from core.types.progress import ProgressCallback, no_progress

MOST_STAGES = 8


@dataclass(frozen=True, eq=False)
class Stage:
    """One step of the cascade. ``down_to``: the layer nearest to the image that has random weights;
    all after it have them too. ``heat``: the map (H, W). ``rank_correlation``: Spearman's with the
    map of the trained network, -1 to 1; nan when one of the two is constant."""

    down_to: str
    heat: np.ndarray
    rank_correlation: float


@dataclass(frozen=True, eq=False)
class SanityCheck:
    """A map of the network as it is, (H, W), and what becomes of it.

    ``stages``: random weights from the output downwards, at the last stage in all layers. A map
    whose rank correlation stays near 1 does not depend on what was learned and explains nothing.
    """

    trained: np.ndarray
    stages: tuple[Stage, ...]


def sanity_check(
    subject: Subject,
    draw: Callable[[Subject], np.ndarray],
    seed: int = 0,
    progress: ProgressCallback = no_progress,
) -> SanityCheck:
    """Return ``draw`` of the subject, and of the same field under a cascading randomization.

    ``draw``: subject -> map (H, W), for example ``lambda s: seg_grad_cam(s, layer, 1).heat``. Deep
    networks are randomized several layers at a time, in at most 8 stages.
    """
    trained = draw(subject)
    names = _from_the_output(subject)
    parts = np.array_split(np.arange(len(names)), min(MOST_STAGES, len(names)))
    stages = []
    for number, part in enumerate(parts, start=1):
        done = names[: part[-1] + 1]
        # The last stage leaves nothing as it was, also not what takes no part in the run.
        changed = None if number == len(parts) else done
        heat = draw(subject.with_random_weights(seed, changed))
        stages.append(Stage(done[-1], read_only(heat), _rank_correlation(trained, heat)))
        progress(number, len(parts))
    return SanityCheck(read_only(trained), tuple(stages))


def _from_the_output(subject: Subject) -> list[str]:
    """Return the modules that have parameters by their names, the last to run first."""
    names = [
        split_call(step.layer.name)[0]
        for step in steps(subject.trace)
        if step.is_module and step.layer.parameters
    ]
    return list(dict.fromkeys(reversed(names)))


def _rank_correlation(first: np.ndarray, second: np.ndarray) -> float:
    ranks = [rankdata(values.ravel()) for values in (first, second)]
    if any(rank.min() == rank.max() for rank in ranks):
        return float("nan")
    return float(np.corrcoef(ranks)[0, 1])

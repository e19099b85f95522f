"""What the training images were like, for the card: an image outside of it gets a warning."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import asdict

import numpy as np

from core.measurement.image_statistics import image_statistics
from core.training.augmentation import Pair
from core.types import StatisticRange

DIGITS = 3


def training_ranges(pairs: Iterable[Pair]) -> tuple[StatisticRange, ...]:
    """Return the range of each of ``ImageStatistics`` over ``pairs``, rounded outwards to three
    digits."""
    found = [asdict(image_statistics(pair.image.astype(np.float32) / 255)) for pair in pairs]
    return tuple(
        StatisticRange(
            name,
            _outwards(min(one[name] for one in found), math.floor),
            _outwards(max(one[name] for one in found), math.ceil),
        )
        for name in found[0]
    )


def _outwards(value: float, whole: Callable[[float], int]) -> float:
    if value == 0:
        return 0.0
    step = 10.0 ** (math.floor(math.log10(abs(value))) + 1 - DIGITS)
    return float(f"{whole(value / step) * step:.{DIGITS}g}")

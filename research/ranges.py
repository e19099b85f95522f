"""What the training images were like, for ``ranges`` on the card: an image outside gets a warning.

    python -m research.ranges carbon-steel --data DIR

DIR is the model's data folder; a model with synthetic images takes none. Prints the lines that the
card holds.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path

import numpy as np

from core.measurement.image_statistics import image_statistics
from core.training.augmentation import Pair
from core.training.session import training_data
from core.types.model_card import StatisticRange
from models import zoo

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


def main() -> None:
    """Print the ranges of a model's training images."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("--data", type=Path)
    options = parser.parse_args()
    data = training_data(zoo.card(options.model), zoo.recipe(options.model), options.data)
    for one in training_ranges(data.train):
        print(f'StatisticRange("{one.name}", {one.low:g}, {one.high:g}),')


if __name__ == "__main__":
    main()

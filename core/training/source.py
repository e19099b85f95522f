"""Images with a known answer, without end: what to train on instead of a data folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.training.augmentation import Pair
from core.training.object_targets import object_targets
from core.training.recipe import Recipe

Draw = Callable[[np.random.Generator, int], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True, eq=False)
class SyntheticData:
    """What a generator offers to training.

    ``draw``: from a random generator and a side in px to an image (side, side) float32 in [0, 1],
    as the network sees it, and its labels (side, side) uint8, or ids of instances (side, side)
    uint16 for a recipe that learns objects. ``train``: some of the images, to
    tell what they are like. ``validation``: from seeds that training never sees.
    """

    draw: Draw
    train: tuple[Pair, ...]
    validation: tuple[Pair, ...]

    def crops(
        self, recipe: Recipe, random: np.random.Generator
    ) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return one batch; the recipe's augmentation is not used, the generator varies enough. Of
        ids of instances, what ``core.training.object_targets`` makes of them."""
        drawn = [self.draw(random, recipe.crop_px) for _ in range(recipe.batch)]
        if recipe.objects is None:
            return drawn
        return [(image, object_targets(instances)) for image, instances in drawn]

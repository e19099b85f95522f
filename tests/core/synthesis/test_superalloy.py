"""The generated superalloy: the same for a seed, of three phases, like the model's images."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import label

from core.segmentation.annotations.find import find_annotations
from core.segmentation.out_of_distribution import out_of_distribution_warnings
from core.synthesis.superalloy import MATRIX, SECONDARY, SHAPE, TERTIARY, superalloy
from models.zoo import CARDS


def test_it_is_the_same_for_a_seed_and_like_the_models_images() -> None:
    made, again, other = superalloy(), superalloy(), superalloy(7)
    assert made.micrograph.digest == again.micrograph.digest != other.micrograph.digest
    assert made.labels.shape == SHAPE
    assert out_of_distribution_warnings(CARDS["superalloy"], made.micrograph) == ()
    assert not find_annotations(made.micrograph.pixels).any()


def test_its_phases_are_what_they_are_called() -> None:
    labels, grey = superalloy().labels, superalloy().micrograph.pixels
    levels = [grey[labels == phase].mean() for phase in (MATRIX, SECONDARY, TERTIARY)]
    assert levels == sorted(levels, reverse=True)
    large, fine = (np.bincount(label(labels == one)[0].ravel())[1:] for one in (1, 2))
    assert 0.3 < np.mean(labels == SECONDARY) < 0.5
    assert np.median(large) > 500
    # A disc of radius 3 to 5 px has 29 to 81 pixels.
    assert 29 <= np.median(fine) <= 81

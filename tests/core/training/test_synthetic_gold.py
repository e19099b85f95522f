"""Simulated gold as training data: what a network sees of a file, and nothing twice."""

from __future__ import annotations

import numpy as np

from core.training.synthetic_gold import TEST_STREAM, draw_gold, gold_data, gold_pairs


def test_a_drawn_crop_is_what_a_network_sees_of_a_file() -> None:
    image, labels = draw_gold(np.random.default_rng(0), 96)
    assert image.dtype == np.float32
    assert image.shape == labels.shape == (96, 96)
    assert image.min() == 0
    assert image.max() == 1
    assert set(np.unique(labels)) <= {0, 1}
    again, same = draw_gold(np.random.default_rng(0), 96)
    assert np.array_equal(image, again)
    assert np.array_equal(labels, same)


def test_training_validation_and_test_have_no_image_in_common() -> None:
    data = gold_data(side=64, validation=3, train=3)
    again = gold_data(side=64, validation=3, train=3)
    for one, other in zip(data.validation, again.validation, strict=True):
        assert np.array_equal(one.image, other.image)
    sets = [data.train, data.validation, gold_pairs("test", TEST_STREAM, 3, 64)]
    seen = {pair.image.tobytes() for pairs in sets for pair in pairs}
    assert len(seen) == 9
    # Most crops show a particle.
    assert sum(pair.labels.any() for pairs in sets for pair in pairs) >= 6

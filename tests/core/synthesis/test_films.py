"""Films without particles."""

from __future__ import annotations

import numpy as np

from core.synthesis.films import draw_film


def test_the_same_seed_draws_the_same_film() -> None:
    one, other = (draw_film(np.random.default_rng(4), 64) for _ in range(2))
    np.testing.assert_array_equal(one, other)
    assert one.shape == (64, 64) and one.dtype == np.float32


def test_films_are_around_mid_grey_and_differ_in_texture() -> None:
    films = [draw_film(np.random.default_rng(seed), 64) for seed in range(40)]
    assert 0.4 < np.mean([one.mean() for one in films]) < 0.6
    # Neighbours agree where texture is stronger than noise, and not where it is weaker.
    alike = [np.corrcoef(one[:, 1:].ravel(), one[:, :-1].ravel())[0, 1] for one in films]
    assert min(alike) < 0.1 and max(alike) > 0.9

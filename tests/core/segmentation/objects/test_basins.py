"""Which numbers belong together when pairs of them are joined."""

import numpy as np

from core.segmentation.objects.basins import groups


def test_groups_are_numbered_by_the_least_of_each() -> None:
    found = groups(np.array([5, 4, 1]), np.array([4, 3, 2]), 7)
    assert found.tolist() == [0, 1, 1, 2, 2, 2, 3]


def test_a_long_chain_is_one_group_however_it_is_ordered() -> None:
    links = np.random.default_rng(0).permutation(999)
    assert not groups(links, links + 1, 1000).any()
    assert not groups(links + 1, links, 1000).any()


def test_numbers_that_nothing_joins_stay_apart() -> None:
    nothing = np.zeros(0, np.int64)
    assert groups(nothing, nothing, 4).tolist() == [0, 1, 2, 3]

import numpy as np
import pytest

from core.errors import Cancelled, LamellaError
from core.interaction.answers import Part
from core.interaction.evaluation import intersection_over_union
from core.interaction.similar import similar_objects
from tests.core.interaction.bright_network import BrightNetwork, disks

SHAPE = (240, 320)
ALIKE = [(40 + 50 * i, 40 + 60 * j, 10) for i in range(3) for j in range(4)]
LARGE = (205, 100, 30)
GREY = disks(SHAPE, *ALIKE, LARGE) * 0.9
ACCEPTED = [Part(0, 0, disks(SHAPE, circle) > 0) for circle in ALIKE[:3]]


def test_three_accepted_disks_propose_the_nine_others_and_not_the_large_one() -> None:
    found = similar_objects(BrightNetwork(), GREY, ACCEPTED)
    assert len(found) == 9
    truths = [Part(0, 0, disks(SHAPE, circle) > 0) for circle in ALIKE[3:]]
    best = [max(intersection_over_union(t, one.mask) for one in found) for t in truths]
    assert min(best) > 0.9
    scores = [one.score for one in found]
    assert scores == sorted(scores, reverse=True)
    assert min(scores) > 0.9


def test_two_accepted_objects_are_too_few_and_it_can_be_cancelled() -> None:
    with pytest.raises(LamellaError, match="2 objects are accepted; accept 3 or more"):
        similar_objects(BrightNetwork(), GREY, ACCEPTED[:2])

    def stop(done: int, total: int) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        similar_objects(BrightNetwork(), GREY, ACCEPTED, stop)


def test_nothing_like_them_proposes_nothing() -> None:
    alone = np.where(disks(SHAPE, *ALIKE[:3]) > 0, GREY, 0).astype(np.float32)
    assert similar_objects(BrightNetwork(), alone, ACCEPTED) == ()

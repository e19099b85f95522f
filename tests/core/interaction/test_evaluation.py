from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.interaction.answers import Part
from core.interaction.baselines import baselines
from core.interaction.evaluation import (
    ClickedObject,
    ClickMethod,
    clicked,
    evaluate_clicks,
    grouped,
    network_method,
    scores_of,
    targets,
)
from tests.core.interaction.bright_network import BrightNetwork, disks

SHAPE = (200, 240)


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """One image of two touching disks of 40 px and one of 16 px apart."""
    circles = (60, 60, 20), (60, 101, 20), (150, 180, 8)
    grey = disks(SHAPE, *circles)
    ids = sum((i + 1) * disks(SHAPE, circle) for i, circle in enumerate(circles))
    for name, values in (("images", 40 + 180 * grey), ("masks", ids)):
        (tmp_path / name).mkdir()
        Image.fromarray(np.uint8(values)).save(tmp_path / name / "one.png")
    return tmp_path / "images", tmp_path / "masks"


def test_targets_are_the_objects_with_their_size_and_neighbours(
    folders: tuple[Path, Path],
) -> None:
    found = sorted(targets(*folders, 10), key=lambda one: one.diameter_px)
    assert [round(one.diameter_px) for one in found] == [16, 40, 40]
    assert [one.touching for one in found] == [False, True, True]
    assert [one.diameter_px for one in targets(*folders, 1)] == [
        one.diameter_px for one in targets(*folders, 1)
    ]
    regions = list(targets(*folders, 10, classes=True))
    assert len(regions) == 3


def test_a_perfect_method_takes_one_click_and_a_blind_one_fails(
    folders: tuple[Path, Path],
) -> None:
    (target, *_) = targets(*folders, 10)
    perfect = ClickMethod("perfect", lambda target, clicks, state: (target.truth, None))
    nothing = Part(0, 0, np.zeros((1, 1), bool))
    blind = ClickMethod("blind", lambda target, clicks, state: (nothing, None))
    assert clicked(perfect, target).ious == (1.0,)
    failed = clicked(blind, target)
    assert failed.ious == (0.0,) * 20
    assert (failed.clicks_to(0.85), failed.fails(0.85)) == (20, True)
    jittered = clicked(perfect, target, np.random.default_rng(0))
    assert jittered.ious == (1.0,)


def test_scores_by_hand() -> None:
    one = ClickedObject("a", 10.0, False, (0.5, 0.86, 0.91, 0.92, 0.92))
    late = ClickedObject("a", 30.0, True, (*[0.1] * 19, 0.87))
    found = scores_of([one, late])
    assert found is not None
    assert found.noc == (11.0, 11.5)
    # Reached on click 20 is no failure.
    assert found.failures == (0.0, 0.5)
    assert found.mean == pytest.approx((0.3, 0.505, 0.51))
    assert found.median == pytest.approx((0.3, 0.505, 0.51))
    assert found.tenth[0] == pytest.approx(0.14)
    groups = grouped([one, late])
    assert {name: scores.objects for name, scores in groups.items()} == {
        "all": 2,
        "under 20 px": 1,
        "20 to 70 px": 1,
        "touching": 1,
        "free": 1,
    }
    assert scores_of([]) is None
    assert replace(one, ious=(1.0,)).iou_after(5) == 1.0


def test_baselines_find_a_bright_disk_and_none_of_them_parts_touching_ones(
    folders: tuple[Path, Path],
) -> None:
    free, *touching = sorted(targets(*folders, 10), key=lambda one: one.touching)
    found = evaluate_clicks((*baselines(), network_method(BrightNetwork())), [free])
    otsu, flood, walker, network = (objects[0].ious for objects in found.values())
    # A bright disk on a dark ground is what Otsu's threshold and the stand-in see; the flood stops
    # at its blurred rim, so that it lies inside.
    assert otsu[0] == 1.0
    assert network[0] > 0.97
    assert 0.5 < flood[0] < 1.0
    assert len(walker) == 5
    assert walker[-1] > walker[0]
    both = clicked(baselines()[0], touching[0])
    assert both.ious[0] == pytest.approx(0.5, abs=0.02)

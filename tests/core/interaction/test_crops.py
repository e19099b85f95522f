import numpy as np
import pytest

from core.interaction.crops import corrected, crop_of, damaged, draw_sample, prompted
from core.interaction.scenes import Scene, regions_of_classes, visible_regions
from core.training.augmentation import Augmentation
from tests.core.interaction.bright_network import disks

SHAPE = (200, 200)
CIRCLES = (60, 60, 20), (60, 101, 20), (150, 150, 30)
GREY = (40 + 180 * disks(SHAPE, *CIRCLES)).astype(np.uint8)
IDS = sum((i + 1) * disks(SHAPE, circle) for i, circle in enumerate(CIRCLES)).astype(np.uint16)
SCENE = Scene(GREY, IDS)


def test_a_crop_shows_its_object_where_the_mask_says() -> None:
    random = np.random.default_rng(0)
    for _ in range(20):
        sample = crop_of(SCENE, 96, random)
        assert sample is not None
        assert sample.image.shape == sample.truth.shape == (96, 96)
        bright = sample.image > 0.5
        assert (bright == (sample.truth | sample.others)).mean() > 0.98
        assert sample.truth.sum() >= 80


def test_the_same_generator_gives_the_same_sample() -> None:
    scenes = {"particles": (SCENE,), "crowds": ()}
    one, other = (
        draw_sample(scenes, 64, Augmentation(), np.random.default_rng(5)) for _ in range(2)
    )
    assert np.array_equal(one.image, other.image)
    assert one.clicks == other.clicks
    assert one.image.min() >= 0
    assert one.image.max() <= 1


def test_images_without_objects_are_refused() -> None:
    empty = {"particles": (Scene(GREY, np.zeros_like(IDS)),)}
    with pytest.raises(ValueError, match="no object of 80 px"):
        draw_sample(empty, 64, Augmentation(), np.random.default_rng(0))


def test_prompts_point_at_the_object() -> None:
    random = np.random.default_rng(1)
    kinds = {"click": 0, "box": 0, "both": 0, "damaged": 0}
    for _ in range(100):
        sample = crop_of(SCENE, 64, random)
        assert sample is not None
        sample = prompted(sample, random)
        damaged_first = sample.previous is not None
        kind = "both" if sample.box and sample.clicks else "box" if sample.box else "click"
        kinds["damaged" if damaged_first else kind] += 1
        for click in sample.clicks:
            assert sample.truth[int(click.row), int(click.column)] == click.inside
        assert 0 <= sample.left <= 4
    assert min(kinds.values()) > 2
    assert kinds["click"] > 50


def test_a_correction_follows_until_its_share_is_used_up() -> None:
    random = np.random.default_rng(2)
    sample = crop_of(SCENE, 64, random)
    assert sample is not None
    sample = prompted(sample, random)
    nothing = np.zeros((64, 64), np.float32)
    for left in range(sample.left, 0, -1):
        following = corrected(sample, nothing, random)
        assert following is not None
        assert len(following.clicks) == len(sample.clicks) + 1
        assert following.left == left - 1
        sample = following
    assert corrected(sample, nothing, random) is None
    right = sample.truth.astype(np.float32)
    assert corrected(sample, right, random) is None


def test_damaged_masks_differ_but_hang_on_to_the_object() -> None:
    random = np.random.default_rng(3)
    truth, others = IDS == 1, IDS > 1
    overlaps = []
    for _ in range(30):
        rough = damaged(truth, others, random)
        overlaps.append((rough & truth).sum() / (rough | truth).sum())
    assert max(overlaps) < 1
    assert min(overlaps) < 0.8


def test_regions_of_classes_are_numbered_one_by_one() -> None:
    labels = np.zeros((20, 20), np.uint8)
    labels[2:5, 2:5], labels[2:5, 10:14], labels[12:18, 4:9] = 1, 1, 2
    ids = regions_of_classes(labels)
    assert sorted(np.bincount(ids.ravel())[1:]) == [9, 12, 30]
    assert ids[3, 3] != ids[3, 11]


def test_visible_regions_follow_the_edges_of_the_image() -> None:
    (found,) = visible_regions([SCENE], seed=1)
    region = found.ids == found.ids[150, 150]
    # What is left of the disk is its blurred rim.
    assert 0.7 < region.sum() / (IDS == 3).sum() < 1.2
    assert not region[IDS == 1].any()

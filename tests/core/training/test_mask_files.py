"""Images and masks of a user: paired, every mistake told at once, what the values mean asked."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from core.errors import DataError
from core.training.augmentation import IGNORED
from core.training.fine_tuning.mask_files import (
    Meaning,
    likely_meaning,
    matched,
    meaning_mistakes,
    read_pairs,
    shifts,
    specimen_of,
    taught_images,
)


def png(array: np.ndarray, kind: str = "PNG") -> bytes:
    stream = io.BytesIO()
    Image.fromarray(array).save(stream, kind)
    return stream.getvalue()


def disks(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return an image, 64 x 80 px, and the ids of two disks in it."""
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[:64, :80]
    ids = np.zeros((64, 80), np.uint8)
    for number, column in enumerate((20, 55), 1):
        row = random.integers(20, 44)
        ids[(rows - row) ** 2 + (columns - column) ** 2 < 100] = number
    return np.where(ids, 60, 180).astype(np.uint8) + random.integers(0, 9, ids.shape, np.uint8), ids


def test_images_and_masks_are_paired_by_their_names():
    pairs, mistakes = matched(
        ["b.tif", "a1.png", "c.png"], ["a1_mask.png", "b.png", "d-labels.tif"]
    )
    assert pairs == (("a1.png", "a1_mask.png"), ("b.tif", "b.png"))
    assert mistakes == (
        "c.png has no mask; call it c_mask.png",
        "d-labels.tif is a mask without an image d",
    )
    # Of names that do not tell which one is meant, none is taken.
    pairs, twice = matched(["a.tif", "a.png", "b.png"], ["a_seg.png", "b_seg.png", "b_mask.png"])
    assert pairs == ()
    assert twice == (
        "2 images are named a; which one is meant cannot be told",
        "2 masks are named b; which one is meant cannot be told",
    )


@pytest.mark.parametrize(
    ("name", "specimen"),
    [("A7_003.tif", "A7"), ("steel-12b.png", "steel"), ("0001.png", "0001"), ("one.tif", "one")],
)
def test_a_name_tells_the_specimen(name, specimen):
    assert specimen_of(name) == specimen


def test_every_mistake_is_told_at_once():
    image, ids = disks(1)
    other, _ = disks(2)
    images = {"a.png": png(image), "b.png": png(image), "c.png": png(other), "d.png": b"none",
              "e.png": png(other + 1), "f.png": png(other + 2)}  # fmt: skip
    masks = {"a.png": png(ids), "b.png": png(ids), "c.png": png(ids[:-1]), "d.png": png(ids),
             "e.png": png(np.zeros_like(ids)), "f.png": png(ids * 80, "JPEG")}  # fmt: skip
    pairs, mistakes = read_pairs(images, masks)
    assert [pair.name for pair in pairs] == ["a.png"]
    told = "\n".join(mistakes)
    for part in (
        "The mask c.png is 80 x 63 px and its image 80 x 64 px",
        "d.png",
        "f.png is a JPEG",
        "a.png and b.png are the same image",
        "e.png has the value 0 everywhere",
    ):
        assert part in told
    assert len(mistakes) == 5
    assert not [one for one in mistakes if one.endswith(".")]


def test_few_values_are_phases_and_many_are_objects():
    image, ids = disks(1)
    (pair,), _ = read_pairs({"a.png": png(image)}, {"a.png": png((ids > 0) * np.uint8(255))})
    meaning = likely_meaning([pair])
    assert meaning == Meaning("phases", (0, 255))
    (taught,) = taught_images([pair], meaning, {"a.png": "a"})
    assert np.array_equal(taught.phases, ids > 0) and taught.instances is None
    many = ids + 3 * (np.arange(80) // 10).astype(np.uint8)
    (pair,), _ = read_pairs({"a.png": png(image)}, {"a.png": png(many)})
    assert likely_meaning([pair]).kind == "instances"
    (taught,) = taught_images([pair], Meaning("instances", ()), {"a.png": "a"})
    assert (
        np.array_equal(taught.instances, many) and taught.origin.objects == len(np.unique(many)) - 1
    )


def test_a_table_of_colours_and_pixels_that_nobody_labelled():
    image, ids = disks(1)
    table = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 0]], np.uint8)
    (pair,), _ = read_pairs({"a.png": png(image)}, {"a.png": png(table[ids])})
    meaning = likely_meaning([pair])
    assert meaning.are_colors
    assert [meaning.said(value) for value in meaning.values] == ["#000000", "#00ff00", "#ff0000"]
    ignoring = Meaning("phases", meaning.values, ignored=0, are_colors=True)
    (taught,) = taught_images([pair], ignoring, {"a.png": "a"})
    assert (taught.phases[ids == 2] == IGNORED).all()
    assert (taught.phases[ids == 1] == 0).all() and (taught.phases[ids == 0] == 1).all()


def test_one_phase_or_too_many_are_refused():
    image, ids = disks(1)
    (pair,), _ = read_pairs({"a.png": png(image)}, {"a.png": png(ids)})
    assert meaning_mistakes([pair], Meaning("phases", (0,)))[0] == (
        "the masks hold one phase; a model needs two to tell apart"
    )
    assert meaning_mistakes([pair], Meaning("phases", (0, 1))) == (
        "a.png holds 2, which is no phase",
    )
    with pytest.raises(DataError, match="at most 8"):
        taught_images([pair], Meaning("phases", tuple(range(9))), {"a.png": "a"})


def test_a_mask_that_lies_beside_its_image_is_noticed():
    image, ids = disks(1)
    moved = np.roll(ids, (4, -6), (0, 1))
    names = {"a.png": png(image), "b.png": png(image[:, ::-1])}
    pairs, _ = read_pairs(names, {"a.png": png(ids), "b.png": png(moved[:, ::-1])})
    assert shifts(pairs) == {"b.png": (-4, -6)}

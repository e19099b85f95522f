"""Files sent as images and masks: outlines beside masks, and what is there twice."""

from __future__ import annotations

import json

import numpy as np

from core.export.rois import roi_zip
from core.training.fine_tuning.uploaded import read_uploaded
from tests.core.training.test_mask_files import disks, png


def test_outlines_of_each_kind_are_paired_with_their_images() -> None:
    (first, ids), (second, _) = disks(1), disks(2)
    drawn = {"image_id": 1, "category_id": 1, "segmentation": [[10, 5, 20, 5, 20, 15, 10, 15]]}
    image = {"id": 1, "file_name": "b_1.png", "height": 64, "width": 80}
    coco = {"images": [image], "annotations": [drawn], "categories": [{"id": 1}]}
    read = read_uploaded(
        [("a_1.png", png(first)), ("b_1.png", png(second))],
        [
            ("a_1_RoiSet.zip", roi_zip(ids.astype(np.int32))),
            ("all.json", json.dumps(coco).encode()),
        ],
    )
    assert not read.mistakes and read.are_objects
    assert [(one.name, one.mask) for one in read.pairs] == [
        ("a_1.png", "a_1_RoiSet.zip"),
        ("b_1.png", "b_1.json"),
    ]
    np.testing.assert_array_equal(read.pairs[0].labels.values, ids)
    assert read.pairs[1].labels.values.sum() == 100


def test_equal_names_equal_images_and_files_of_no_use_are_told_at_once() -> None:
    (first, ids), (second, _) = disks(1), disks(2)
    read = read_uploaded(
        [("a.png", png(first)), ("a.png", png(second)), ("b.png", png(first))],
        [("a_mask.png", png(ids)), ("b_mask.png", png(ids)), ("all.json", b"[]")],
    )
    assert not read.are_objects and [one.name for one in read.pairs] == ["a.png"]
    np.testing.assert_array_equal(read.pairs[0].labels.values, ids)
    assert len(read.mistakes) == 3
    assert "all.json is no COCO file" in read.mistakes[0]
    assert read.mistakes[1].startswith("2 images are named a.png; only the first is taken")
    assert read.mistakes[2] == "a.png and b.png are the same image"

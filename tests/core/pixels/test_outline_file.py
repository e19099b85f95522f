"""Masks kept as outlines: COCO and ImageJ's regions of interest, drawn to the very pixels."""

from __future__ import annotations

import io
import json
import zipfile

import numpy as np
import pytest
import roifile
from pycocotools import mask as coco_mask

from core.errors import DataError
from core.export.rois import roi_zip
from core.pixels.mask_file import decode_labels
from core.pixels.outline_file import split_coco

SHAPE = (40, 50)
BOX = [10, 5, 20, 5, 20, 15, 10, 15]
# Runs go down the columns: 3 rows of the first two columns of an image of 4 x 5 px.
RUNS = {"size": [4, 5], "counts": [0, 3, 1, 3, 13]}


def coco(*drawn: dict[str, object], shape: tuple[int, int] = SHAPE, name: str = "a_1.tif") -> bytes:
    image = {"id": 7, "file_name": f"folder/{name}", "height": shape[0], "width": shape[1]}
    annotations = [{"id": n, "image_id": 7, **one} for n, one in enumerate(drawn, 1)]
    kinds = sorted({one["category_id"] for one in annotations})
    categories = [{"id": one, "name": f"kind {one}"} for one in kinds]
    found = {"images": [image], "annotations": annotations, "categories": categories}
    return json.dumps(found).encode()


def test_a_coco_file_gives_a_mask_for_each_image() -> None:
    one = {"category_id": 3, "segmentation": [BOX]}
    other = {"category_id": 3, "segmentation": [[30, 20, 34, 20, 34, 21, 30, 21]]}
    files, are_objects = split_coco(coco(one, other), "all.json")
    assert are_objects and list(files) == ["a_1.json"]
    values = decode_labels(files["a_1.json"], "a_1.json", SHAPE).values
    expected = np.zeros(SHAPE, int)
    expected[5:15, 10:20], expected[20, 30:34] = 1, 2
    np.testing.assert_array_equal(values, expected)
    with pytest.raises(DataError, match="50 x 40 px; its image has 50 x 30"):
        decode_labels(files["a_1.json"], "a_1.json", (30, 50))


def test_categories_are_phases_and_runs_go_down_the_columns() -> None:
    drawn = ({"category_id": 9, "segmentation": RUNS}, {"category_id": 2, "segmentation": RUNS})
    files, _ = split_coco(coco(drawn[0], shape=(4, 5)), "all.json")
    expected = np.zeros((4, 5), int)
    expected[:3, :2] = 1
    np.testing.assert_array_equal(decode_labels(files["a_1.json"], "a.json").values, expected)
    files, are_objects = split_coco(coco(*drawn, shape=(4, 5)), "all.json")
    # Category 2 is the first phase, and is drawn over the second one.
    assert not are_objects
    np.testing.assert_array_equal(decode_labels(files["a_1.json"], "a.json").values, expected)


def test_runs_written_as_text_are_those_of_coco_s_own_code() -> None:
    random = np.random.default_rng(0)
    mask = random.random(SHAPE) < 0.3
    mask[:, 20:40] = False
    runs = coco_mask.encode(np.asfortranarray(mask.astype(np.uint8)))
    text = {"size": list(SHAPE), "counts": runs["counts"].decode()}
    files, _ = split_coco(coco({"category_id": 1, "segmentation": text}), "all.json")
    np.testing.assert_array_equal(decode_labels(files["a_1.json"], "a.json").values, mask)


@pytest.mark.parametrize(
    "data",
    [
        b"{",
        b"[]",
        b'{"images": []}',
        coco(),
        b'{"images": [{}], "annotations": [], "categories": []}',
    ],
)
def test_what_is_no_coco_file_is_told(data: bytes) -> None:
    with pytest.raises(DataError, match=r"all\.json is no COCO file with objects"):
        split_coco(data, "all.json")


@pytest.mark.parametrize(
    "segmentation",
    [
        {"size": [4, 5], "counts": [0, 30]},
        {"size": [40, 50], "counts": [0, 3]},
        {"size": [40, 50], "counts": "no runs"},
        {"size": [40, 50], "counts": []},
        [[1, 2, 3]],
        [[1, 2]],
        [["a", 2, 3, 4, 5, 6]],
        7,
    ],
)
def test_damaged_outlines_are_told(segmentation: object) -> None:
    files, _ = split_coco(coco({"category_id": 1, "segmentation": segmentation}), "all.json")
    with pytest.raises(DataError, match="is no COCO file"):
        decode_labels(files["a_1.json"], "a_1.json", SHAPE)


def test_a_set_of_rois_is_drawn_to_the_very_pixels() -> None:
    rows, columns = np.mgrid[: SHAPE[0], : SHAPE[1]]
    ids = np.zeros(SHAPE, np.int32)
    ids[(rows - 12) ** 2 + (columns - 12) ** 2 < 80] = 1
    # A ring: a composite region with a hole.
    away = (rows - 25) ** 2 + (columns - 35) ** 2
    ids[(away < 100) & (away >= 20)] = 2
    np.testing.assert_array_equal(decode_labels(roi_zip(ids), "a.zip", SHAPE).values, ids)
    with pytest.raises(DataError, match="lies outside the image, which is 10 x 10 px"):
        decode_labels(roi_zip(ids), "a.zip", (10, 10))


def packed(roi: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        file.writestr("1.roi", roi)
    return stream.getvalue()


def test_points_and_damaged_rois_are_told() -> None:
    points = roifile.ImagejRoi.frompoints(np.array([[3, 4], [5, 6]]))
    points.roitype = roifile.ROI_TYPE.POINT
    with pytest.raises(DataError, match="holds a point"):
        decode_labels(packed(points.tobytes()), "a.zip", SHAPE)
    for data in (packed(b"no"), b"PK\x03\x04 and no zip"):
        with pytest.raises(DataError, match="regions of interest"):
            decode_labels(data, "a.zip", SHAPE)

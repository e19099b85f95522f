"""Masks that others keep as outlines: a COCO file, and a zip of ImageJ's regions of interest."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Any

import numpy as np

from core.errors import DataError
from core.image_size import width_x_height

MOST_ROIS = 20_000
MOST_ROI_BYTES = 100_000_000
OUTLINES = "outlines"
NO_COCO = (
    "{} is no COCO file with objects: a JSON file that has images, annotations and categories is "
    "needed."
)
NO_ROIS = "{} is no zip of ImageJ's regions of interest; save the ROI manager's set as one."
NO_AREA = "{} holds a {} in {}, which is no area; leave points and lines out of the set."
BESIDE = "{} of {} lies outside the image, which is {} px; the set is of another image."


def split_coco(data: bytes, name: str) -> tuple[dict[str, bytes], bool]:
    """Return a mask file for each image of a COCO file, by the image's name with ".json" behind it,
    which :func:`outlined` reads; and whether each outline is an object of its own.

    With annotations of one category each of them is an object; with more, each category is a phase,
    1 and up in the order of the categories' ids.

    Raises:
        DataError: it is no such file.
    """
    try:
        found = json.loads(data)
        images = {one["id"]: one for one in found["images"]}
        drawn = found["annotations"]
        kinds = sorted({one["category_id"] for one in drawn})
        by_image: dict[Any, list[dict[str, Any]]] = {one: [] for one in images}
        for one in drawn:
            here = by_image[one["image_id"]]
            value = len(here) + 1 if len(kinds) == 1 else kinds.index(one["category_id"]) + 1
            here.append({"value": value, "segmentation": one["segmentation"]})
        files = {
            f"{PurePath(str(images[key]['file_name'])).stem}.json": json.dumps(
                {"shape": [images[key]["height"], images[key]["width"]], OUTLINES: here}
            ).encode()
            for key, here in by_image.items()
            if here
        }
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise DataError(NO_COCO.format(name)) from error
    if not files:
        raise DataError(NO_COCO.format(name))
    return files, len(kinds) == 1


def outlined(data: bytes, name: str, shape: tuple[int, int] | None) -> np.ndarray | None:
    """Return the mask (H, W) int32 that the outlines in a file draw, the later ones over those
    before; None where it holds none.

    ``data``: one file of :func:`split_coco`, or a zip of ImageJ's regions of interest, numbered in
    the order of the zip. A pixel is in a polygon that encloses its middle. ``shape``: (H, W) of the
    image.

    Raises:
        DataError: it is damaged, of an image of another size, or holds what is no area.
    """
    if data[:4] == b"PK\x03\x04":
        return _rois(data, name, shape)
    if data[:1] == b"{":
        return _coco(data, name, shape)
    return None


def _coco(data: bytes, name: str, shape: tuple[int, int] | None) -> np.ndarray:
    try:
        found = json.loads(data)
        height, width = (int(side) for side in found["shape"])
        if shape is not None and (height, width) != shape:
            raise DataError(
                f"{name} is of an image of {width_x_height((height, width))} px; its image has "
                f"{width_x_height(shape)} px."
            )
        mask = np.zeros((height, width), np.int32)
        for one in found[OUTLINES]:
            mask[_area(one["segmentation"], mask.shape)] = int(one["value"])
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise DataError(NO_COCO.format(name)) from error
    return mask


def _area(segmentation: object, shape: tuple[int, int]) -> np.ndarray:
    """Return the pixels (H, W) bool of a COCO segmentation: polygons, all of them, or runs."""
    if isinstance(segmentation, Mapping):
        return _filled(segmentation, shape)
    if not isinstance(segmentation, Sequence):
        raise TypeError("neither polygons nor runs")
    area = np.zeros(shape, np.bool_)
    for ring in segmentation:
        area |= _ring(np.asarray(ring, float).reshape(-1, 2), shape)
    return area


def _filled(runs: Mapping[str, Any], shape: tuple[int, int]) -> np.ndarray:
    """Return the pixels (H, W) bool of COCO's runs: down the columns, the ground first."""
    counts = runs["counts"]
    if isinstance(counts, str):
        counts = _unpacked(counts)
    lengths = np.asarray(counts, np.int64)
    if list(runs["size"]) != list(shape) or lengths.ndim != 1 or lengths.min() < 0:
        raise ValueError("runs of another image")
    if lengths.max() > shape[0] * shape[1] or lengths.sum() != shape[0] * shape[1]:
        raise ValueError("runs that do not fill the image")
    is_inside = np.arange(len(lengths)) % 2 == 1
    return np.repeat(is_inside, lengths).reshape(shape[::-1]).T


def _unpacked(text: str) -> list[int]:
    """Return the lengths of runs that COCO's own code wrote as text: five bits a letter, the lowest
    first, each from the third on less the one before the last."""
    counts: list[int] = []
    value, shift = 0, 0
    for letter in text:
        bits = ord(letter) - 48
        if not 0 <= bits < 64 or shift > 60:
            raise ValueError("no runs")
        value |= (bits & 31) << shift
        shift += 5
        if bits & 32:
            continue
        if bits & 16:
            value -= 1 << shift
        counts.append(value + (counts[-2] if len(counts) > 2 else 0))
        value, shift = 0, 0
    return counts


def _ring(corners: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Return the pixels (H, W) bool whose middles a polygon encloses. ``corners``: (N, 2) x, y from
    the first pixel's corner."""
    if len(corners) < 3 or not np.isfinite(corners).all():
        raise ValueError("a polygon of less than three corners")
    (x0, y0), (x1, y1) = corners.T, np.roll(corners, -1, axis=0).T
    inside = np.zeros(shape, np.bool_)
    first, last = max(0, int(y0.min())), min(shape[0], int(y0.max()) + 1)
    for row in range(first, last):
        crossed = (y0 <= row + 0.5) != (y1 <= row + 0.5)
        share = (row + 0.5 - y0[crossed]) / (y1[crossed] - y0[crossed])
        at = np.sort(x0[crossed] + share * (x1[crossed] - x0[crossed]))
        ends = np.clip(np.ceil(at - 0.5), 0, shape[1]).astype(int)
        for left, right in zip(ends[::2], ends[1::2], strict=True):
            inside[row, left:right] = True
    return inside


def _rois(data: bytes, name: str, shape: tuple[int, int] | None) -> np.ndarray:
    if shape is None:
        raise DataError(f"{name} says nothing of the size of its image.")
    mask = np.zeros(shape, np.int32)
    for number, (member, rings) in enumerate(_members(data, name), start=1):
        area = np.zeros(shape, np.bool_)
        for ring in rings:
            area ^= _ring(ring, shape)
        if not area.any():
            raise DataError(BESIDE.format(member, name, width_x_height(shape)))
        mask[area] = number
    if not mask.any():
        raise DataError(NO_ROIS.format(name))
    return mask


def _members(data: bytes, name: str) -> Iterator[tuple[str, list[np.ndarray]]]:
    """Yield the rings, (N, 2) x, y, of each region of a zip, with its name."""
    import roifile

    kinds = roifile.ROI_TYPE
    areas = {kinds.POLYGON, kinds.RECT, kinds.OVAL, kinds.FREEHAND, kinds.TRACED}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            members = [one for one in packed.infolist() if one.filename.endswith(".roi")]
            size = sum(one.file_size for one in members)
            if len(members) > MOST_ROIS or size > MOST_ROI_BYTES:
                raise DataError(f"{name} holds more regions than are read here ({MOST_ROIS:,}).")
            for one in members:
                roi = roifile.ImagejRoi.frombytes(packed.read(one))
                if roi.roitype not in areas:
                    kind = roi.roitype.name.lower()
                    raise DataError(NO_AREA.format(name, kind, one.filename))
                rings = [np.asarray(ring, float) for ring in roi.coordinates(multi=True)]
                yield one.filename, [ring for ring in rings if len(ring) > 2]
    except (zipfile.BadZipFile, struct.error, ValueError, IndexError, TypeError) as error:
        raise DataError(NO_ROIS.format(name)) from error

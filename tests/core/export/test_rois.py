"""Outlines and ImageJ ROIs cover exactly the pixels of their objects."""

import io
import struct
import zipfile

import numpy as np
import pytest
import roifile
from scipy.ndimage import gaussian_filter
from shapely import Polygon as Shape
from skimage.measure import label

from core.export.outlines import outlines, polygons
from core.export.rois import roi_zip


def polygon_area(corners):
    row, column = corners[:, 0].astype(float), corners[:, 1].astype(float)
    return abs(row @ np.roll(column, -1) - column @ np.roll(row, -1)) / 2


def test_a_rectangle_has_four_corners():
    objects = np.zeros((10, 12), np.uint32)
    objects[2:5, 3:9] = 4
    (outline,) = outlines(objects)
    assert outline.id == 4
    assert {tuple(corner) for corner in outline.corners} == {(2, 3), (2, 9), (5, 9), (5, 3)}
    assert len(outline.corners) == 4


@pytest.mark.parametrize("radius", [0, 1, 5, 19.9])
def test_a_disc_keeps_its_area(radius):
    row, column = np.mgrid[:45, :45]
    disc = (row - 22) ** 2 + (column - 22) ** 2 <= radius**2
    (outline,) = outlines(disc.astype(np.uint32))
    assert polygon_area(outline.corners) == disc.sum()


def test_pixels_that_meet_at_a_corner_stay_in_one_outline():
    objects = np.zeros((6, 6), np.uint32)
    objects[1, 1] = objects[2, 2] = objects[1, 3] = 1
    (outline,) = outlines(objects)
    assert polygon_area(outline.corners) == 3


def test_a_hole_is_covered():
    objects = np.zeros((9, 9), np.uint32)
    objects[1:8, 1:8] = 1
    objects[3:6, 3:6] = 0
    (outline,) = outlines(objects)
    assert polygon_area(outline.corners) == 49


@pytest.fixture(scope="module")
def crowded():
    """Objects side by side up to the edge, many with holes or joined by corners alone."""
    noise = gaussian_filter(np.random.default_rng(0).standard_normal((150, 170)), 2)
    return label((noise * 40).astype(int), connectivity=2).astype(np.uint32)


def test_areas_of_crowded_objects_up_to_the_edge(crowded):
    # Filled, as an outline cannot show a hole.
    found = {outline.id: polygon_area(outline.corners) for outline in outlines(crowded)}
    area = np.bincount(crowded.ravel())
    assert sorted(found) == np.flatnonzero(area)[1:].tolist()
    assert all(found[identity] >= area[identity] for identity in found)
    exact = sum(found[identity] == area[identity] for identity in found)
    assert exact > 0.8 * len(found) > 20


def test_the_zip_opens_as_polygons_of_imagej():
    objects = np.zeros((20, 30), np.uint32)
    objects[0:4, 0:5], objects[10:12, 20:30] = 1, 12
    content = roi_zip(objects)
    assert content == roi_zip(objects)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.namelist() == ["0001.roi", "0012.roi"]
        first, second = (
            roifile.ImagejRoi.frombytes(archive.read(name)) for name in archive.namelist()
        )
    assert first.roitype == roifile.ROI_TYPE.POLYGON
    assert first.name == "0001"
    assert (second.left, second.top, second.right, second.bottom) == (20, 10, 30, 12)
    # x, y from the corner of the first pixel
    corners = {tuple(corner) for corner in second.coordinates().tolist()}
    assert corners == {(20, 10), (30, 10), (30, 12), (20, 12)}


def test_no_object_gives_an_empty_zip():
    with zipfile.ZipFile(io.BytesIO(roi_zip(np.zeros((8, 8), np.uint32)))) as archive:
        assert archive.namelist() == []


def test_polygons_are_valid_and_cover_the_very_pixels(crowded):
    area = np.bincount(crowded.ravel())
    found = polygons(crowded)
    assert list(found) == np.flatnonzero(area)[1:].tolist()
    for identity, pieces in found.items():
        shapes = [
            Shape(piece.exterior[:, ::-1], [h[:, ::-1] for h in piece.holes]) for piece in pieces
        ]
        assert all(shape.is_valid for shape in shapes)
        assert sum(shape.area for shape in shapes) == area[identity]
    assert sum(len(pieces) > 1 for pieces in found.values()) > 5
    assert sum(bool(piece.holes) for pieces in found.values() for piece in pieces) > 5


def test_every_roi_has_the_area_of_its_pixels(crowded):
    area = np.bincount(crowded.ravel())
    kinds = set()
    with zipfile.ZipFile(io.BytesIO(roi_zip(crowded))) as archive:
        assert len(archive.namelist()) == np.count_nonzero(area) - 1
        for name in archive.namelist():
            roi = roifile.ImagejRoi.frombytes(archive.read(name))
            rings = roi.coordinates(multi=True)
            kinds.add(roi.roitype)
            # A hole runs the other way round, so its area is negative.
            assert abs(sum(signed_area(ring) for ring in rings)) == area[int(roi.name)]
            assert (min(ring[:, 1].min() for ring in rings), roi.bottom) == (
                roi.top,
                max(ring[:, 1].max() for ring in rings),
            )
    assert kinds == {roifile.ROI_TYPE.POLYGON, roifile.ROI_TYPE.RECT}


def signed_area(ring):
    x, y = ring[:, 0].astype(float), ring[:, 1].astype(float)
    return (x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2


def test_an_image_without_objects_gives_an_empty_zip():
    assert polygons(np.zeros((5, 5), np.uint32)) == {}
    assert zipfile.ZipFile(io.BytesIO(roi_zip(np.zeros((5, 5), np.uint32)))).namelist() == []


POLYGON, RECT = 0, 1
MOVE, LINE, CLOSE = 0, 1, 4


def rings_of(data: bytes) -> list[np.ndarray]:
    """Return the rings (n, 2), x and y, of a ROI as ImageJ's own reader finds them: big-endian,
    type at 6, top and left at 8, number of corners at 16, length of a path at 36, corners at 64."""
    assert data[:4] == b"Iout" and struct.unpack_from(">h", data, 4)[0] >= 217
    top, left = struct.unpack_from(">hh", data, 8)
    (length,) = struct.unpack_from(">i", data, 36)
    if not length:
        assert data[6] == POLYGON
        (count,) = struct.unpack_from(">H", data, 16)
        x, y = np.frombuffer(data, ">i2", 2 * count, 64).reshape(2, count)
        return [np.column_stack([x + left, y + top])]
    assert data[6] == RECT
    path = np.frombuffer(data, ">f4", length, 64).tolist()
    rings: list[list[tuple[float, float]]] = []
    while path:
        kind = path.pop(0)
        if kind == CLOSE:
            continue
        assert kind in (MOVE, LINE)
        if kind == MOVE:
            rings.append([])
        rings[-1].append((path.pop(0), path.pop(0)))
    return [np.array(ring) for ring in rings]


def filled(rings: list[np.ndarray], shape: tuple[int, int]) -> np.ndarray:
    """Return the pixels (H, W) bool of a ROI by the rule of ImageJ's PolygonFiller and of Java's
    even-odd fill: those whose centre has an odd number of edges to its left."""
    inside = np.zeros(shape, bool)
    for ring in rings:
        for (x, y), (_, other) in zip(ring, np.roll(ring, -1, axis=0), strict=True):
            rows = slice(int(min(y, other)), int(max(y, other)))
            inside[rows, int(x) :] ^= True
    return inside


def test_imagej_fills_every_roi_with_the_very_pixels_of_its_object(crowded):
    """Objects with holes, in pieces, side by side, that meet at corners, and up to every edge."""
    with zipfile.ZipFile(io.BytesIO(roi_zip(crowded))) as archive:
        for name in archive.namelist():
            pixels = filled(rings_of(archive.read(name)), crowded.shape)
            assert np.array_equal(pixels, crowded == int(name.removesuffix(".roi")))


def test_a_ring_with_an_island_and_a_neighbour_in_its_hole():
    objects = np.zeros((40, 50), np.uint32)
    objects[2:30, 3:40] = 1
    objects[6:26, 8:34] = 0
    objects[10:20, 12:26] = 2
    objects[13:16, 15:20] = 1
    with zipfile.ZipFile(io.BytesIO(roi_zip(objects))) as archive:
        for number in (1, 2):
            pixels = filled(rings_of(archive.read(f"000{number}.roi")), objects.shape)
            assert np.array_equal(pixels, objects == number)

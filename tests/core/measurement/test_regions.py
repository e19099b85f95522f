"""Measurements of one object against closed forms: discs, ellipses, rectangles in many poses."""

import time

import numpy as np
import pandas as pd
import pytest
from scipy.ndimage import gaussian_filter
from skimage.measure import label

from core.errors import DataError
from core.measurement.readable_units import in_readable_units
from core.measurement.regions import bounding_extents, measure_objects
from core.types.pixel_size import PixelSize

COLUMNS = [
    "id",
    "centroid_row_px",
    "centroid_column_px",
    "area_px2",
    "equivalent_diameter_px",
    "minimum_feret_px",
    "maximum_feret_px",
    "aspect_ratio",
    "circularity",
    "solidity",
    "orientation_deg",
    "mean_intensity",
    "touches_edge",
    "edge_weight",
]


def measure(mask, pixel_size=None):
    objects = mask.astype(np.uint32)
    table = measure_objects(objects, np.zeros(mask.shape, np.float32), pixel_size)
    return table.iloc[0]


def axes_of(angle, shape=(160, 160), center=(80, 80)):
    """Return coordinates along and across an axis ``angle`` degrees counter-clockwise."""
    row, column = np.mgrid[: shape[0], : shape[1]]
    right, up = column - center[1], center[0] - row
    turn = np.radians(angle)
    return right * np.cos(turn) + up * np.sin(turn), up * np.cos(turn) - right * np.sin(turn)


def ellipse(angle, half_length, half_width):
    along, across = axes_of(angle)
    return (along / half_length) ** 2 + (across / half_width) ** 2 <= 1


@pytest.mark.parametrize("radius", [5, 10, 20, 50])
def test_disc(radius):
    row = measure(ellipse(0, radius, radius))
    assert row.equivalent_diameter_px == pytest.approx(2 * radius, rel=0.02)
    assert row.area_px2 == pytest.approx(np.pi * radius**2, rel=0.04)
    assert row.minimum_feret_px == pytest.approx(2 * radius, abs=0.5)
    assert row.maximum_feret_px == pytest.approx(2 * radius, abs=1.0)
    assert row.circularity == pytest.approx(1, abs=0.03 if radius >= 20 else 0.07)
    assert row.aspect_ratio == pytest.approx(1, abs=0.001)
    assert row.solidity == 1
    assert np.isnan(row.orientation_deg)


@pytest.mark.parametrize("angle", [-60, -30, 0, 10, 45, 80, 90])
def test_ellipse(angle):
    row = measure(ellipse(angle, 60, 20))
    assert row.area_px2 == pytest.approx(np.pi * 60 * 20, rel=0.005)
    assert row.minimum_feret_px == pytest.approx(40, abs=1)
    assert row.maximum_feret_px == pytest.approx(120, abs=1)
    assert row.aspect_ratio == pytest.approx(3, rel=0.01)
    assert row.orientation_deg == pytest.approx(angle, abs=0.2)
    # Perimeter of this ellipse by Ramanujan's second formula, exact to 1e-5 here.
    h = (40 / 80) ** 2
    perimeter = np.pi * 80 * (1 + 3 * h / (10 + np.sqrt(4 - 3 * h)))
    expected = np.sqrt(4 * np.pi * np.pi * 60 * 20) / perimeter
    assert row.circularity == pytest.approx(expected, rel=0.03)
    assert row.solidity > 0.995


@pytest.mark.parametrize("center", [(80.5, 80.5), (80.3, 79.8), (80.0, 80.5)])
def test_a_disc_of_radius_50_is_measured_to_a_thousandth(center):
    """Around the middle of a pixel lie 7,845 of its 7,854 px2, 0.11 % fewer."""
    along, across = axes_of(0, center=center)
    row = measure(along**2 + across**2 <= 50**2)
    assert row.area_px2 == pytest.approx(np.pi * 2500, rel=1e-3)
    assert row.equivalent_diameter_px == pytest.approx(100, rel=1e-3)
    assert row.circularity == pytest.approx(1, abs=0.01)
    assert measure(ellipse(0, 50, 50)).equivalent_diameter_px == pytest.approx(100, rel=1e-3)


def test_upright_rectangle_is_exact():
    mask = np.zeros((60, 80), bool)
    mask[10:30, 15:55] = True
    row = measure(mask)
    assert (row.centroid_row_px, row.centroid_column_px) == (19.5, 34.5)
    assert row.area_px2 == 800
    assert row.equivalent_diameter_px == pytest.approx(np.sqrt(3200 / np.pi))
    assert row.minimum_feret_px == pytest.approx(20)
    assert row.maximum_feret_px == pytest.approx(np.hypot(20, 40), rel=0.011)
    assert row.orientation_deg == 0
    assert row.solidity == 1
    # Entries along the grid, its diagonals, and steps of (1, 2) and (2, 1), each by the spacing of
    # its lines and by the angle that it stands for.
    steep = np.arctan(0.5)
    along, diagonal = steep * (20 + 40), 2 * (np.pi / 4 - steep) * np.sqrt(0.5) * 59
    between = np.pi / 4 * ((20 + 2 * 40 - 2) + (40 + 2 * 20 - 2)) / np.sqrt(5)
    perimeter = along + diagonal + between
    assert row.circularity == pytest.approx(np.sqrt(4 * np.pi * 800) / perimeter)
    assert not row.touches_edge


def test_circularity_of_a_rectangle_of_19_by_39_px():
    """Four directions would read 0.886; sqrt(4 pi 741) / 116 is 0.832."""
    mask = np.zeros((60, 60), bool)
    mask[10:29, 10:49] = True
    assert measure(mask).circularity == pytest.approx(0.832, abs=0.026)


@pytest.mark.parametrize("angle", [0, 10, 22.5, 30, 45])
def test_circularity_of_a_large_rectangle_in_any_pose(angle):
    along, across = axes_of(angle, (260, 260), (130, 130))
    mask = (np.abs(along) <= 100) & (np.abs(across) <= 50)
    expected = np.sqrt(4 * np.pi * 200 * 100) / 600
    assert measure(mask).circularity == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize("angle", [-75, -45, 20, 45, 70])
def test_turned_rectangle(angle):
    along, across = axes_of(angle)
    row = measure((np.abs(along) <= 40) & (np.abs(across) <= 15))
    assert row.minimum_feret_px == pytest.approx(30, abs=1.5)
    assert row.maximum_feret_px == pytest.approx(np.hypot(30, 80), abs=1)
    assert row.orientation_deg == pytest.approx(angle, abs=0.5)
    assert row.solidity == pytest.approx(1, abs=0.005)


def test_an_l_shape_has_the_solidity_of_its_hull():
    mask = np.zeros((60, 60), bool)
    mask[10:50, 10:20] = True
    mask[40:50, 10:50] = True
    # 700 px in a hull of 1600 px less the 1 + 2 + ... + 30 px beyond its slanted side.
    assert measure(mask).solidity == pytest.approx(700 / (1600 - 465))


def crofton(mask):
    """Return the perimeter from one shifted copy of the mask a direction."""
    steps = [(0, 1), (1, 2), (1, 1), (2, 1), (1, 0), (2, -1), (1, -1), (1, -2)]
    angles = np.degrees([np.arctan2(*step) for step in steps])
    assert angles == pytest.approx([0, 26.565, 45, 63.435, 90, 116.565, 135, 153.435], abs=1e-3)
    shares = np.radians([26.565051, 22.5, 18.434949, 22.5] * 2)
    padded, total = np.pad(mask, 2), 0.0
    for step, share in zip(steps, shares, strict=True):
        entered = padded & ~np.roll(padded, step, (0, 1))
        total += share * entered.sum() / np.hypot(*step)
    return total


def test_perimeter_is_that_of_an_independent_implementation():
    noise = gaussian_filter(np.random.default_rng(0).standard_normal((120, 120)), 3)
    objects = label(noise > 0.02)
    table = measure_objects(objects, noise, None)
    expected = [
        min(np.sqrt(4 * np.pi * (objects == number).sum()) / crofton(objects == number), 1)
        for number in table.id
    ]
    assert len(table) > 10
    np.testing.assert_allclose(table.circularity, expected, rtol=1e-6)


def test_an_object_measures_alone_what_it_measures_among_others():
    noise = gaussian_filter(np.random.default_rng(2).standard_normal((90, 120)), 2.5)
    objects = label(noise > 0.02, connectivity=2)
    together = measure_objects(objects, noise, None).drop(columns="id")
    assert len(together) > 10
    for number, row in enumerate(together.itertuples(index=False), start=1):
        alone = measure_objects((objects == number).astype(np.uint32), noise, None)
        np.testing.assert_array_equal(alone.drop(columns="id").iloc[0].astype(float), row)


def test_nm_only_when_calibrated():
    mask = ellipse(0, 20, 10)
    in_px, in_nm = measure(mask), measure(mask, PixelSize(2.5, "typed by user"))
    assert list(in_px.index) == COLUMNS
    assert list(in_nm.index) == [
        name if name.startswith("centroid") else name.replace("_px", "_nm") for name in COLUMNS
    ]
    assert in_nm.area_nm2 == pytest.approx(6.25 * in_px.area_px2)
    for name in ("equivalent_diameter", "minimum_feret", "maximum_feret"):
        assert in_nm[f"{name}_nm"] == pytest.approx(2.5 * in_px[f"{name}_px"])
    for name in ("aspect_ratio", "circularity", "solidity"):
        assert in_nm[name] == in_px[name]


def test_no_object_gives_all_columns():
    table = measure_objects(np.zeros((20, 30), np.uint32), np.zeros((20, 30)), None)
    assert list(table.columns) == COLUMNS
    assert len(table) == 0
    assert table.touches_edge.dtype == bool


def test_tiny_objects_stay_finite():
    objects = np.zeros((10, 12), np.uint32)
    objects[2, 2], objects[5, 5:7], objects[9, 11] = 1, 2, 9
    table = measure_objects(objects, np.ones((10, 12), np.float32), None)
    assert table.id.tolist() == [1, 2, 9]
    assert table.area_px2.tolist() == [1, 2, 1]
    assert table.orientation_deg.isna().tolist() == [True, False, True]
    assert table.edge_weight.isna().tolist() == [False, False, True]
    finite = table.drop(columns=["orientation_deg", "edge_weight"]).to_numpy(float)
    assert np.isfinite(finite).all()
    assert (table[["circularity", "solidity"]] <= 1).all(axis=None)
    # One and two pixels in a row: rectangles of 1 x 1, 1 x 2, 1 x 1.
    assert table.aspect_ratio.tolist() == pytest.approx([1, 2, 1])


def test_mean_intensity_of_touching_objects():
    objects = np.array([[1, 1, 2, 0], [0, 2, 2, 2], [3, 0, 2, 2]], np.uint32)
    pixels = np.arange(12, dtype=np.float32).reshape(3, 4) / 16
    table = measure_objects(objects, pixels, None)
    expected = [0.5, (2 + 5 + 6 + 7 + 10 + 11) / 6, 8]
    np.testing.assert_allclose(table.mean_intensity * 16, expected)


def test_the_edge_is_that_of_the_image_area():
    objects = np.zeros((20, 20), np.uint32)
    objects[0, 5], objects[5, 0], objects[5, 19], objects[15, 5], objects[14, 8] = 1, 2, 3, 4, 5
    pixels = np.zeros((20, 20))
    assert measure_objects(objects, pixels, None).touches_edge.tolist() == [True] * 3 + [False] * 2
    with_bar = measure_objects(objects, pixels, None, np.arange(20)[:, None] < np.full((1, 20), 16))
    assert with_bar.touches_edge.tolist() == [True] * 4 + [False]


def test_whole_objects_weigh_as_many_as_the_edge_cuts():
    """Of all places in 100 x 200 px, 95 x 180 hold one of 5 x 20 px."""
    objects = np.zeros((110, 200), np.uint32)
    objects[50:55, 60:80], objects[:9, :9] = 1, 2
    above = np.arange(110)[:, None] < np.full((1, 200), 100)
    weights = measure_objects(objects, np.zeros(objects.shape), None, above).edge_weight
    assert weights[0] == pytest.approx(100 * 200 / (95 * 180))
    assert np.isnan(weights[1])


def test_bounding_extents():
    objects = np.zeros((9, 9), np.uint32)
    objects[1:4, 2:7], objects[6, 6] = 3, 5
    height, width = bounding_extents(objects)
    assert (height.tolist(), width.tolist()) == ([3, 1], [5, 1])


def test_shapes_that_differ_are_told():
    with pytest.raises(DataError, match="same pixels"):
        measure_objects(np.zeros((4, 4), np.uint32), np.zeros((4, 5)), None)


def test_six_thousand_objects_in_two_seconds():
    row, column = np.mgrid[:26, :26]
    one = (row - 12) ** 2 + (column - 12) ** 2 <= 100
    number = np.kron(np.arange(1, 78 * 78 + 1).reshape(78, 78), np.ones((26, 26), int))
    objects = np.where(np.tile(one, (78, 78)), number, 0).astype(np.uint32)
    start = time.process_time()
    table = measure_objects(objects, np.zeros(objects.shape, np.float32), None)
    assert time.process_time() - start < 2
    assert len(table) == 6084
    assert table.area_px2.unique().tolist() == [one.sum()]


def test_large_objects_are_shown_in_micrometres_and_small_ones_are_not():
    table = pd.DataFrame(
        {
            "id": [1, 2],
            "area_nm2": [4e6, 9e6],
            "equivalent_diameter_nm": [1500.0, 2500.0],
            "solidity": [0.9, 1.0],
        }
    )
    shown = in_readable_units(table)
    assert list(shown) == ["id", "area_um2", "equivalent_diameter_um", "solidity"]
    assert shown["area_um2"].tolist() == [4, 9]
    assert shown["equivalent_diameter_um"].tolist() == [1.5, 2.5]
    small = table.assign(equivalent_diameter_nm=[10.0, 20.0])
    assert in_readable_units(small) is small

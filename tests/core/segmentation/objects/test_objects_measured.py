"""Whole analyses with an answer known beforehand: how many objects, how large, what is said."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from core import formats
from core.analysis.analyse import analyse
from core.analysis.analysis import Analysis
from core.types.micrograph import Micrograph
from core.types.pixel_size import PixelSize
from models import zoo

CLASSIC = ("otsu", "multi-otsu", "local-threshold", "gradient-watershed")


@cache
def engine(name: str):
    return zoo.load(name, "cpu")


def found(pixels: np.ndarray, model: str = "otsu", **more) -> Analysis:
    return analyse(Micrograph(pixels, "made.tif", "digest", **more), engine(model))


def discs(shape: tuple[int, int], radius: float, pitch: int) -> np.ndarray:
    """Return discs, ``pitch`` px apart and whole, (H, W) bool."""
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    middles = [np.round(np.arange(pitch / 2, side - radius, pitch)) for side in shape]
    inside = np.zeros(shape, bool)
    for row in middles[0]:
        for column in middles[1]:
            inside |= (rows - row) ** 2 + (columns - column) ** 2 <= radius**2
    return inside


def noise(shape: tuple[int, int], sigma: float) -> np.ndarray:
    return np.random.default_rng(8).normal(0, sigma, shape)


# shape, model, objects, diameter in the unit of the pixel size
CASES = [
    *(("sparse_12_particles.tif", model, 12, 13.8) for model in CLASSIC),
    *(("nan_border_dark_particles.tif", model, 20, 30) for model in CLASSIC if model[0] != "m"),
    *(("strip_20x1200.tif", model, 23, 12) for model in CLASSIC),
    *(("fei_nonsquare_circle_1200nm.tif", model, 1, 1200) for model in CLASSIC),
    ("raft_spheres_gap2px.tif", "otsu", 25, 40),
    ("rods_10to1_network.tif", "otsu", 4, 141.2),
]


@pytest.mark.parametrize(("file", "model", "objects", "diameter"), CASES)
def test_small_files_that_went_wrong_come_out_right(shared_data, file, model, objects, diameter):
    analysis = analyse(formats.read_file(shared_data("cases", file)), engine(model))
    assert len(analysis.table) == objects
    assert analysis.warnings == ()
    column = next(one for one in analysis.table if one.startswith("equivalent_diameter"))
    assert analysis.table[column].mean() == pytest.approx(diameter, rel=0.02)


@pytest.mark.parametrize(
    ("file", "objects"),
    [
        ("raft_spheres_gap2px.tif", 25),
        ("rods_10to1_network.tif", 4),
        ("sparse_12_particles.tif", 12),
        ("strip_20x1200.tif", 23),
        ("nan_border_dark_particles.tif", 20),
        ("fei_nonsquare_circle_1200nm.tif", 1),
    ],
)
def test_the_network_counts_them_too_without_a_warning(shared_data, file, objects):
    analysis = analyse(formats.read_file(shared_data("cases", file)), engine("particles"))
    assert len(analysis.table) == objects
    assert analysis.warnings == ()


@pytest.mark.parametrize("model", CLASSIC)
@pytest.mark.parametrize(("contrast", "radius"), [(0.5, 9), (0.5, 5), (0.3, 7)])
def test_sparse_bright_particles_are_counted(model, contrast, radius):
    inside = discs((480, 640), radius, 160)
    pixels = 0.3 + contrast * inside + noise(inside.shape, 0.012)
    analysis = found(pixels, model)
    assert len(analysis.table) == 12
    assert analysis.warnings == ()


@pytest.mark.parametrize("model", ["otsu", "local-threshold", "gradient-watershed"])
def test_sparse_dark_particles_are_counted(model):
    inside = discs((480, 640), 7, 160)
    analysis = found(0.7 - 0.4 * inside + noise(inside.shape, 0.015), model)
    assert len(analysis.table) == 12


@pytest.mark.parametrize("model", CLASSIC)
@pytest.mark.parametrize("blur", [0, 1, 4])
def test_film_and_noise_alone_are_said_to_be_no_objects(model, blur):
    import cv2

    pixels = noise((300, 400), 1).astype(np.float32)
    pixels = cv2.GaussianBlur(pixels, (0, 0), blur) if blur else pixels
    pixels = 0.5 + 0.05 * pixels / pixels.std()
    analysis = found(pixels, model)
    assert len(analysis.table) < 20 or "may be noise or texture" in analysis.warnings[0]


def film() -> np.ndarray:
    import cv2

    grey = cv2.GaussianBlur(noise((300, 400), 1).astype(np.float32), (0, 0), 4)
    return 0.5 + 0.05 * grey / grey.std()


def test_a_network_trained_on_films_finds_nothing_on_one():
    analysis = found(film(), "particles")
    assert len(analysis.table) == analysis.selection.doubtful == 0


def test_a_network_counts_no_object_on_a_film_and_says_why():
    analysis = found(film(), "particles-resnet18")
    assert len(analysis.table) == 0
    mean, left_out = analysis.selection.mean_confidence, analysis.selection.doubtful
    assert mean < 0.3
    assert left_out >= 12
    why = f"mean confidence (weighted by diameter) of {mean:.2f}, so {left_out} are left out"
    assert why in analysis.reasons_to_doubt[-1]
    # Where none is taken for an object, none is too small either.
    assert analysis.few_pixels is None
    few = replace(analysis.selection, mean_confidence=None, too_small=3)
    assert replace(analysis, selection=few).few_pixels.startswith("3 of 3 objects")


@pytest.mark.parametrize("model", ["otsu", "local-threshold", "gradient-watershed"])
@pytest.mark.parametrize("side", ["left", "top", "around"])
def test_pixels_without_a_grey_level_have_no_phase_and_no_area(model, side):
    from core.measurement.phase_fraction import phase_fractions

    inside = discs((240, 320), 12, 80)
    pixels = (0.7 - 0.4 * inside + noise(inside.shape, 0.01)).astype(np.float32)
    valid = np.zeros(inside.shape, bool)
    valid[{"left": np.s_[:, 20:], "top": np.s_[15:], "around": np.s_[9:-9, 11:-11]}[side]] = True
    pixels[~valid] = 0
    analysis = found(pixels, model, valid=valid)
    assert len(analysis.table) == 12
    assert not analysis.objects[~valid].any()
    made = analysis.segmentation
    fractions = phase_fractions(
        made.labels, made.phases, None, analysis.micrograph.measurable
    ).set_index("phase")
    assert fractions.area_px2.sum() == valid.sum()
    assert fractions.area_fraction["object"] == pytest.approx(inside.sum() / valid.sum(), rel=0.03)


def test_an_object_cut_by_a_border_without_grey_levels_is_cut_by_the_edge():
    inside = discs((120, 160), 12, 40)
    valid = np.ones(inside.shape, bool)
    valid[:, :22] = False
    analysis = found((0.2 + 0.6 * inside).astype(np.float32) * valid, valid=valid)
    assert analysis.table.touches_edge.sum() == 3
    # A dead pixel is no edge.
    valid = np.ones(inside.shape, bool)
    valid[20, 20] = False
    analysis = found((0.2 + 0.6 * inside).astype(np.float32) * valid, valid=valid)
    assert not analysis.table.touches_edge.any()
    assert analysis.table.area_px2[0] == analysis.table.area_px2[1] - 1


@pytest.mark.parametrize("model", ["otsu", "local-threshold", "gradient-watershed"])
@pytest.mark.parametrize(("across", "down"), [(10, 16), (16, 10), (5, 6), (4, 12)])
def test_pixels_that_are_not_square_measure_a_circle_as_a_circle(model, across, down):
    nm, shape = 1200.0, (int(3000 / down), int(3000 / across))
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    away = np.hypot((rows - shape[0] * 0.4) * down, (columns - shape[1] * 0.6) * across)
    size = PixelSize(across, "header", height_nm=down)
    inside = away <= nm / 2
    analysis = found((0.2 + 0.6 * inside).astype(np.float32), model, pixel_size=size)
    (row,) = analysis.table.to_dict("records")
    assert row["area_nm2"] == pytest.approx(np.pi * nm**2 / 4, rel=0.03)
    assert row["equivalent_diameter_nm"] == pytest.approx(nm, rel=0.015)
    assert row["aspect_ratio"] == pytest.approx(1, abs=0.04)
    assert row["centroid_row_px"] == pytest.approx(shape[0] * 0.4, abs=0.5)
    assert row["centroid_column_px"] == pytest.approx(shape[1] * 0.6, abs=0.5)
    # Ids and labels lie on the image's own pixels.
    agree = (analysis.objects > 0) == inside
    assert agree.mean() > 0.99 and analysis.segmentation.labels.shape == shape


def test_touching_circles_in_oblong_pixels_are_cut_as_in_square_ones():
    rows, columns = np.mgrid[:100, :260]
    right = np.minimum(abs(columns - 80), abs(columns - 175))
    inside = np.hypot((rows - 50) * 2.0, right * 1.0) <= 48
    size = PixelSize(1, "header", height_nm=2)
    analysis = found((0.2 + 0.6 * inside).astype(np.float32), pixel_size=size)
    assert len(analysis.table) == 2
    assert analysis.table.equivalent_diameter_nm.to_numpy() == pytest.approx(96, rel=0.02)


@pytest.mark.parametrize("height", [20, 40])
def test_a_network_sees_particles_in_a_narrow_strip(height):
    inside = discs((height, 500), 7, 40)[:, :500]
    rows, columns = np.mgrid[:height, :500]
    inside = np.zeros((height, 500), bool)
    for column in range(25, 500, 50):
        inside |= np.hypot(rows - height / 2, columns - column) <= 7
    pixels = 0.7 - 0.4 * inside + noise(inside.shape, 0.02)
    assert len(found(pixels, "particles").table) == 10


def test_a_spacing_is_the_same_in_oblong_pixels():
    from core.measurement.power_spectrum import radial_profile, region_spectrum

    rows, columns = np.mgrid[:128, :256]
    # Fringes 1 nm apart, at 30 degrees, in pixels of 0.1 nm across and 0.2 nm down.
    along = columns * 0.1 * np.cos(np.pi / 6) + rows * 0.2 * np.sin(np.pi / 6)
    size = PixelSize(0.1, "header", height_nm=0.2)
    spectrum = region_spectrum(np.sin(2 * np.pi * along).astype(np.float32), size)
    frequency, power = radial_profile(spectrum)
    assert spectrum.pixel_nm == 0.1
    assert 1 / frequency[np.argmax(power)] == pytest.approx(1, rel=0.05)

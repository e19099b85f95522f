"""Files of a result, read back with the libraries that users have."""

import io
import itertools
import json
import zipfile
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely
import tifffile
from PIL import Image
from pycocotools.coco import COCO

from core import formats
from core.analysis.analysis import Analysis
from core.execution import Execution
from core.export.archive import result_archive, result_files, safe_stem
from core.export.coco import coco_json
from core.export.geojson import geojson
from core.export.label_image import label_tiff, object_tiff
from core.export.provenance import provenance, run_json
from core.export.tables import csv_bytes, xlsx_bytes
from core.measurement.regions import measure_objects
from core.segmentation.objects.instances import separate_objects
from core.segmentation.settings import ObjectSettings, TileSettings, tiles_for
from core.types.micrograph import Micrograph
from core.types.model_card import ModelCard, Weights
from core.types.pixel_size import PixelSize
from core.types.segmentation import Phase, Segmentation

PHASES = (Phase("background", "#0072B2"), Phase("particle", "#E69F00"))
ODD_SIZE = PixelSize(12.3, "FEI tag 34682")
WHEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


in_pycocotools = pytest.mark.filterwarnings("ignore:__array__ impl:DeprecationWarning")


def make_analysis(tmp_path, pixel_size=ODD_SIZE, name="image.tif"):
    row, column = np.mgrid[:100, :120]
    labels = np.zeros((110, 120), np.uint8)
    for r, c, radius in ((30, 30, 12), (60, 80, 20), (0, 110, 8)):
        labels[:100][(row - r) ** 2 + (column - c) ** 2 <= radius**2] = 1
    micrograph = Micrograph(
        pixels=0.2 + 0.5 * labels,
        name=name,
        digest="ab" * 32,
        pixel_size=pixel_size,
        info_bar_rows=10,
        file_shape=(110, 120),
        dtype="uint16",
        page=0,
        notes=("The info bar was found in the image.",),
    )
    card = ModelCard(
        name="particles",
        title="Nanoparticles",
        purpose="",
        phases=PHASES,
        build=lambda: None,
        weights=Weights(tmp_path / "particles.safetensors", "cd" * 32),
        architecture="U-Net",
        mean=0.5,
        std=0.2,
        data="",
        licence="",
        reference="",
        objects_phase=1,
    )
    probabilities = np.stack([1 - labels, labels]).astype(np.float16)
    objects = separate_objects(labels, 1, ObjectSettings())
    return Analysis(
        micrograph=micrograph,
        card=card,
        segmentation=Segmentation(
            labels,
            probabilities,
            PHASES,
            pixel_size,
            card.name,
            "ef" * 32,
            execution=Execution("cpu", "openvino", "float32"),
        ),
        objects=objects,
        table=measure_objects(objects, micrograph.pixels, pixel_size, micrograph.measurable),
        object_settings=ObjectSettings(),
        tile_settings=tiles_for(micrograph.shape, "openvino"),
        seconds=1.23456,
    )


@pytest.mark.parametrize("nm", [12.3, 0.0371, 1000, 81234.5])
def test_labels_are_calibrated_for_imagej(nm):
    labels = np.eye(40, 50, dtype=np.uint8)
    content = label_tiff(labels, PixelSize(nm, "typed by user"))
    with tifffile.TiffFile(io.BytesIO(content)) as file:
        assert file.is_imagej
        np.testing.assert_array_equal(file.asarray(), labels)
        assert file.asarray().dtype == np.uint8
        assert file.imagej_metadata["unit"] == "um"
        pixels, per_um = file.pages[0].tags["XResolution"].value
        assert per_um / pixels == pytest.approx(nm / 1000, rel=1e-6)
        assert file.pages[0].tags["YResolution"].value == (pixels, per_um)
        assert file.imagej_metadata["max"] == 1


def test_objects_keep_large_ids_and_their_calibration():
    objects = np.zeros((30, 40), np.uint32)
    objects[3, 4] = 70_001
    content = object_tiff(objects, ODD_SIZE)
    assert content == object_tiff(objects, ODD_SIZE)
    with tifffile.TiffFile(io.BytesIO(content)) as file:
        assert file.asarray().dtype == np.uint32
        np.testing.assert_array_equal(file.asarray(), objects)
        pixels = tifffile.xml2dict(file.ome_metadata)["OME"]["Image"]["Pixels"]
        assert pixels["PhysicalSizeX"] == pixels["PhysicalSizeY"] == 0.0123
        assert pixels["PhysicalSizeXUnit"] == "\N{MICRO SIGN}m"
        count, length = file.pages[0].tags["XResolution"].value
        assert file.pages[0].tags["ResolutionUnit"].value == 3  # centimetre
        assert 1e7 * length / count == pytest.approx(12.3, rel=1e-6)


@pytest.mark.parametrize("nm", [0.001, 0.0023, 0.0239, 1.8868, 111.65, 1e6])
def test_both_images_give_their_scale_back_to_the_reader(nm):
    size, labels = PixelSize(nm, "typed by user"), np.eye(32, dtype=np.uint8)
    for content in (label_tiff(labels, size), object_tiff(labels, size)):
        found = formats.read(content, "a.tif").pixel_size
        assert found is not None
        assert found.nm == pytest.approx(nm, rel=1e-9)


def test_pixels_that_are_not_square_keep_both_sides():
    size, labels = PixelSize(10, "FEI tag 34682", 16), np.eye(32, dtype=np.uint8)
    for content in (label_tiff(labels, size), object_tiff(labels, size)):
        found = formats.read(content, "a.tif").pixel_size
        assert (found.nm, found.height_nm) == pytest.approx((10, 16), rel=1e-9)


def test_without_a_pixel_size_no_scale_is_written():
    with tifffile.TiffFile(io.BytesIO(label_tiff(np.zeros((8, 8), np.uint8), None))) as file:
        assert "unit" not in file.imagej_metadata
        assert file.pages[0].tags["XResolution"].value == (1, 1)
    with tifffile.TiffFile(io.BytesIO(object_tiff(np.zeros((8, 8), np.uint32), None))) as file:
        assert "PhysicalSize" not in file.ome_metadata
        assert file.pages[0].tags["ResolutionUnit"].value == 1  # none


def test_csv_round_trip_and_formulas():
    table = pd.DataFrame(
        {
            "id": [1, 2, 3, 4],
            "area_nm2": [1234567.25, 0.5, np.nan, -3.0],
            "name": ["=2+3", "-x", "plain", "a=b"],
            "touches_edge": [True, False, False, True],
        }
    )
    content = csv_bytes(table)
    assert content.startswith(b"id,area_nm2,name,touches_edge\n")
    back = pd.read_csv(io.BytesIO(content))
    assert back.columns.tolist() == table.columns.tolist()
    np.testing.assert_allclose(back.area_nm2, table.area_nm2, rtol=1e-6)
    assert back.name.tolist() == ["'=2+3", "'-x", "plain", "a=b"]
    assert back.touches_edge.tolist() == table.touches_edge.tolist()


def test_what_is_not_finite_stays_empty_in_tables():
    table = pd.DataFrame({"d50_nm": [1.5, np.nan, np.inf, -np.inf], "n": [1, 2, 3, 4]})
    assert csv_bytes(table) == b"d50_nm,n\n1.5,1\n,2\n,3\n,4\n"
    (sheet,) = openpyxl.load_workbook(io.BytesIO(xlsx_bytes({"Sizes": table}))).worksheets
    assert list(sheet.values) == [("d50_nm", "n"), (1.5, 1), (None, 2), (None, 3), (None, 4)]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d"])
def test_no_text_becomes_a_formula(start):
    table = pd.DataFrame({f"{start}1": [f'{start}HYPERLINK("x")'], "\N{MICRO SIGN}m": [2.0]})
    text = csv_bytes(table).decode("utf-8-sig")
    header, row = pd.read_csv(io.StringIO(text), header=None).iloc[:, 0]
    assert (header[0], row[0]) == ("'", "'")
    sheet = openpyxl.load_workbook(io.BytesIO(xlsx_bytes({"A": table})))["A"]
    assert {cell.data_type for row in sheet for cell in row} == {"s", "n"}
    assert sheet["A2"].value.endswith('HYPERLINK("x")')


def test_xlsx_keeps_types_and_depends_on_its_content_alone():
    table = pd.DataFrame({"id": [1, 2], "name": ["a", None], "touches_edge": [True, False]})
    content = xlsx_bytes({"Objects": table, "Empty": table[:0]})
    assert content == xlsx_bytes({"Objects": table, "Empty": table[:0]})
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert book.sheetnames == ["Objects", "Empty"]
    assert list(book["Objects"].values)[1:] == [(1, "a", True), (2, None, False)]
    assert list(book["Empty"].values) == [("id", "name", "touches_edge")]


@in_pycocotools
def test_coco_masks_cover_the_very_pixels(tmp_path):
    analysis = make_analysis(tmp_path)
    scored = replace(analysis, table=analysis.table.assign(confidence=[0.5, 0.75, 1.0]))
    path = tmp_path / "coco.json"
    path.write_bytes(coco_json(scored))
    coco = COCO(path)
    assert coco.dataset["images"][0]["pixel_size_nm"] == 12.3
    assert [one["name"] for one in coco.loadCats(coco.getCatIds())] == ["background", "particle"]
    found = coco.loadAnns(coco.getAnnIds(imgIds=1, catIds=1))
    assert [one["score"] for one in found] == [0.5, 0.75, 1.0]
    for one in found:
        mask = coco.annToMask(one)
        np.testing.assert_array_equal(mask, analysis.objects == one["id"])
        rows, columns = np.nonzero(mask)
        box = [columns.min(), rows.min(), np.ptp(columns) + 1, np.ptp(rows) + 1]
        assert one["bbox"] == box
        assert one["area"] == mask.sum()


@in_pycocotools
def test_a_model_without_objects_gives_its_phases(tmp_path):
    analysis = make_analysis(tmp_path)
    phases = replace(analysis, card=replace(analysis.card, objects_phase=None))
    labels = phases.segmentation.labels
    path = tmp_path / "coco.json"
    path.write_bytes(coco_json(phases))
    (one,) = (coco := COCO(path)).loadAnns(coco.getAnnIds())
    assert one["category_id"] == 1
    np.testing.assert_array_equal(coco.annToMask(one), labels)
    (feature,) = json.loads(geojson(phases))["features"]
    assert shapely.from_geojson(json.dumps(feature["geometry"])).area == labels.sum()
    assert feature["properties"]["name"] == "particle"


def test_geojson_opens_as_valid_polygons_with_the_area_of_the_pixels(tmp_path):
    analysis = make_analysis(tmp_path)
    told = json.loads(geojson(analysis))
    assert told["properties"]["pixel_size_nm"] == 12.3
    pixels = np.bincount(analysis.objects.ravel())
    for feature in told["features"]:
        shape = shapely.from_geojson(json.dumps(feature))
        assert shape.is_valid
        assert shape.area == pixels[feature["id"]]
    third = told["features"][2]["properties"]
    assert third["objectType"] == "detection"
    assert third["classification"] == {"name": "particle", "color": [230, 159, 0]}
    assert third["measurements"]["area_nm2"] == pytest.approx(pixels[3] * 12.3**2)
    # x to the right, y down: the third object lies around row 60, column 80.
    box = shapely.from_geojson(json.dumps(told["features"][2])).bounds
    assert box == (60, 40, 101, 81)


def test_csv_has_a_byte_order_mark_only_for_letters_outside_ascii():
    content = csv_bytes(pd.DataFrame({"phase": ["\N{GREEK SMALL LETTER GAMMA}'"]}))
    assert content.startswith(b"\xef\xbb\xbfphase\n")
    assert pd.read_csv(io.BytesIO(content)).columns.tolist() == ["phase"]


def test_an_empty_table_keeps_its_header():
    table = measure_objects(np.zeros((9, 9), np.uint32), np.zeros((9, 9)), ODD_SIZE)
    back = pd.read_csv(io.BytesIO(csv_bytes(table)))
    assert back.columns.tolist() == table.columns.tolist()
    assert len(back) == 0


def test_the_four_files_agree_with_each_other(tmp_path):
    analysis = make_analysis(tmp_path)
    files = result_files(analysis, "field 1")
    assert sorted(files) == [
        f"field 1.{kind}" for kind in ("labels.tif", "objects.csv", "objects.tif", "run.json")
    ]
    labels = tifffile.imread(io.BytesIO(files["field 1.labels.tif"]))
    objects = tifffile.imread(io.BytesIO(files["field 1.objects.tif"]))
    table = pd.read_csv(io.BytesIO(files["field 1.objects.csv"]))
    assert labels.shape == objects.shape == analysis.micrograph.shape
    assert np.array_equal(labels == 1, objects > 0)
    assert table.id.tolist() == [1, 2, 3] == np.unique(objects)[1:].tolist()
    counted = np.bincount(objects.ravel())[1:] * 12.3**2
    np.testing.assert_allclose(table.area_nm2, counted, rtol=1e-6)
    assert table.touches_edge.tolist() == [True, False, False]
    assert json.loads(files["field 1.run.json"])["result"]["objects"] == 3


def test_run_json_names_everything_needed_to_repeat_it(tmp_path):
    analysis = make_analysis(tmp_path, name="my image.tif")
    told = json.loads(run_json(analysis, WHEN))
    assert told["created_utc"] == "2026-01-02T03:04:05Z"
    assert told["input"]["sha256"] == "ab" * 32
    assert told["input"]["pixel_size_nm"] == 12.3
    assert told["input"]["pixel_size_source"] == "FEI tag 34682"
    assert told["input"]["info_bar_rows"] == 10
    assert told["input"]["file_shape"] == [110, 120]
    assert told["model"]["weights_sha256"] == "cd" * 32
    assert told["settings"]["objects"] == {
        "split": 0.5,
        "minimum_area_px": 20,
        "fill_holes": True,
        "keep_annotations": False,
        "minimum_confidence": 0.35,
        "at_grey_edge": False,
        "keep_second_phase": False,
    }
    assert told["settings"]["tiles"] == {
        "side_px": analysis.tile_settings.side_px,
        "overlap_px": analysis.card.overlap_px,
    }
    assert told["engine"] == {
        "device": "cpu",
        "backend": "openvino",
        "precision": "float32",
        "seconds": 1.235,
    }
    assert told["software"]["packages"]["numpy"] == np.__version__
    assert told["software"]["lamella"]
    assert told["command"] == (
        "lamella segment './my image.tif' --model particles --pixel-size 12.3 --info-bar 10 "
        "--device cpu --precision exact --out ."
    )


def test_run_json_depends_on_the_time_alone(tmp_path):
    analysis = make_analysis(tmp_path)
    assert run_json(analysis, WHEN) == run_json(analysis, WHEN)
    careful = replace(analysis, card=replace(analysis.card, is_careful=True))
    assert provenance(careful)["command"].endswith(" --careful --out .")
    later = provenance(analysis, WHEN.replace(year=2027))
    assert {key for key, value in provenance(analysis, WHEN).items() if later[key] != value} == {
        "created_utc"
    }


def test_no_command_where_the_terminal_has_none(tmp_path):
    analysis = make_analysis(tmp_path, pixel_size=None)
    assert "--pixel-size" not in provenance(analysis)["command"]
    other = replace(analysis, object_settings=ObjectSettings(split=0.9))
    assert " --split 0.9 " in provenance(other)["command"]
    other = replace(analysis, tile_settings=TileSettings(512))
    assert provenance(other)["command"] is None
    page = replace(analysis, micrograph=replace(analysis.micrograph, page=2))
    assert "--page 3" in provenance(page)["command"]


def test_the_archive_holds_all_and_says_what_it_is(tmp_path):
    analysis = make_analysis(tmp_path)
    with zipfile.ZipFile(io.BytesIO(result_archive(analysis, "a"))) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        readme = archive.read("README.txt").decode()
        picture = np.asarray(Image.open(io.BytesIO(archive.read("a.overlay.png"))))
        outlines = zipfile.ZipFile(io.BytesIO(archive.read("a.rois.zip"))).namelist()
        four = result_files(analysis, "a")
        assert all(archive.read(name) == four[name] for name in four if "json" not in name)
    assert names[0] == "README.txt"
    assert all(name in readme for name in names[1:])
    assert len(names) == 10
    assert "one pixel is 12.3 nm (FEI tag 34682)" in readme
    assert "lowest 10 rows are the info bar" in " ".join(readme.split())
    lines = readme.splitlines()
    assert max(map(len, lines)) <= 96
    for line, following in itertools.pairwise(lines):
        if line.startswith("    ") and following.startswith("    "):
            assert len(line) + 1 + len(following.split()[0]) > 96, line
    assert len(outlines) == 3
    assert picture.shape == (110, 120, 3)
    assert picture[0, 0].tolist() == [51, 51, 51]
    assert picture[60, 60].tolist() == [230, 159, 0]
    assert (picture[70:100] == 255).all(axis=2).any()  # the scale bar


def test_without_a_pixel_size_nothing_speaks_of_nm(tmp_path):
    analysis = make_analysis(tmp_path, pixel_size=None)
    with zipfile.ZipFile(io.BytesIO(result_archive(analysis, "a"))) as archive:
        readme = archive.read("README.txt").decode()
        picture = np.asarray(Image.open(io.BytesIO(archive.read("a.overlay.png"))))
        header = archive.read("a.objects.csv").decode().splitlines()[0]
    assert "every length is in px" in readme
    assert "_nm" not in header
    assert not (picture == 255).all(axis=2).any()


@pytest.mark.parametrize(
    ("stem", "safe"),
    [
        ("plain 01", "plain 01"),
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\x:y", "x_y"),
        ("..", "image"),
        ("line\nbreak\u202e", "line_break_"),
        ("x" * 300, "x" * 120),
    ],
)
def test_stems_stay_inside_the_folder(stem, safe):
    assert safe_stem(stem) == safe

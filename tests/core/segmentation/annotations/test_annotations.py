"""Burnt-in letters and scale bars are found; particles are not."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from core.analysis.analyse import analyse
from core.analysis.remeasure import recalibrate, regroup, scale_is_free
from core.segmentation.annotations.arrows import is_arrow
from core.segmentation.annotations.drawn_marks import Box
from core.segmentation.annotations.find import find_annotations
from core.segmentation.engines.classic_engine import ClassicEngine
from core.segmentation.objects.selection import Selection, objects_in, select_objects
from core.segmentation.settings import ObjectSettings
from core.synthesis.gold.image import simulate
from core.synthesis.gold.settings import GoldSettings
from core.synthesis.samples import samples
from core.synthesis.supported.sample import supported_metal
from core.types.micrograph import Micrograph
from core.types.pixel_size import PixelSize
from models import zoo

CENTERS = [(60, 80), (60, 200), (150, 120), (150, 260), (90, 330), (240, 60), (240, 330)]
RADIUS = 18


def particles(seed: int = 0) -> np.ndarray:
    """Dark discs on a bright ground with noise, (300, 400) uint8."""
    random = np.random.default_rng(seed)
    row, column = np.mgrid[:300, :400]
    grey = np.full((300, 400), 170.0)
    for down, right in CENTERS:
        grey[np.hypot(row - down, column - right) <= RADIUS] = 70
    return np.clip(grey + random.normal(0, 8, grey.shape), 1, 254).astype(np.uint8)


def labelled(level: int) -> np.ndarray:
    """The same with "200 nm", a bar below it and a panel's letter."""
    picture = Image.fromarray(particles())
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default(size=26)
    draw.text((150, 238), "200 nm", level, font=font)
    draw.rectangle((140, 274, 250, 281), level)
    draw.text((10, 4), "(a)", level, font=font)
    return np.asarray(picture)


def grey(pixels: np.ndarray) -> np.ndarray:
    return pixels.astype(np.float32) / 255


def micrograph(pixels: np.ndarray) -> Micrograph:
    return Micrograph(grey(pixels), "test.png", "ab" * 32, PixelSize(2.0, "test"))


@pytest.mark.parametrize("level", [0, 255])
def test_letters_and_bars_are_found(level: int) -> None:
    found = find_annotations(grey(labelled(level)))
    strokes = labelled(level) != particles()
    assert np.mean(found[strokes]) > 0.97
    rows, columns = np.nonzero(found & ~strokes)
    assert len(rows) < 3 * strokes.sum()
    for down, right in CENTERS:
        assert not found[down - RADIUS : down + RADIUS, right - RADIUS : right + RADIUS].any()


@pytest.mark.parametrize("sample", samples(), ids=lambda sample: sample.name)
def test_nothing_is_found_where_nothing_was_written(sample) -> None:
    made = sample.build()
    assert not find_annotations(made.micrograph.pixels).any()
    assert not find_annotations(np.zeros((40, 50), np.float32)).any()


def test_particles_whose_lattice_fringes_are_cut_off_are_no_writing() -> None:
    settings = GoldSettings(
        diameter_nm=(3.2, 4.8),
        kind="fcc",
        pixel_size_nm=0.04,
        defocus_nm=-8.0,
        cs_mm=0.0,
        focal_spread_nm=2.0,
    )
    for seed in (2, 12):
        made = simulate(settings, 384, seed)
        count, objects = cv2.connectedComponents((made.labels > 0).astype(np.uint8))
        assert count - 1 == 6
        assert not len(objects_in(objects, find_annotations(made.micrograph().pixels)))


def test_clusters_of_particles_whose_grey_is_cut_off_are_no_letters() -> None:
    made = supported_metal().micrograph
    assert not find_annotations(made.pixels).any()
    pixels = np.rint(255 * made.pixels).astype(np.uint8)
    picture = Image.fromarray(pixels)
    font = ImageFont.load_default(size=40)
    ImageDraw.Draw(picture).text((620, 150), "a", int(pixels.max()), font=font)
    found = find_annotations(grey(np.asarray(picture)))
    rows, columns = np.nonzero(found)
    assert 150 < rows.min() < rows.max() < 200 and 600 < columns.min() < columns.max() < 660


def bent_precipitates(places: int = 120) -> np.ndarray:
    """White bent strokes of a letter's size all over (300, 400) px uint8, as cementite in steel."""
    random = np.random.default_rng(3)
    pixels = np.full((300, 400), 90, np.uint8)
    for _ in range(places):
        at = random.uniform((10, 10), (390, 290))
        turn = random.uniform(0, 2 * np.pi) + np.array([0, 0, 2.1])
        reach = np.array([8.0, 0.0, 8.0])
        corners = at + reach[:, None] * np.stack([np.cos(turn), np.sin(turn)], 1)
        cv2.polylines(pixels, [np.rint(corners).astype(np.int32)], False, 255, 2)
    noise = random.normal(0, 3, pixels.shape)
    return np.clip(pixels + noise, 0, 255).astype(np.uint8)


def test_precipitates_of_which_some_stand_in_a_row_are_no_writing() -> None:
    assert not find_annotations(grey(bent_precipitates())).any()


def test_writing_beside_precipitates_is_found() -> None:
    pixels = bent_precipitates()
    pixels[220:, 200:] = particles()[220:, 200:]
    picture = Image.fromarray(pixels)
    font = ImageFont.load_default(size=26)
    ImageDraw.Draw(picture).text((290, 255), "200 nm", 255, font=font)
    found = find_annotations(grey(np.asarray(picture)))
    assert found[258:280, 292:370].mean() > 0.4


def test_rods_are_no_scale_bars() -> None:
    rods = np.full((500, 500), 200, np.uint8)
    for top in (40, 160, 280, 400):
        rods[top : top + 40, 50:450] = 40
    assert not find_annotations(grey(rods)).any()


def test_objects_in_writing_do_not_count_unless_they_are_kept() -> None:
    engine = ClassicEngine(replace(zoo.CARDS["otsu"]))
    plain = analyse(micrograph(particles()), engine)
    image = micrograph(labelled(0))
    without = analyse(image, engine)
    assert len(plain.table) == len(without.table) == len(CENTERS)
    assert without.selection.in_annotations >= 8
    median = "equivalent_diameter_nm"
    assert without.table[median].median() == pytest.approx(plain.table[median].median(), rel=0.01)
    kept = regroup(without, ObjectSettings(keep_annotations=True))
    assert len(kept.table) == len(CENTERS) + kept.selection.in_annotations
    assert regroup(kept, ObjectSettings()).selection == without.selection


def test_what_does_not_count_is_told() -> None:
    objects = np.zeros((20, 30), np.uint32)
    objects[2:5, 2:5], objects[2:8, 10:20], objects[12:18, 2:22] = 1, 2, 3
    written = np.zeros(objects.shape, np.bool_)
    written[:, 10:20] = True
    assert objects_in(objects, written).tolist() == [2, 3]
    left, selection = select_objects(objects, ObjectSettings(minimum_area_px=20), written)
    assert selection == Selection(too_small=1, in_annotations=2)
    assert selection.boxes == (Box(2, 10, 6, 10), Box(12, 2, 6, 20))
    assert left.max() == 0
    settings = ObjectSettings(minimum_area_px=20, keep_annotations=True)
    left, selection = select_objects(objects, settings, written)
    assert selection == Selection(too_small=1, in_annotations=2)
    assert np.unique(left).tolist() == [0, 1, 2]


def test_a_typed_pixel_size_scales_the_table_and_keeps_the_labels() -> None:
    engine = ClassicEngine(zoo.CARDS["otsu"])
    first = analyse(micrograph(particles()), engine)
    other = replace(first.micrograph, pixel_size=PixelSize(5.0, "typed by user"))
    again = recalibrate(first, other)
    whole = analyse(other, engine)
    assert np.shares_memory(again.segmentation.labels, first.segmentation.labels)
    assert again.segmentation.digest == whole.segmentation.digest
    assert again.table.equals(whole.table)
    assert again.table["area_nm2"].sum() == pytest.approx(first.table["area_nm2"].sum() * 6.25)
    in_px = recalibrate(first, replace(other, pixel_size=None))
    assert in_px.table["area_px2"].sum() == pytest.approx(first.table["area_nm2"].sum() / 4)
    assert scale_is_free(first.card, other.pixel_size)
    assert not scale_is_free(first.card, PixelSize(5.0, "test", height_nm=7.0))
    assert not scale_is_free(replace(first.card, pixel_size_nm=3.0), other.pixel_size)


@pytest.mark.parametrize("level", [0, 255])
@pytest.mark.parametrize("angle", [0, 35, 90, 200])
@pytest.mark.parametrize(("width", "half_head"), [(4, 8), (1, 4), (2, 4)])
def test_an_arrow_is_found(level: int, angle: float, width: int, half_head: int) -> None:
    along = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))])
    across, tip = np.array([-along[1], along[0]]), np.array([200.0, 195.0])
    picture = Image.fromarray(particles())
    draw = ImageDraw.Draw(picture)
    draw.line([*(tip - 14 * along), *(tip - 50 * along)], level, width=width)
    head = [tip, *(tip - 14 * along + side * half_head * across for side in (1, -1))]
    draw.polygon([tuple(corner) for corner in head], level)
    drawn = np.asarray(picture) != particles()
    found = find_annotations(grey(np.asarray(picture)))
    assert found[drawn].mean() > 0.95
    around = cv2.dilate(drawn.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    assert not found[~around].any()


def test_what_has_no_shaft_or_no_head_is_no_arrow() -> None:
    row, column = np.mgrid[:60, :120]
    rod = (abs(row - 30) < 4) & (abs(column - 60) < 50)
    wedge = abs(row - 30) < (column - 10) / 8
    pin = rod & (column < 90) | (np.hypot(row - 30, column - 90) < 7)
    assert not any(is_arrow(shape) for shape in (rod, wedge, pin))


def test_a_lone_letter_is_told_by_having_no_noise() -> None:
    picture = Image.fromarray(particles())
    ImageDraw.Draw(picture).text((180, 50), "S", 255, font=ImageFont.load_default(size=30))
    strokes = np.asarray(picture) != particles()
    assert find_annotations(grey(np.asarray(picture)))[strokes].mean() > 0.95
    # In a drawing nothing has noise, so that an open ring may well be a particle.
    row, column = np.mgrid[:300, :400]
    away = np.hypot(row - 150, column - 200)
    ring = (away < 15) & (away > 9) & (column < 205)
    assert not find_annotations(ring.astype(np.float32)).any()


def test_letters_that_resizing_softened_are_found_beside_their_bar() -> None:
    large = Image.fromarray(particles()).resize((1200, 900), Image.Resampling.NEAREST)
    draw = ImageDraw.Draw(large)
    draw.text((450, 730), "50 nm", 255, font=ImageFont.load_default(size=50))
    draw.rectangle((430, 800, 690, 812), 255)
    small = np.asarray(large.resize((400, 300), Image.Resampling.BOX))
    strokes = small.astype(int) - particles() > 60
    assert find_annotations(grey(small))[strokes].mean() > 0.9


def test_more_doubtful_objects_than_certain_ones_are_a_reason_to_doubt() -> None:
    found = analyse(micrograph(particles()), ClassicEngine(zoo.CARDS["otsu"]))
    count = len(found.table)
    for doubtful, told in ((count, False), (count + 1, True)):
        changed = replace(found, selection=replace(found.selection, doubtful=doubtful))
        sentence = f"{doubtful} objects were left out for low confidence, more than the {count} "
        assert any(one.startswith(sentence) for one in changed.reasons_to_doubt) == told
        asked = replace(changed, object_settings=ObjectSettings(minimum_confidence=0.5))
        assert not any(one.startswith(sentence) for one in asked.reasons_to_doubt)

"""The receptive-field study of gold: networks alike but in what they see, on two contrasts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from core.errors import LamellaError, ModelError
from core.inspection.receptive_field.receptive_field import field_sizes
from core.inspection.receptive_field.trace import trace_network
from core.training.augmentation import Pair
from models.architectures.field_unet import WIDTHS, build_field_unet
from models.weights_file import trained
from research.gold.fields import RUNS
from research.gold.measure import POINTS, Point, images, write
from studies.gold import contrasts as gold_contrasts
from studies.gold.contrasts import Crops, contrast_data, contrast_pairs, draw_contrast
from studies.gold.networks import results as gold_study
from studies.gold.networks.results import FieldNetwork

# By the closed form: four 3 x 3 convolutions see 9 px; a pooling doubles the step.
SEEN = {0: (9, 9), 1: (18, 18), 2: (44, 44), 3: (92, 100), 4: (188, 204)}


@pytest.mark.parametrize("poolings", SEEN)
def test_networks_differ_in_what_they_see_and_not_in_size(poolings: int) -> None:
    network = build_field_unet(poolings).eval()
    assert network(torch.zeros(1, 1, 32, 48)).shape == (1, 2, 32, 48)
    sizes = field_sizes(trace_network(network, (1, 1, 256, 256)), None)
    assert (min(sizes.smallest), max(sizes.largest)) == SEEN[poolings]
    assert 14_000 < sum(weight.numel() for weight in network.parameters()) < 17_500


def test_a_network_without_skips_sees_as_far() -> None:
    network = build_field_unet(3, skips=False).eval()
    assert network(torch.zeros(1, 1, 32, 32)).shape == (1, 2, 32, 32)
    sizes = field_sizes(trace_network(network, (1, 1, 256, 256)), None)
    assert (min(sizes.smallest), max(sizes.largest)) == SEEN[3]


def test_a_depth_that_is_not_offered_is_refused() -> None:
    with pytest.raises(LamellaError, match="choose from 0 to 4"):
        build_field_unet(max(WIDTHS) + 1)


def test_both_contrasts_have_particles_and_doses_alike_in_pixels() -> None:
    for contrast, size in (("lattice", 0.035), ("mass", 0.12)):
        drawn = [draw_contrast(contrast, np.random.default_rng(seed)) for seed in range(20)]
        for one in drawn:
            assert one.pixel_size_nm == size
            assert np.allclose(np.array(one.diameter_nm) / size, (55, 95))
            assert 25 <= one.dose_e_per_nm2 * size**2 <= 75
    with pytest.raises(LamellaError, match="lattice, mass"):
        draw_contrast("colour", np.random.default_rng(0))


def test_a_lattice_beam_passes_the_aperture_of_one_contrast_only() -> None:
    for contrast, passes in (("lattice", True), ("mass", False)):
        lens = draw_contrast(contrast, np.random.default_rng(0)).lens
        assert (lens.band_limit(0.03) > 1 / 0.23545) == passes


def test_a_crop_and_its_label_are_turned_together() -> None:
    image = np.random.default_rng(0).integers(0, 256, (64, 64), np.uint8)
    crops, random = Crops((Pair("a", image, image),)), np.random.default_rng(1)
    seen = set()
    for _ in range(20):
        grey, labels = crops(random, 16)
        assert np.array_equal(np.rint(grey * 255), labels)
        seen.add(labels.tobytes())
    assert len(seen) == 20


def test_images_once_made_are_taken_up_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gold_contrasts, "COUNTS", {"train": 1, "validation": 1, "test": 1})
    monkeypatch.setattr(gold_contrasts, "FIELD_PX", 128)
    first = contrast_pairs("lattice", "test", tmp_path)
    monkeypatch.delattr(gold_contrasts, "simulate")
    again = contrast_pairs("lattice", "test", tmp_path)
    assert np.array_equal(first[0].image, again[0].image)
    assert np.array_equal(first[0].labels, again[0].labels)


def test_no_part_shares_an_image(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gold_contrasts, "COUNTS", {"train": 2, "validation": 1, "test": 1})
    monkeypatch.setattr(gold_contrasts, "FIELD_PX", 128)
    data = contrast_data("lattice")
    pairs = (*data.train, *data.validation, *contrast_pairs("lattice", "test"))
    assert len({pair.image.tobytes() for pair in pairs}) == 4
    grey, labels = data.draw(np.random.default_rng(0), 96)
    assert grey.shape == labels.shape == (96, 96)


def test_each_value_of_a_curve_shows_the_same_specimens() -> None:
    low, high = (next(iter(images(Point("dose", dose)))) for dose in (300.0, 1e5))
    assert np.array_equal(low[1], high[1])
    assert not np.array_equal(low[0], high[0])
    grey, labels = next(iter(images(Point("magnification", 0.375))))
    assert grey.shape == labels.shape == (96, 96)


def test_curves_say_what_was_trained() -> None:
    assert not Point("dose", 100.0).is_trained
    assert Point("dose", 1e4).is_trained
    assert Point("defocus", -58.0).is_trained
    assert not Point("magnification", 3.0).is_trained
    assert len(set(POINTS)) == len(POINTS)


def test_a_curve_is_read_as_it_was_written(tmp_path: Path) -> None:
    row = gold_study.CurveRow("dose", 1e4, 0.5, 0.25, 0.75, 0.125, 24, True)
    later = gold_study.CurveRow("magnification", 0.375, 0.5, 0.25, 0.75, 0.125, 24, False)
    write([later, row], tmp_path / "curves.csv")
    assert gold_study.read_curves(tmp_path / "curves.csv") == (row, later)


@pytest.mark.parametrize("name", [network.name for network in gold_study.shipped()])
def test_a_shipped_network_is_the_one_measured(name: str) -> None:
    row = next(one for one in gold_study.read_fields() if one.network.name == name)
    assert row.network in RUNS
    network = trained(gold_study.card(row.network))
    assert sum(weight.numel() for weight in network.parameters()) == row.parameters
    assert (row.field_low_px, row.field_high_px) == SEEN[row.network.poolings]
    assert row.low <= row.dice <= row.high


def test_a_network_that_is_not_shipped_says_so() -> None:
    with pytest.raises(ModelError, match="not shipped"):
        gold_study.card(FieldNetwork("lattice", 4, seed=9))


def test_multislice_agrees_where_nothing_channels() -> None:
    """Random orientations: the single slice's images are nearly abTEM's."""
    rows = gold_study.read_multislice()
    turned = [row for row in rows if row["orientation"] == "random"]
    assert len(turned) >= 6
    assert all(float(row["correlation"]) > 0.9 for row in turned)
    assert all(float(row["label_dice"]) > 0.99 for row in turned)
    # Down a zone axis electrons channel, and one slice knows nothing of it.
    along = [row for row in rows if row["orientation"] == "[110]" and row["diameter_nm"] > "2.5"]
    assert all(float(row["correlation"]) < 0.9 for row in along)


@pytest.mark.parametrize("contrast", ["lattice", "mass"])
def test_the_field_from_which_the_dice_no_longer_grows(contrast: str) -> None:
    rows = [
        row
        for row in gold_study.read_fields()
        if row.network.contrast == contrast and row.network.skips
    ]
    assert gold_study.levels_off_px(rows) == 44


def test_the_shaded_range_of_each_curve_holds_the_points_that_were_trained_on_and_no_other() -> (
    None
):
    for row in gold_study.read_curves():
        if row.curve in gold_study.TRAINED:
            low, high = gold_study.TRAINED[row.curve]
            assert row.trained == (low <= row.value <= high), row

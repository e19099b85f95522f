"""Micrograph + network -> segmentation, with networks whose answer is known by hand."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from core.analysis.analyse import analyse, prepare
from core.analysis.remeasure import regroup
from core.errors import Cancelled, LamellaError
from core.execution import Execution
from core.pixels.resampling import resample
from core.segmentation.engines import device
from core.segmentation.engines.device import choose_device, choose_precision
from core.segmentation.engines.engine import Engine
from core.segmentation.preprocessing import grey_levels, image_field
from core.segmentation.segment import _winners, predict_magnified, segment, working_shapes
from core.segmentation.settings import ObjectSettings, TileSettings
from core.segmentation.tiled import predict
from core.types.micrograph import Micrograph
from core.types.model_card import ModelCard
from core.types.pixel_size import PixelSize
from core.types.segmentation import Phase

SMALL_TILES = TileSettings(side_px=64, overlap_px=32)


class Threshold(nn.Module):
    """Phase 1 where the grey level is above one half: logits (0, 100 (x - 0.5))."""

    def __init__(self) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.tensor(100.0))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat([torch.zeros_like(x), self.gain * (x - 0.5)], 1)


class ThresholdAndObjects(Threshold):
    """The same phases, then contact of probability 0.25 and a distance that is the grey level."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        contact = torch.full_like(x, -float(np.log(3)))
        return torch.cat([super().forward(x), contact, torch.logit(x.clamp(0.01, 0.99))], 1)


class Smooth(nn.Module):
    """A threshold after three 3 x 3 means: a receptive field of 7 px."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for _ in range(3):
            x = nn.functional.avg_pool2d(x, 3, stride=1, padding=1, count_include_pad=False)
        return torch.cat([torch.zeros_like(x), 50 * (x - 0.5)], 1)


def card(network: type[nn.Module] = Threshold, pixel_size_nm: float | None = None) -> ModelCard:
    return ModelCard(
        name="test",
        title="Test",
        purpose="tests",
        phases=(Phase("dark", "#000000"), Phase("bright", "#ffffff")),
        build=network,
        weights=None,
        architecture="by hand",
        mean=0.0,
        std=1.0,
        data="none",
        licence="none",
        reference="none",
        pixel_size_nm=pixel_size_nm,
        objects_phase=1,
    )


def engine(network: type[nn.Module] = Threshold, **settings) -> Engine:
    return Engine(card(network, **settings), network(), "cpu")


def discs(height: int = 150, width: int = 210) -> np.ndarray:
    rows, columns = np.mgrid[:height, :width]
    field = np.zeros((height, width), np.float32)
    for row, column, radius in [(40, 50, 12), (100, 60, 9), (70, 150, 20)]:
        field[(rows - row) ** 2 + (columns - column) ** 2 <= radius**2] = 1
    return field


def micrograph(pixels: np.ndarray, **more) -> Micrograph:
    return Micrograph(pixels, name="field.png", digest="abc", **more)


def test_segmentation_equals_the_threshold_at_every_pixel_whatever_the_tiles():
    field = discs()
    for tiles in (SMALL_TILES, TileSettings()):
        result = segment(micrograph(field), engine(), tiles)
        np.testing.assert_array_equal(result.labels, field.astype(np.uint8))
        np.testing.assert_allclose(result.probabilities.sum(0), 1, atol=1e-3)


def test_tiled_and_whole_runs_agree_with_a_network_that_sees_its_neighbourhood():
    random = np.random.default_rng(3)
    field = np.kron(random.random((20, 26)), np.ones((10, 10))).astype(np.float32)
    whole = segment(micrograph(field), engine(Smooth), TileSettings(512, 64))
    tiled = segment(micrograph(field), engine(Smooth), SMALL_TILES)
    assert np.mean(whole.labels == tiled.labels) == 1


def test_of_equal_probabilities_the_first_phase_wins():
    shares = np.random.default_rng(0).integers(0, 4, (5, 130, 9)).astype(np.float32)
    np.testing.assert_array_equal(_winners(shares), shares.argmax(0))


def test_the_same_image_gives_the_same_bytes():
    first, second = (segment(micrograph(discs()), engine(Smooth), SMALL_TILES) for _ in range(2))
    assert first.probabilities.tobytes() == second.probabilities.tobytes()
    assert first.digest == second.digest


class Neighbour(nn.Module):
    """Phase 1 where the pixel to the left is bright: a network that knows left from right."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        bright = nn.functional.pad(x, (1, 0))[..., :-1]
        return torch.cat([torch.zeros_like(x), 100 * (bright - 0.5)], 1)


def test_a_mirrored_model_averages_over_four_images_and_counts_each():
    field = np.zeros((64, 64), np.float32)
    field[20, 30] = 1
    lopsided = engine(Neighbour)
    mirrored = Engine(replace(lopsided.card, tta_flips=True), Neighbour(), "cpu")
    seen = []
    alone = predict(field, lopsided, SMALL_TILES)
    both = predict(field, mirrored, SMALL_TILES, lambda done, total: seen.append((done, total)))
    np.testing.assert_allclose(alone[1, 20, 29:32], [0, 0, 1], atol=1e-6)
    np.testing.assert_allclose(both[1, 20, 29:32], [0.5, 0, 0.5], atol=1e-6)
    assert seen == [(done, 4) for done in range(5)]


def test_an_upright_model_is_mirrored_from_left_to_right_only():
    field = np.zeros((64, 64), np.float32)
    field[20, 30] = 1
    card = replace(engine(Neighbour).card, tta_flips=True, upright=True)
    seen = []
    found = predict(
        field, Engine(card, Neighbour(), "cpu"), SMALL_TILES, lambda *done: seen.append(done)
    )
    np.testing.assert_allclose(found[1, 20, 29:32], [0.5, 0, 0.5], atol=1e-6)
    assert seen == [(0, 2), (1, 2), (2, 2)]
    assert len(replace(card, tta_flips=False).flips) == 1


def test_the_careful_choice_is_the_ensemble_of_the_card():
    plain = replace(engine(Neighbour).card, careful_flips=True, careful_scales=(0.5, 1.0))
    careful = plain.careful
    assert (plain.passes, careful.passes) == (1, 4 * 1.25)
    assert careful.is_careful and careful.careful is None and not plain.is_careful
    assert engine().card.careful is None
    results = [
        segment(micrograph(discs()), Engine(one, Neighbour(), "cpu")) for one in (plain, careful)
    ]
    assert results[0].digest != results[1].digest


def test_info_bar_is_label_0_and_does_not_set_the_grey_levels():
    field = 0.4 * discs()
    with_bar = np.vstack([field, np.ones((30, field.shape[1]), np.float32)])
    result = segment(micrograph(with_bar, info_bar_rows=30), engine())
    np.testing.assert_array_equal(result.labels[:150], discs().astype(np.uint8))
    assert result.labels[150:].max() == 0
    assert result.probabilities[0, 150:].min() == 1


@pytest.mark.parametrize("shape", [(16, 16), (17, 300), (33, 31)])
def test_any_size_from_16_px_gives_labels_of_its_own_shape(shape):
    field = np.random.default_rng(0).random(shape, np.float32)
    assert segment(micrograph(field), engine(), SMALL_TILES).labels.shape == shape


def test_an_image_below_16_px_is_refused_in_words():
    with pytest.raises(LamellaError, match=r"40 x 15 px without its info bar; at least 16 x 16"):
        segment(micrograph(np.zeros((40, 40)), info_bar_rows=25), engine())
    with pytest.raises(LamellaError, match=r" is 2 x 2 px; at least .*\. Use a larger image\.$"):
        segment(micrograph(np.zeros((2, 2))), engine())


def test_progress_counts_tiles_and_cancelling_stops_within_one():
    seen = []

    def progress(done: int, total: int) -> None:
        seen.append((done, total))
        if done == 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        segment(micrograph(discs()), engine(), SMALL_TILES, progress)
    # 160 x 224 px after padding: starts every 32 px, 4 x 6 tiles.
    assert seen == [(0, 24), (1, 24), (2, 24)]


def test_resamples_to_the_training_pixel_size_only_when_both_are_known():
    network = engine(pixel_size_nm=2.0)
    calibrated = micrograph(discs(), pixel_size=PixelSize(1.0, "test"))
    assert image_field(calibrated, 2.0).grey.shape == (75, 105)
    assert image_field(micrograph(discs()), 2.0).grey.shape == (150, 210)
    assert working_shapes((150, 210), network.card.tta_scales) == [(150, 210)]
    labels = segment(calibrated, network).labels
    assert labels.shape == (150, 210)
    assert np.mean(labels == discs()) > 0.99


def test_outputs_about_objects_come_beside_the_phases():
    field = np.tile(np.linspace(0.1, 0.9, 64, dtype=np.float32), (48, 1))
    plain = segment(micrograph(field, info_bar_rows=8), engine(), SMALL_TILES)
    with_objects = replace(card(ThresholdAndObjects), object_outputs=True)
    found = segment(
        micrograph(field, info_bar_rows=8),
        Engine(with_objects, ThresholdAndObjects(), "cpu"),
        SMALL_TILES,
    )
    assert with_objects.outputs == ("dark", "bright", "contact", "normalized distance")
    assert plain.contact is None and plain.distance is None
    assert np.array_equal(found.labels, plain.labels)
    assert np.array_equal(found.probabilities, plain.probabilities)
    assert found.contact.dtype == np.float16 and found.contact.shape == (48, 64)
    assert found.contact[:40] == pytest.approx(np.full((40, 64), 0.25), abs=1e-3)
    grey = grey_levels(field[:40]).clip(0.01, 0.99)
    assert found.distance[:40] == pytest.approx(grey, abs=1e-3)
    assert not found.contact[40:].any() and not found.distance[40:].any()


def test_analysis_cuts_objects_where_the_network_says_and_regroups_without_it():
    field = np.full((60, 90), 0.0, np.float32)
    # One bright bar that the network says has two middles: its grey level is the distance.
    field[20:40, 10:80] = np.interp(np.arange(10, 80), [10, 27, 45, 63, 79], [0.6, 1, 0.6, 1, 0.6])
    whole = analyse(micrograph(field), engine(), object_settings=ObjectSettings(split=0.9))
    network = Engine(
        replace(card(ThresholdAndObjects), object_outputs=True), ThresholdAndObjects(), "cpu"
    )
    found = analyse(micrograph(field), network, object_settings=ObjectSettings(split=0.9))
    assert (len(whole.table), len(found.table)) == (1, 2)
    assert len(regroup(found, ObjectSettings(split=0.3)).table) == 1


def test_magnifications_are_averaged_and_progress_goes_on_through_them():
    two = Engine(replace(engine().card, tta_scales=(0.5, 2.0)), Smooth(), "cpu")
    alone = [Engine(replace(two.card, tta_scales=(one,)), Smooth(), "cpu") for one in (0.5, 2.0)]
    image, seen = micrograph(discs()), []
    assert working_shapes(image.shape, two.card.tta_scales) == [(75, 105), (300, 420)]
    both = segment(image, two, SMALL_TILES, lambda done, total: seen.append(done / total))
    parts = [segment(image, one, SMALL_TILES).probabilities.astype(float) for one in alone]
    np.testing.assert_allclose(both.probabilities, np.mean(parts, axis=0), atol=1e-3)
    assert seen == sorted(seen) and seen[0] == 0 and seen[-1] == 1
    assert len({both.digest, *(segment(image, one).digest for one in alone)}) == 3
    # A field that is no micrograph goes the same way.
    field = predict_magnified(grey_levels(image.pixels), two, SMALL_TILES)
    np.testing.assert_allclose(field, both.probabilities, atol=1e-3)


def test_grey_levels_clip_hot_pixels_and_survive_constants():
    field = np.linspace(0.2, 0.4, 10_000, dtype=np.float32).reshape(100, 100)
    field[0, 0] = 1
    stretched = grey_levels(field)
    assert stretched.max() == 1 and stretched.min() == 0
    assert stretched[50, 50] == pytest.approx(0.51, abs=0.01)
    assert np.all(grey_levels(np.full((20, 20), 0.3, np.float32)) == 0.5)


def test_image_field_cuts_both_bars_off_and_resample_keeps_a_constant():
    field = np.linspace(0, 1, 40, dtype=np.float32).reshape(10, 4)
    whole = micrograph(field, info_bar_rows=1, top_bar_rows=2)
    assert image_field(whole).shape == (7, 4)
    np.testing.assert_array_equal(image_field(whole).grey, grey_levels(field[2:9]))
    np.testing.assert_allclose(resample(np.ones((8, 8), np.float32), (4, 2)), np.ones((4, 2)))


def test_analysis_measures_the_discs():
    image = micrograph(discs(), pixel_size=PixelSize(2.0, "test"))
    analysis = analyse(image, engine(), object_settings=ObjectSettings(minimum_area_px=10))
    areas = [np.sum(np.hypot(*np.mgrid[-r : r + 1, -r : r + 1]) <= r) for r in (12, 9, 20)]
    assert sorted(analysis.table["area_nm2"]) == sorted(4.0 * a for a in areas)
    assert analysis.segmentation.execution == Execution("cpu", "torch", "float32")
    large = regroup(analysis, ObjectSettings(minimum_area_px=400))
    assert len(large.table) == 2 and large.segmentation is analysis.segmentation


def test_prepare_refuses_an_info_bar_larger_than_the_image():
    with pytest.raises(LamellaError, match="150 info-bar rows"):
        prepare(micrograph(discs()), info_bar_rows=150)
    assert prepare(micrograph(discs()), PixelSize(3, "typed"), 4).info_bar_rows == 4


def test_engine_keeps_its_own_copy_in_eval_mode_without_gradients():
    network = Threshold().train()
    shared = Engine(card(), network, "cpu")
    assert network.training and network.gain.requires_grad
    assert not shared.network.training and not shared.network.gain.requires_grad


def test_an_absent_device_is_named():
    with pytest.raises(LamellaError, match="no device 'tpu'"):
        choose_device("tpu")
    if not torch.cuda.is_available():
        with pytest.raises(LamellaError, match="no cuda device"):
            choose_device("cuda")
        assert choose_device("auto").type in ("cpu", "mps")


def test_precision_on_the_cpu_is_float32_unless_fast_is_asked_for(monkeypatch):
    cpu = torch.device("cpu")
    monkeypatch.setattr(device, "bfloat16_units", lambda: "amx")
    assert choose_precision(Threshold(), cpu) == "float32"
    assert choose_precision(Threshold(), cpu, "exact") == "float32"
    assert choose_precision(Threshold(), cpu, "fast") == "bfloat16"
    monkeypatch.setattr(device, "bfloat16_units", lambda: "")
    assert choose_precision(Threshold(), cpu, "fast") == "float32"


def test_a_model_of_boundaries_measures_the_mean_intercept():
    # Bright lines 4 px wide, 32 px apart, along columns only: 7 crossings on each row of 256 px.
    pixels = np.zeros((96, 256), np.float32)
    for column in range(32, 256, 32):
        pixels[:, column - 2 : column + 2] = 1
    grains = replace(card(), objects_phase=None, boundary_phase=1)
    lined = Micrograph(pixels, "lines", "lines", PixelSize(1000.0, "known"))
    found = analyse(lined, Engine(grains, Threshold(), "cpu")).intercepts
    rows = found.length_px[0] / 256
    assert (found.crossings[0], found.crossings[2]) == (7 * rows, 0)
    # Along the diagonals once every 32 columns too.
    assert found.crossings[1] == found.crossings[3] > 0
    assert analyse(lined, engine()).intercepts is None

"""Figures carry the numbers that they were given."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from core.figures.encoding import encode_colors
from core.figures.inspection.feature_maps import (
    channel_thumbnails,
    hierarchy_figure,
    patch_thumbnails,
)
from core.figures.inspection.kernels import frequency_figure, kernel_grid, kernel_norms
from core.figures.inspection.network import logit_figure, network_figure
from core.figures.inspection.overlays import (
    DIVERGING,
    channel_overlay,
    colors,
    heat_overlay,
    limits_of,
    signed_overlay,
)
from core.figures.inspection.rings import with_ring
from core.inspection.attribution.attribution import split_logit
from core.inspection.feature_maps import (
    Measure,
    feature_maps,
    rank_channels,
    record_feature_maps,
    strongest_patches,
)
from core.inspection.kernels import frequency_response, kernels
from core.inspection.layers.network_map import network_map
from core.inspection.receptive_field.receptive_field import field_sizes
from core.inspection.subject import Subject
from core.types.pixel_size import PixelSize
from models.architectures.small import SmallUnet, build_stack


@pytest.fixture(scope="module")
def subject() -> Subject:
    torch.manual_seed(0)
    return Subject(SmallUnet(widths=(3, 4)), torch.rand(1, 1, 32, 32))


def test_colors_run_from_end_to_end() -> None:
    picture = colors(np.array([[-1.0, 0.0, 1.0, 9.0]]), -1, 1, "RdBu_r")
    blue, middle, red, clipped = picture[0].astype(int)
    assert blue[2] > blue[0] and red[0] > red[2]
    assert middle.min() > 235
    assert (clipped == red).all()


def test_heat_is_clear_where_there_is_none() -> None:
    heat = np.zeros((4, 6))
    heat[1, 2] = 0.5
    picture = heat_overlay(heat, opacity=0.5).rgba
    assert picture.shape == (4, 6, 4) and picture.dtype == np.uint8
    assert np.count_nonzero(picture[..., 3]) == 1
    assert picture[1, 2, 3] == 128
    assert not heat_overlay(np.zeros((2, 2))).rgba[..., 3].any()


def test_heat_comes_out_of_its_file_as_it_was_drawn() -> None:
    heat = np.random.default_rng(0).random((20, 30)) ** 4
    drawn = with_ring(heat_overlay(heat, scale="Inferno"), (10, 15), 6)
    read = np.asarray(Image.open(io.BytesIO(encode_colors(drawn).data)).convert("RGBA"))
    np.testing.assert_array_equal(read, drawn.rgba)
    assert len(drawn.colors) == 256 and (drawn.rgba == 255).all(axis=-1).any()


def test_signed_overlay_has_one_symmetric_scale() -> None:
    picture = signed_overlay(np.array([[-2.0, 0.0, 2.0, 1.0]])).astype(int)
    assert picture[0, 0, 2] > picture[0, 0, 0] and picture[0, 2, 0] > picture[0, 2, 2]
    assert picture[0, 0, 3] == picture[0, 2, 3] > picture[0, 3, 3] > picture[0, 1, 3] == 0


def test_channel_is_enlarged_without_smoothing() -> None:
    picture = channel_overlay(np.array([[0.0, 1.0], [2.0, 3.0]]), (4, 4))
    assert len(np.unique(picture.reshape(-1, 4), axis=0)) == 4
    assert (picture[:2, :2] == picture[0, 0]).all()


def test_kernel_grid_has_every_weight_on_one_scale() -> None:
    network = nn.Sequential(nn.Conv2d(2, 5, 3))
    found = kernels(network, "0")
    figure = kernel_grid(found, input_channel=1)
    heat = figure.data[0]
    shown = np.array(heat.z)
    assert heat.zmax == -heat.zmin == pytest.approx(found.limit)
    assert np.isfinite(shown).sum() == 5 * 9
    # The first tile is the strongest filter, and its places say which.
    np.testing.assert_array_equal(shown[:3, :3], found.weights[found.by_norm[0], 1])
    assert tuple(np.array(heat.customdata)[2, 1]) == (found.by_norm[0], 2, 1)


@pytest.mark.parametrize(("filters", "rows", "columns"), [(32, 15, 31), (1, 3, 7)])
def test_a_grid_of_kernels_fills_its_figure(filters: int, rows: int, columns: int) -> None:
    figure = kernel_grid(kernels(nn.Sequential(nn.Conv2d(1, filters, 3)), "0"))
    assert np.array(figure.data[0].z).shape == (rows, columns)
    assert figure.layout.height == 20 + round(385 * rows / columns)
    assert figure.data[0].colorbar.len == 1 and figure.data[0].colorbar.ypad == 0


def test_kernels_in_the_order_of_their_numbers() -> None:
    found = kernels(nn.Sequential(nn.Conv2d(1, 5, 3)), "0")
    heat = kernel_grid(found, by_norm=False).data[0]
    np.testing.assert_array_equal(np.array(heat.z)[:3, :3], found.weights[0, 0])
    assert np.array(heat.customdata)[0, 4].tolist() == [1, 0, 0]
    norms = kernel_norms(found, limit=7, by_norm=False).data[0]
    np.testing.assert_allclose(np.array(norms.z), found.norms_by_input)
    assert norms.zmax == 7


def test_signed_scale_is_the_same_on_both_sides() -> None:
    assert limits_of(np.array([-1.0, 3.0])) == (-1, 3)
    assert limits_of(np.array([-1.0, 3.0]), DIVERGING) == (-3, 3)
    picture = channel_overlay(np.array([[0.0, 3.0]]), (1, 2), scale=DIVERGING)
    assert picture[0, 0, :3].min() > 235
    assert picture[0, 1, 0] > picture[0, 1, 2]


def test_norms_and_frequencies() -> None:
    found = kernels(nn.Sequential(nn.Conv2d(2, 5, 3)), "0")
    norms = np.array(kernel_norms(found).data[0].z)
    np.testing.assert_allclose(norms, found.norms_by_input[found.by_norm])
    response = frequency_response(found.weights[0, 0], side=16)
    figure = frequency_figure(response)
    np.testing.assert_allclose(np.array(figure.data[0].z), response.magnitude)


def test_thumbnails_follow_the_ranking(subject: Subject) -> None:
    maps = feature_maps(subject, "down.1")
    ranking = rank_channels(maps, Measure.VARIANCE)
    thumbnails = channel_thumbnails(maps, ranking, count=3, side=48)
    assert [thumbnail.channel for thumbnail in thumbnails] == ranking.channels[:3].tolist()
    assert all(thumbnail.pixels.shape == (48, 48, 3) for thumbnail in thumbnails)
    assert thumbnails[0].caption.startswith(f"{ranking.channels[0]}: ")


def test_patch_thumbnails_say_what_is_cut(subject: Subject) -> None:
    patches = strongest_patches(subject, feature_maps(subject, "down.1"), 0)
    for patch, thumbnail in zip(patches, patch_thumbnails(patches, 32), strict=True):
        assert max(thumbnail.pixels.shape) == 32
        assert thumbnail.caption.endswith(", cut") == patch.is_cut


def test_hierarchy_says_what_each_unit_sees(subject: Subject) -> None:
    layers = ["down.0", "down.1", "up.0"]
    maps = record_feature_maps(subject, layers)
    sizes = [field_sizes(subject.trace, layer) for layer in layers]
    figure = hierarchy_figure(maps, sizes, PixelSize(2.0, "typed by user"), channels=3)
    titles = [note.text for note in figure.layout.annotations]
    assert titles[0] == "down.0: a unit sees 5 px = 10 nm"
    assert len(figure.data) == 9
    shrunk = hierarchy_figure(maps, sizes, PixelSize(2.0, "typed"), 3, px_per_network_px=8)
    assert shrunk.layout.annotations[0].text == "down.0: a unit sees 40 px = 80 nm"
    enlarged = hierarchy_figure(maps, sizes, PixelSize(2.0, "typed"), 3, px_per_network_px=0.7)
    assert enlarged.layout.annotations[0].text == "down.0: a unit sees 3.5 px = 7 nm"


def test_blocks_of_the_network_carry_their_layer(subject: Subject) -> None:
    drawing = network_map(subject.trace)
    figure = network_figure(drawing, selected="down.1.relu2")
    points = figure.data[-1]
    assert list(points.customdata) == [block.layer or "" for block in drawing.blocks]
    assert [width > 0 for width in points.marker.line.width].index(True) == 2
    dashes = [line.line.dash for line in figure.data[:-1]]
    assert dashes.count("dot") == sum(edge.is_skip for edge in drawing.edges) == 1


def test_bars_add_up_to_the_logit() -> None:
    subject = Subject(build_stack(3, channels=20), torch.rand(1, 1, 12, 12))
    split = split_logit(subject, 5, 5)
    bars = logit_figure(split, count=6).data[0]
    assert list(bars.x[6:]) == ["14 others", "bias", "logit"]
    assert sum(bars.y[:-1]) == pytest.approx(bars.y[-1])
    assert bars.y[-1] == pytest.approx(split.logit, abs=1e-4)

"""Feature maps: their order, their strongest patches, the cache, the field in view."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import torch
from torch import nn

from core.errors import LamellaError
from core.inspection.cache import ActivationCache
from core.inspection.feature_maps import (
    Measure,
    feature_maps,
    rank_channels,
    record_feature_maps,
    strongest_patches,
)
from core.inspection.field import choose_field
from core.inspection.layers.layer import FeatureMaps, Layer
from core.inspection.receptive_field.receptive_field import Box
from core.inspection.subject import Expected, Subject, open_subject
from core.types.micrograph import Micrograph
from core.types.pixel_size import PixelSize
from models.architectures.lenet import build_lenet
from models.architectures.small import SmallUnet, build_stack


def edge_network() -> nn.Module:
    """Return one convolution: a mean of 3 x 3, a difference across, one that does nothing."""
    network = nn.Sequential(nn.Conv2d(1, 3, 3, padding=1, bias=False))
    with torch.no_grad():
        network[0].weight.zero_()
        network[0].weight[0] = 1 / 9
        network[0].weight[1, 0, 1] = torch.tensor([-1.0, 0.0, 1.0])
    return network


def maps_of(activations: np.ndarray) -> FeatureMaps:
    layer = Layer("layer", "convolution", activations.shape, 0, 0)
    return FeatureMaps(layer, activations.astype(np.float32))


def test_maps_are_the_convolution_by_hand() -> None:
    image = torch.zeros(1, 1, 8, 8)
    image[0, 0, :, 4:] = 1
    maps = feature_maps(Subject(edge_network(), image), "0").activations
    assert maps.shape == (3, 8, 8)
    # A step between columns 3 and 4: the difference is 1 beside it, and -1 at the padded edge.
    np.testing.assert_array_equal(maps[1, 2], [0, 0, 0, 1, 1, 0, 0, -1])
    np.testing.assert_allclose(maps[0, 2, 2:6], [0, 1 / 3, 2 / 3, 1], atol=1e-6)
    with pytest.raises(ValueError, match="read-only"):
        maps[0, 0, 0] = 1


def test_several_layers_from_one_run_and_a_dense_one() -> None:
    subject = Subject(build_lenet(), torch.rand(1, 1, 32, 32))
    first, dense = record_feature_maps(subject, ["c1", "f6"])
    assert (first.activations.shape, dense.activations.shape) == ((6, 28, 28), (84, 1, 1))
    np.testing.assert_array_equal(first.activations, feature_maps(subject, "c1").activations)


def test_order_by_mean_and_variance() -> None:
    activations = np.stack([np.full((2, 2), 3.0), np.array([[0, 4], [0, 4]]), np.zeros((2, 2))])
    by_mean = rank_channels(maps_of(activations), Measure.MEAN)
    assert by_mean.channels.tolist() == [0, 1, 2]
    assert by_mean.values.tolist() == [3, 2, 0]
    by_variance = rank_channels(maps_of(activations), Measure.VARIANCE)
    assert by_variance.channels.tolist() == [1, 0, 2]
    assert by_variance.values.tolist() == [4, 0, 0]


def test_area_under_the_curve_by_hand() -> None:
    mask = np.array([[True, True], [False, False]])
    activations = np.array(
        [[[9, 8], [1, 2]], [[1, 2], [8, 9]], [[5, 5], [5, 5]], [[3, 1], [2, 0]]], float
    )
    ranking = rank_channels(maps_of(activations), Measure.AUC, mask)
    # Always larger, always smaller, never different, three of the four pairs larger.
    assert dict(zip(ranking.channels.tolist(), ranking.values.tolist(), strict=True)) == {
        0: 1.0,
        3: 0.75,
        2: 0.5,
        1: 0.0,
    }
    assert ranking.channels.tolist() == [0, 3, 2, 1]


def test_area_of_a_coarse_map_is_that_of_the_enlarged_one() -> None:
    generator = np.random.default_rng(0)
    coarse = np.maximum(generator.normal(size=(1, 8, 8)), 0)
    mask = generator.random((32, 32)) < 0.3 + 0.4 * np.kron(coarse[0] > 0.5, np.ones((4, 4)))
    enlarged = np.kron(coarse[0], np.ones((4, 4)))
    inside, outside = enlarged[mask][:, None], enlarged[~mask][None]
    expected = (inside > outside).mean() + (inside == outside).mean() / 2
    found = rank_channels(maps_of(coarse), Measure.AUC, mask).values[0]
    assert found == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("mask", [None, np.ones((4, 4), bool), np.zeros((4, 4), bool)])
def test_ranking_by_a_phase_needs_one(mask: np.ndarray | None) -> None:
    with pytest.raises(LamellaError, match="needs a mask"):
        rank_channels(maps_of(np.ones((1, 4, 4))), Measure.AUC, mask)


def test_strongest_patches_are_the_bright_spots_in_order() -> None:
    image = torch.zeros(1, 1, 32, 32)
    spots = {(5, 6): 1.0, (20, 9): 3.0, (12, 25): 2.0}
    for (row, column), value in spots.items():
        image[0, 0, row, column] = value
    network = nn.Sequential(nn.Conv2d(1, 1, 5, padding=2, bias=False))
    nn.init.constant_(network[0].weight, 0)
    network[0].weight.data[0, 0, 2, 2] = 1
    subject = Subject(network, image)
    patches = strongest_patches(subject, feature_maps(subject, "0"), 0, count=3)
    assert [patch.unit for patch in patches] == [(20, 9), (12, 25), (5, 6)]
    assert [patch.activation for patch in patches] == [3, 2, 1]
    assert patches[0].box == Box(18, 7, 23, 12)
    assert patches[0].pixels[2, 2] == 3
    assert not any(patch.is_cut for patch in patches)


def test_patches_at_the_receptive_field_size_are_cut_at_the_border() -> None:
    subject = Subject(build_stack(10), torch.rand(1, 1, 48, 48))
    patches = strongest_patches(subject, feature_maps(subject, "conv10"), 1)
    assert 1 <= len(patches) <= 9
    for patch in patches:
        assert patch.is_cut == (patch.box.size != (21, 21))
        assert patch.pixels.shape == patch.box.size
    with pytest.raises(LamellaError, match="There is no channel 2"):
        strongest_patches(subject, feature_maps(subject, "conv10"), 2)


def test_cache_returns_the_same_maps_and_keeps_its_limit() -> None:
    # 8 channels of 16 x 16 float32 are 8,192 bytes; two of them fit.
    cache = ActivationCache(limit_bytes=20_000)
    subject = Subject(build_stack(4), torch.rand(1, 1, 16, 16), digest="a", model="m")
    first = cache.feature_maps(subject, "conv1")
    assert cache.feature_maps(subject, "conv1") is first
    cache.feature_maps(subject, "conv2")
    assert cache.held_bytes == 16_384
    cache.feature_maps(subject, "conv1")
    cache.feature_maps(subject, "conv3")
    assert cache.held_bytes == 16_384
    # conv2 was used longest ago.
    assert cache.feature_maps(subject, "conv1") is first


def test_cache_tells_micrographs_models_and_fields_apart() -> None:
    cache = ActivationCache(limit_bytes=10**6)
    network = build_stack(2)
    image = torch.rand(1, 1, 16, 16)
    subject = Subject(network, image, digest="a", model="m")
    first = cache.feature_maps(subject, "conv1")
    elsewhere = choose_field((64, 64), (0, 0), side=16, multiple=16)
    for other in (
        Subject(network, image, digest="b", model="m"),
        Subject(network, image, digest="a", model="n"),
        Subject(network, image, field=elsewhere, digest="a", model="m"),
        subject.with_random_weights(),
    ):
        # The field of the first is the whole image, so only the last three have the same pixels.
        same = other.field == subject.field and (other.digest, other.model) == ("a", "m")
        assert (cache.feature_maps(other, "conv1") is first) == same


def test_too_large_for_the_cache_is_still_answered() -> None:
    cache = ActivationCache(limit_bytes=100)
    subject = Subject(build_stack(2), torch.rand(1, 1, 16, 16))
    assert cache.feature_maps(subject, "conv1").activations.shape == (8, 16, 16)
    assert cache.held_bytes == 0


def test_cache_from_several_threads() -> None:
    cache = ActivationCache(limit_bytes=20_000)
    subject = Subject(build_stack(4), torch.rand(1, 1, 16, 16))
    alone = {name: feature_maps(subject, name).activations for name in ("conv1", "conv2", "conv3")}
    wrong: list[str] = []

    def ask() -> None:
        for name, maps in [*alone.items()] * 10:
            if not np.array_equal(cache.feature_maps(subject, name).activations, maps):
                wrong.append(name)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert cache.held_bytes <= 20_000


def test_field_of_a_large_image_is_cut_aligned_and_said() -> None:
    field = choose_field((2048, 3000), (1000, 1501), side=512, multiple=32)
    assert field.shape == field.box.size == (512, 512)
    assert field.box.top % 32 == field.box.left % 32 == 0
    assert field.box.top <= 1000 < field.box.bottom
    assert "of 3000 x 2048 px" in field.note
    assert field.to_network(1000, 1501) == (1000 - field.box.top, 1501 - field.box.left)
    with pytest.raises(LamellaError, match="outside the field in view"):
        field.to_network(10, 10)


@pytest.mark.parametrize("pixel", [(0, 0), (99, 129), (99, 0), (50, 64)])
def test_every_pixel_of_an_odd_image_can_be_in_view(pixel: tuple[int, int]) -> None:
    field = choose_field((100, 130), pixel, multiple=32)
    assert field.shape == (96, 128)
    row, column = field.to_network(*pixel)
    assert 0 <= row < 96 and 0 <= column < 128


def test_whole_image_needs_no_note() -> None:
    assert choose_field((64, 96), multiple=32).note == ""


def test_field_of_a_resampled_image_maps_boxes_back() -> None:
    # The network works at half the resolution: 2 image px are one of its px.
    field = choose_field((400, 400), (200, 200), side=128, multiple=32, scale=(0.5, 0.5))
    assert field.shape == (128, 128)
    assert field.box.size == (256, 256)
    box = field.to_micrograph(Box(3, 5, 10, 20))
    top, left = field.box.top, field.box.left
    assert box == Box(top + 6, left + 10, top + 20, left + 40)


def test_image_smaller_than_the_stride_and_pixel_outside() -> None:
    with pytest.raises(LamellaError, match="needs at least 32 px a side"):
        choose_field((20, 500), multiple=32)
    with pytest.raises(LamellaError, match="Row 100, column 3 lies outside the image"):
        choose_field((100, 100), (100, 3))


def test_subject_of_a_micrograph() -> None:
    generator = np.random.default_rng(0)
    pixels = generator.random((110, 96), np.float32)
    pixels[100:] = 5
    micrograph = Micrograph(
        pixels, "a.tif", "digest", PixelSize(1.0, "typed by user"), info_bar_rows=10
    )
    expected = Expected(mean=0.5, std=0.25, pixel_size_nm=2.0)
    subject = open_subject(micrograph, SmallUnet(), expected, "unet-small", side=64)
    # 100 x 96 px at half the resolution, in multiples of 4.
    assert subject.shape == (48, 48)
    assert subject.field.box.size == (96, 96)
    assert subject.pixels.min() >= 0 and subject.pixels.max() <= 1
    np.testing.assert_allclose(
        subject.image[0, 0].numpy(), (subject.pixels - 0.5) / 0.25, atol=1e-6
    )
    assert subject.logits.shape == (2, 48, 48)


def test_a_card_that_magnifies_is_inspected_as_it_sees() -> None:
    micrograph = Micrograph(np.random.default_rng(0).random((64, 64), np.float32), "a", "d")
    subject = open_subject(micrograph, SmallUnet(), Expected(tta_scale=1.5), "unet-small")
    assert subject.shape == (96, 96) and subject.field.box.size == (64, 64)
    assert subject.field.to_network(32, 10) == (48, 15)


def test_subject_of_a_network_for_colour_images_of_one_size() -> None:
    micrograph = Micrograph(np.random.default_rng(0).random((90, 70), np.float32), "a", "d")
    network = nn.Sequential(nn.Conv2d(3, 2, 3))
    subject = open_subject(micrograph, network, Expected(side=64), "rgb", centre=(80, 60))
    assert subject.image.shape == (1, 3, 64, 64)
    assert torch.equal(subject.image[0, 0], subject.image[0, 2])
    assert subject.field.to_network(80, 60)[0] < 64

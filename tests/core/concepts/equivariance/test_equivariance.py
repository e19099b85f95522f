"""Sharing and shifts: the matrix's counts, exact equivariance, and what breaks it."""

from __future__ import annotations

import numpy as np
import pytest
import segmentation_models_pytorch as smp
import torch
from torch import nn

from core.concepts.convolution import kernels
from core.concepts.convolution.convolution import Walk, feature_map
from core.concepts.convolution.weight_sharing import layer_matrix, matrix_snippet
from core.concepts.equivariance.equivariance import (
    curve,
    max_pool,
    pooling_snippet,
    shift_test,
    steps,
)
from core.concepts.equivariance.network_shift import (
    circular_copy,
    consistency,
    network_shift,
    padding_leak,
)
from core.errors import Cancelled, LamellaError
from core.inspection.subject import network_stride
from models import zoo
from models.architectures.small import SmallUnet

IMAGE = np.random.default_rng(2).random((32, 32))
STEPS = {step.name: step for step in steps(kernels.sobel(3))}


def test_the_matrix_of_the_lecture() -> None:
    matrix = layer_matrix(kernels.random_kernel(3), 8)
    assert matrix.weights.shape == (36, 64)
    assert (matrix.dense, matrix.local, matrix.distinct) == (2304, 324, 9)
    assert len(np.unique(matrix.weights[matrix.weights != 0])) == 9
    assert matrix_snippet(8, 3).prints == "(36, 64) 324 9"


@pytest.mark.parametrize(("side", "size"), [(4, 3), (8, 3), (9, 5), (12, 7)])
def test_the_matrix_times_the_image_is_the_convolution(side: int, size: int) -> None:
    kernel = kernels.random_kernel(size)
    product = layer_matrix(kernel, side).weights @ IMAGE[:side, :side].ravel()
    expected = feature_map(IMAGE[:side, :side], Walk(kernel)).ravel()
    assert np.abs(product - expected).max() < 1e-12


def test_a_kernel_larger_than_the_image_has_no_matrix() -> None:
    with pytest.raises(LamellaError, match="smaller kernel"):
        layer_matrix(kernels.gaussian(7), 5)


@pytest.mark.parametrize("shift", [0, 1, 5, 31])
def test_circular_convolution_follows_every_shift_exactly(shift: int) -> None:
    found = shift_test(IMAGE, STEPS["Convolution, circular padding"], shift, shift)
    assert (found.largest, found.differing) == (0, 0)


def test_zero_padding_differs_at_the_border_alone() -> None:
    found = shift_test(IMAGE, STEPS["Convolution, zero padding"], 3, 3)
    rows, columns = np.nonzero(found.difference)
    # The first border row and column, and where they land after 3 px.
    assert set(rows[(columns > 3) & (columns < 31)]) <= {0, 2, 3, 31}
    assert found.differing > 0


@pytest.mark.parametrize(
    "name",
    ["Convolution of stride 2", "Max pooling of 2", "Max pooling, blurred before it is thinned"],
)
def test_thinning_follows_even_shifts_only(name: str) -> None:
    found = curve(IMAGE, STEPS[name], range(5))
    assert found[[0, 2, 4]].max() < 1e-12
    assert found[[1, 3]].min() > 0.05


def test_blur_makes_pooling_follow_better() -> None:
    blurred = curve(IMAGE, STEPS["Max pooling, blurred before it is thinned"], range(1, 2))
    assert blurred[0] < curve(IMAGE, STEPS["Max pooling of 2"], range(1, 2))[0]


def test_zhangs_example() -> None:
    assert pooling_snippet().prints == "[0 1 0 1] [1 1 1 1]"
    assert max_pool(np.array([[1, 2, 5], [3, 0, 9]])).tolist() == [[3]]


def test_a_constant_map_is_refused() -> None:
    with pytest.raises(LamellaError, match="constant"):
        shift_test(np.ones((8, 8)), STEPS["Max pooling of 2"], 1, 1)


def small_unet() -> nn.Module:
    torch.manual_seed(3)
    network = SmallUnet()
    return network.eval()


def test_with_circular_padding_a_unet_follows_multiples_of_its_stride_exactly() -> None:
    around = circular_copy(small_unet())
    # Bright, so that an untrained network answers to the image and not to its biases alone.
    image = 1000 * torch.rand(1, 1, 32, 32)
    assert consistency(around, image, (0, 4, 8, 20)).tolist() == [1, 1, 1, 1]
    with torch.inference_mode():
        plain = around(image)
        followed, other = (
            torch.roll(around(torch.roll(image, (by, by), (2, 3))), (-by, -by), (2, 3))
            for by in (4, 2)
        )
    assert torch.allclose(followed, plain, atol=1e-4)
    assert (other - plain).abs().max() > 1e-2


def test_labels_that_do_not_follow_are_counted() -> None:
    class LargestOfFour(nn.Module):
        """Phase 1 where the largest of 4 x 4 px is over a half."""

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            largest = nn.functional.interpolate(nn.functional.max_pool2d(x, 4), scale_factor=4)
            return torch.cat([1 - largest, largest], dim=1)

    image = torch.zeros(1, 1, 16, 16)
    image[0, 0, 6, 6] = 1
    # 2 px on, the block of 16 px that answers lies 4 px on: of 2 x 2 shared px and 28 in all,
    # and of 228 shared background px in 252.
    found = consistency(LargestOfFour(), image, (0, 4, 2))
    assert found[:2].tolist() == [1, 1]
    assert found[2] == pytest.approx((4 / 28 + 228 / 252) / 2)


def test_a_constant_image_shows_the_padding_and_only_it() -> None:
    constant = torch.full((1, 1, 32, 32), 0.5)
    network = small_unet()
    assert padding_leak(network, constant).spread > 1e-3
    assert padding_leak(circular_copy(network), constant).spread == 0


def test_the_copy_leaves_the_network_as_it_was() -> None:
    network = small_unet()
    before = [type(module) for module in network.modules()]
    circular_copy(network)
    assert [type(module) for module in network.modules()] == before


def test_layers_padded_in_other_ways_are_circular_too() -> None:
    from timm.layers import Conv2dSame

    torch.manual_seed(0)
    network = nn.Sequential(
        Conv2dSame(1, 2, 3, stride=2),
        nn.MaxPool2d(3, 2, padding=1),
        nn.Conv2d(2, 2, 3, padding="same"),
    )
    around = circular_copy(network)
    image = torch.rand(1, 1, 16, 16)
    with torch.inference_mode():
        plain, moved = around(image), around(torch.roll(image, (4, 8), (2, 3)))
    assert plain.shape == network(image).shape
    assert torch.equal(torch.roll(plain, (1, 2), (2, 3)), moved)


def test_the_stride_on_the_page_is_that_of_the_network() -> None:
    """A U-Net of five stages has a stride of 32, one of three 8."""
    assert network_stride(zoo.card("particles").build()) == 32
    shallow = smp.Unet(
        "resnet18", encoder_depth=3, encoder_weights=None, decoder_channels=(8, 8, 8), in_channels=1
    )
    assert network_stride(shallow) == 8


def test_measuring_a_network_can_be_stopped() -> None:
    def stop(done: int, total: int) -> None:
        if done == 2:
            raise Cancelled

    image = torch.rand(1, 1, 16, 16)
    with pytest.raises(Cancelled):
        network_shift(small_unet(), image, image, stop)

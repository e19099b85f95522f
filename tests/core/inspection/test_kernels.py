"""Kernels: values, norms and frequencies known by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from core.errors import LamellaError
from core.inspection.kernels import (
    frequency_response,
    kernel_layers,
    kernels,
)
from models.architectures.lenet import C3_INPUTS, build_lenet_1998
from models.architectures.small import SmallUnet


def network() -> nn.Module:
    torch.manual_seed(0)
    made = nn.Sequential(nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3), nn.ConvTranspose2d(3, 4, 2))
    with torch.no_grad():
        made[0].weight.zero_()
        made[0].weight[0, 0, 0, 0] = 3
        made[0].weight[0, 1, 2, 2] = -4
        made[0].weight[2, 1] = 2
    return made


def test_norms_order_and_limit() -> None:
    found = kernels(network(), "0")
    assert found.weights.shape == (3, 2, 3, 3)
    assert found.norms.tolist() == [5, 0, 6]
    assert found.norms_by_input.tolist() == [[3, 4], [0, 0], [0, 6]]
    assert found.by_norm.tolist() == [2, 0, 1]
    assert found.limit == 4
    assert found.of_input(1)[0, 2, 2] == -4


def test_weights_are_a_copy() -> None:
    made = network()
    found = kernels(made, "0")
    made[0].weight.data.fill_(9)
    assert found.limit == 4
    with pytest.raises(ValueError, match="read-only"):
        found.weights[0] = 1


def test_transposed_convolution_has_outputs_first() -> None:
    made = network()
    found = kernels(made, "2")
    assert found.weights.shape == (4, 3, 2, 2)
    assert found.weights[3, 1, 0, 1] == made[2].weight[1, 3, 0, 1]


def test_table_convolution_of_lenet() -> None:
    found = kernels(build_lenet_1998(), "c3")
    connected = found.norms_by_input > 0
    for row, maps in zip(connected, C3_INPUTS, strict=True):
        assert set(np.flatnonzero(row)) == set(maps)


def test_layers_with_kernels() -> None:
    assert kernel_layers(network()) == ("0", "2")
    assert kernel_layers(SmallUnet(widths=(2, 3)))[:2] == ("down.0.conv1", "down.0.conv2")


@pytest.mark.parametrize("layer", ["1", "down.9.conv1", ""])
def test_layer_without_kernels_names_those_near(layer: str) -> None:
    with pytest.raises(LamellaError, match=r"has no kernels; the nearest convolutions are"):
        kernels(network(), layer)
    with pytest.raises(LamellaError, match="nearest convolutions are down.0.conv"):
        kernels(SmallUnet(widths=(2, 3)), "down.0.conv9")


def test_unknown_input_channel() -> None:
    with pytest.raises(LamellaError, match="no input channel 2; 0 has 2, 0 to 1"):
        kernels(network(), "0").of_input(2)


def test_response_of_a_delta_is_flat() -> None:
    kernel = np.zeros((3, 3))
    kernel[1, 1] = -2
    np.testing.assert_allclose(frequency_response(kernel).magnitude, 2)


def test_response_of_a_laplacian() -> None:
    kernel = np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]])
    response = frequency_response(kernel, side=32)
    rows, columns = np.meshgrid(response.frequencies, response.frequencies, indexing="ij")
    exact = np.abs(2 * np.cos(2 * np.pi * rows) + 2 * np.cos(2 * np.pi * columns) - 4)
    np.testing.assert_allclose(response.magnitude, exact, atol=1e-12)
    assert response.magnitude[16, 16] == pytest.approx(0, abs=1e-12)
    assert response.frequencies[0] == -0.5 and response.frequencies[16] == 0

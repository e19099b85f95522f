"""The layers that stay in float32, and the padding that a conversion fixes."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from timm.layers.conv2d_same import Conv2dSame
from torch import nn

from core.segmentation.engines.openvino_float32 import keep_first_layers_in_float32
from core.segmentation.engines.openvino_runtime import core, openvino
from core.segmentation.engines.padding import fixed_padding


def kept_in_float32(network: nn.Module, folder: Path) -> list[bool]:
    """Whether each convolution of ``network``, as OpenVINO reads it back, keeps its precision."""
    path = folder / "network.xml"
    model = openvino().convert_model(network.eval(), example_input=torch.zeros(1, 1, 64, 64))
    openvino().save_model(model, path, compress_to_fp16=False)
    keep_first_layers_in_float32(path)
    layers = core().read_model(path).get_ordered_ops()
    convolutions = [one for one in layers if "Convolution" in one.get_type_name()]
    return ["DisablePrecisionConversion_0" in one.get_rt_info() for one in convolutions]


def chain(*channels: int) -> nn.Sequential:
    pairs = zip((1, *channels), channels, strict=False)
    return nn.Sequential(*(nn.Conv2d(*pair, 3, padding=1) for pair in pairs))


@pytest.mark.filterwarnings("ignore:`torch.jit")
@pytest.mark.parametrize(
    ("channels", "kept"),
    [
        ((8, 32, 33, 8, 2), [True, True, False, False, False]),
        ((64, 8, 2), [False, False, False]),
        # A network without a wide layer would stay in float32 altogether.
        ((8, 16, 2), [False, False, False]),
    ],
)
def test_the_layers_before_the_first_wide_one_stay_in_float32(channels, kept, tmp_path):
    assert kept_in_float32(chain(*channels), tmp_path) == kept


@pytest.mark.parametrize(
    ("kernel", "stride", "dilation"), [(3, 2, 1), (5, 2, 1), (3, 1, 1), (3, 1, 2), (1, 2, 1)]
)
def test_fixed_padding_is_that_of_the_input_s_size(kernel, stride, dilation):
    torch.manual_seed(0)
    network = nn.Sequential(Conv2dSame(2, 3, kernel, stride, dilation=dilation))
    image = torch.rand(1, 2, 12, 16)
    expected = network(image)
    with fixed_padding(network):
        assert torch.equal(network(image), expected)


def test_a_network_pads_by_its_input_again_also_after_a_failure():
    network = nn.Sequential(Conv2dSame(1, 1, 3, 2))
    with pytest.raises(ValueError, match="stopped"), fixed_padding(network):
        raise ValueError("stopped")
    assert "forward" not in vars(network[0])
    # An odd side needs one more pixel on either side than an even one.
    assert network(torch.zeros(1, 1, 5, 5)).shape == (1, 1, 3, 3)

"""Theoretical receptive fields: published sizes, closed forms, and the very bits of the output."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from core.errors import LamellaError
from core.inspection.receptive_field.axis_rules import (
    AdaptiveWindow,
    Interval,
    Reflect,
    Replicate,
    TransposedWindow,
    Window,
)
from core.inspection.receptive_field.receptive_field import (
    Box,
    affine_field,
    field_sizes,
    receptive_field,
    unit_at_pixel,
)
from core.inspection.receptive_field.trace import Trace, trace_network
from models.architectures import ARCHITECTURES
from models.architectures.small import SmallUnet, build_stack, build_symmetric

# Araujo et al. 2019 (Distill), and the closed form r += (k - 1) * jump.
PUBLISHED = [
    ("lenet5", 32, ("c1", "s2", "c3", "s4", "c5"), (5, 6, 14, 16, 32)),
    ("alexnet", 224, ("features.0", "features.2", "features.3", "features.5"), (11, 19, 51, 67)),
    ("alexnet", 224, ("features.6", "features.8", "features.10"), (99, 131, 163)),
    ("alexnet", 224, ("features.12",), (195,)),
    ("vgg16", 224, ("features.30",), (212,)),
    ("resnet18", 224, ("conv1", "maxpool", "layer1", "layer2"), (7, 11, 43, 99)),
    ("resnet18", 224, ("layer3", "layer4"), (211, 435)),
    ("resnet34", 224, ("layer1", "layer2", "layer3", "layer4"), (59, 179, 547, 899)),
    ("resnet50", 224, ("layer1", "layer2", "layer3", "layer4"), (35, 91, 267, 427)),
    ("tiny-vgg", 64, ("conv_1_1", "conv_1_2", "max_pool_1"), (3, 5, 6)),
    ("tiny-vgg", 64, ("conv_2_1", "conv_2_2", "max_pool_2"), (10, 14, 16)),
]


@cache
def traced(name: str, side: int) -> Trace:
    card = ARCHITECTURES[name]
    with torch.device("meta"):
        network = card.build()
    return trace_network(network, (1, card.channels, side, side))


@pytest.mark.parametrize(("name", "side", "layers", "sizes"), PUBLISHED)
def test_published_size(name: str, side: int, layers: tuple, sizes: tuple) -> None:
    trace = traced(name, side)
    for layer, size in zip(layers, sizes, strict=True):
        found = field_sizes(trace, layer)
        assert found.smallest == found.largest == (size, size), layer
        assert not found.sees_everything


@pytest.mark.parametrize(
    ("name", "smallest", "largest"), [("unet-resnet18", 531, 563), ("unet-resnet34", 995, 1027)]
)
def test_unet_depends_on_the_position(name: str, smallest: int, largest: int) -> None:
    trace = traced(name, 128)
    sizes = field_sizes(trace, None)
    assert (sizes.smallest, sizes.largest) == ((smallest,) * 2, (largest,) * 2)
    assert str(sizes) == f"{smallest}-{largest}"
    assert affine_field(trace, None) is None
    # The pattern repeats with the stride of the encoder.
    first, second = (receptive_field(trace, None, row, 40).box for row in (5, 37))
    assert (second.top - first.top, second.bottom - first.bottom) == (32, 32)


def test_jump_of_alexnet() -> None:
    trace = traced("alexnet", 224)
    jumps = {"features.0": 4, "features.2": 8, "features.5": 16, "features.12": 32}
    for layer, jump in jumps.items():
        assert field_sizes(trace, layer).jump == (jump, jump)


def test_affine_field_is_what_the_intervals_say() -> None:
    trace = traced("resnet18", 128)
    field = affine_field(trace, "layer2")
    assert field is not None
    assert (field.size, field.stride) == ((99, 99), (8, 8))
    box = receptive_field(trace, "layer2", 3, 7).box
    assert field.box(3, 7) == (box.top, box.left, box.bottom, box.right)


def test_dense_layer_and_global_pooling_see_everything() -> None:
    trace = trace_network(build_symmetric(), (1, 1, 16, 16))
    assert not field_sizes(trace, "conv").sees_everything
    assert field_sizes(trace, "average").sees_everything
    assert receptive_field(trace, None, 0, 0).seen == Box(0, 0, 16, 16)


def test_size_of_ten_convolutions() -> None:
    field = receptive_field(trace_network(build_stack(10), (1, 1, 64, 64)), None, 30, 30)
    assert field.box.size == (21, 21)


def test_unit_at_pixel() -> None:
    trace = traced("unet-resnet18", 64)
    assert unit_at_pixel(trace, None, 63, 5) == (63, 5)
    assert unit_at_pixel(trace, "encoder.layer2", 63, 5) == (7, 0)


class Branches(nn.Module):
    """Two ways of different reach, added, then one of them again beside the sum."""

    def __init__(self) -> None:
        super().__init__()
        self.near = nn.Conv2d(1, 3, 3, padding=1)
        self.far = nn.Conv2d(1, 3, 3, padding=4, dilation=4)
        self.last = nn.Conv2d(6, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        near, far = self.near(x), functional.relu(self.far(x), inplace=True)
        far += near
        return self.last(torch.cat([near, far], 1))


class Gate(nn.Module):
    """Squeeze and excitation: each channel is scaled by what the whole image says."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3, padding=1)
        self.gate = nn.Conv2d(4, 4, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        return x * torch.sigmoid(self.gate(x.mean((2, 3), keepdim=True)))


class Cropped(nn.Module):
    """A valid convolution beside a centre crop, as in the first U-Net."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 1, 5)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.conv(x), x[:, :, 2:-2, 2:-2]], 1)


def conv(inputs: int, outputs: int, kernel: int = 3, **settings: object) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, kernel, **{"padding": kernel // 2, **settings})


NETWORKS = {
    "stack": lambda: build_stack(3, channels=2),
    "small U-Net": lambda: SmallUnet(widths=(2, 3, 4)),
    "branches": Branches,
    "cropped": Cropped,
    "gate": Gate,
    "strided": lambda: nn.Sequential(conv(1, 2, 5, stride=2), nn.MaxPool2d(3, 2, 1), conv(2, 2)),
    "transposed": lambda: nn.Sequential(
        conv(1, 2, stride=2), nn.ConvTranspose2d(2, 2, 4, 2, 1), nn.ELU(), conv(2, 2)
    ),
    "transposed with gaps": lambda: nn.Sequential(
        conv(1, 2), nn.ConvTranspose2d(2, 1, 3, 2, 1, output_padding=1, dilation=2)
    ),
    "bilinear": lambda: nn.Sequential(
        nn.AvgPool2d(2), conv(1, 2), nn.Upsample(scale_factor=2, mode="bilinear")
    ),
    "bilinear, corners": lambda: nn.Sequential(
        nn.AvgPool2d(4), nn.Upsample(size=(32, 32), mode="bilinear", align_corners=True)
    ),
    "bicubic": lambda: nn.Sequential(nn.AvgPool2d(4), nn.Upsample(scale_factor=4, mode="bicubic")),
    "odd nearest": lambda: nn.Sequential(nn.AvgPool2d(4), nn.Upsample(size=(19, 19))),
    "reflected": lambda: nn.Sequential(conv(1, 1, 7, padding_mode="reflect"), conv(1, 1)),
    "replicated": lambda: nn.Sequential(conv(1, 1, 7, padding_mode="replicate"), conv(1, 1)),
    "circular": lambda: nn.Sequential(conv(1, 1, 5, padding_mode="circular"), nn.AvgPool2d(2)),
    "adaptive": lambda: nn.Sequential(conv(1, 2), nn.AdaptiveAvgPool2d(5), nn.Sigmoid()),
    "ceil": lambda: nn.Sequential(nn.MaxPool2d(3, 2, ceil_mode=True), conv(1, 1)),
    "grouped": lambda: nn.Sequential(conv(1, 4), nn.Hardswish(), conv(4, 4, 5, groups=4)),
    "zero padding": lambda: nn.Sequential(nn.ZeroPad2d((3, 1, 0, 2)), conv(1, 1)),
    "instance norm": lambda: nn.Sequential(conv(1, 2), nn.InstanceNorm2d(2)),
    "pixel shuffle": lambda: nn.Sequential(
        conv(1, 4), nn.PixelShuffle(2), nn.PixelUnshuffle(4), conv(16, 1)
    ),
    "dense": lambda: nn.Sequential(conv(1, 1), nn.Flatten(), nn.Linear(32 * 32, 2)),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_outside_the_box_no_bit_changes_and_at_its_edges_they_do(name: str) -> None:
    torch.manual_seed(3)
    network = NETWORKS[name]().double().eval()
    for parameter in network.parameters():
        # Positive weights: no activation is switched off and nothing cancels.
        parameter.data.abs_()
    image = torch.rand(1, 1, 32, 32, dtype=torch.float64)
    trace = trace_network(network, tuple(image.shape))
    with torch.no_grad():
        before = network(image)
        shape = before.shape[2:] if before.dim() == 4 else (1, 1)
        for row, column in ((0, 0), (shape[0] // 2, shape[1] // 3), (shape[0] - 1, 2 % shape[1])):
            seen = receptive_field(trace, None, row, column).seen
            value = unit(before, row, column)
            outside = image + torch.rand_like(image)
            if seen is not None:
                outside[(..., *seen.slices)] = image[(..., *seen.slices)]
            assert torch.equal(unit(network(outside), row, column), value)
            for edge in edges(seen) if seen is not None else []:
                assert any(
                    not torch.equal(unit(network(noisy(image, edge)), row, column), value)
                    for _ in range(8)
                ), f"{edge} of {seen} does not reach unit {row}, {column}"


def unit(output: Tensor, row: int, column: int) -> Tensor:
    return output[0, :, row, column] if output.dim() == 4 else output[0]


def edges(box: Box) -> list[tuple[slice, slice]]:
    rows, columns = box.slices
    return [
        (slice(box.top, box.top + 1), columns),
        (slice(box.bottom - 1, box.bottom), columns),
        (rows, slice(box.left, box.left + 1)),
        (rows, slice(box.right - 1, box.right)),
    ]


def noisy(image: Tensor, where: tuple[slice, slice]) -> Tensor:
    changed = image.clone()
    changed[(..., *where)] += 3 * torch.rand_like(changed[(..., *where)])
    return changed


def test_norm_over_the_image_and_a_gate_see_everything() -> None:
    for name in ("gate", "instance norm"):
        trace = trace_network(NETWORKS[name](), (1, 1, 32, 32))
        assert field_sizes(trace, None).sees_everything, name


def test_efficientnet_lite0_has_no_gate_and_b0_has() -> None:
    assert not field_sizes(traced("unet-efficientnet-lite0", 64), None).sees_everything
    smp = pytest.importorskip("segmentation_models_pytorch")
    with torch.device("meta"):
        gated = smp.Unet("efficientnet-b0", encoder_weights=None, in_channels=1)
    assert field_sizes(trace_network(gated, (1, 1, 64, 64)), None).sees_everything


def one(rule: object, output: int) -> tuple[int, int]:
    found = rule.sources(Interval(np.array([output]), np.array([output])))
    return int(found.low[0]), int(found.high[0])


def test_rules_by_hand() -> None:
    assert one(Window(kernel=3, stride=2, padding=1), 5) == (9, 11)
    assert one(Window(kernel=3, dilation=4, padding=4), 5) == (1, 9)
    # Output 5 of a 4-wide, stride 2, padding 1 transposed convolution: inputs 2 and 3.
    assert one(TransposedWindow(kernel=4, stride=2, padding=1), 5) == (2, 3)
    assert [one(AdaptiveWindow(7, 3), o) for o in range(3)] == [(0, 2), (2, 4), (4, 6)]


def test_unit_between_the_taps_sees_nothing() -> None:
    # Stride 2 and dilation 2: every other output reads no input at all, only the bias.
    trace = trace_network(NETWORKS["transposed with gaps"](), (1, 1, 32, 32))
    assert receptive_field(trace, None, 0, 0).seen is None
    assert receptive_field(trace, None, 1, 1).seen == Box(0, 0, 3, 3)


def test_padding_that_mirrors_or_repeats() -> None:
    # Positions -2 to 1 of 10: mirrored -2 -> 2, -1 -> 1; repeated both -> 0.
    output = Interval(np.array([0]), np.array([3]))
    mirrored = Reflect(-2).sources_inside(output, 10)
    assert (mirrored.low[0], mirrored.high[0]) == (0, 2)
    repeated = Replicate(-2).sources_inside(output, 10)
    assert (repeated.low[0], repeated.high[0]) == (0, 1)


def test_unknown_layer_lists_near_names() -> None:
    trace = traced("resnet18", 64)
    with pytest.raises(LamellaError, match=r'no layer "layer22"; the nearest are layer2'):
        receptive_field(trace, "layer22", 0, 0)


def test_unit_and_pixel_outside_are_refused() -> None:
    trace = trace_network(build_stack(2), (1, 1, 16, 20))
    with pytest.raises(LamellaError, match="Unit 16, 0 lies outside the 20 x 16 units"):
        receptive_field(trace, None, 16, 0)
    with pytest.raises(LamellaError, match=r"Row 3, column 20 lies outside .* 0 to 19"):
        unit_at_pixel(trace, None, 3, 20)


def test_image_too_small_for_the_network() -> None:
    with pytest.raises(LamellaError, match="AlexNet cannot take 3 channels of 20 x 20 px"):
        traced("alexnet", 20)

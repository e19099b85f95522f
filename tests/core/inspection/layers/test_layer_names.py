"""Layers by names that a student can read, on the networks that are shipped."""

from __future__ import annotations

import pytest
import torch

from core.inspection.layers.layer import Layer
from core.inspection.layers.layer_names import readable_block, readable_names
from core.inspection.layers.layers import steps
from core.inspection.receptive_field.trace import trace_network
from models.architectures import ARCHITECTURES
from models.architectures.unet import build_full_resolution_unet

EXPECTED = {
    "unet-efficientnet-lite0": {
        "encoder.model.conv_stem": "encoder stem, convolution",
        "encoder.model.blocks.1.1.conv_pw": "encoder stage 2, block 2, convolution 1",
        "encoder.model.blocks.1.1.conv_dw": "encoder stage 2, block 2, depthwise convolution",
        "encoder.model.blocks.1.1.conv_pwl": "encoder stage 2, block 2, convolution 2",
        "encoder.model.blocks.1.1 > add": "encoder stage 2, block 2, addition",
        "decoder.blocks.0 > concatenate": "decoder block 1, concatenation",
        "decoder.blocks.4.conv2.0": "decoder block 5, convolution 2",
        "segmentation_head.0": "output layer",
    },
    "unet-resnet18": {
        "encoder.conv1": "encoder stem, convolution",
        "encoder.layer2.0.conv2": "encoder stage 2, block 1, convolution 2",
        "encoder.layer2.0.downsample.0": "encoder stage 2, block 1, shortcut, convolution",
        "encoder.layer4.1.relu:2": "encoder stage 4, block 2, ReLU 2",
        "decoder.blocks.0.conv1.0": "decoder block 1, convolution 1",
    },
    "resnet18": {"layer1.0.conv1": "stage 1, block 1, convolution 1", "fc": "output layer"},
    "lenet5": {"c1": "convolution C1", "s2": "max pooling S2", "f6": "dense layer F6"},
    "alexnet": {"features.3": "convolution 2", "classifier.6": "classifier, dense layer 3"},
}


@pytest.mark.parametrize("network", EXPECTED)
def test_each_layer_of_a_shipped_network_has_a_name_of_its_own(network: str) -> None:
    card = ARCHITECTURES[network]
    side = card.side or 64
    with torch.device("meta"):
        built = card.build()
    layers = [step.layer for step in steps(trace_network(built, (1, card.channels, side, side)))]
    names = readable_names(layers)
    assert {exact: names[exact] for exact in EXPECTED[network]} == EXPECTED[network]
    assert list(names) == [layer.name for layer in layers]
    assert len(set(names.values())) == len(names)
    assert not any("." in name for name in names.values())


def test_layers_of_the_skip_connection_at_full_resolution_have_names() -> None:
    with torch.device("meta"):
        built = build_full_resolution_unet(3)
    names = readable_names([step.layer for step in steps(trace_network(built, (1, 1, 64, 64)))])
    place = "skip connection at full resolution"
    assert names["full_resolution.0"] == f"{place}, convolution 1"
    assert names["full_resolution.3"] == f"{place}, convolution 2"
    assert len(set(names.values())) == len(names)
    assert not any("." in name for name in names.values())


def test_a_foreign_layer_keeps_its_exact_name() -> None:
    layers = [
        Layer("trunk.mixer", "convolution 3x3", (4, 8, 8), 36, 0),
        Layer("conv1", "convolution 3x3", (4, 8, 8), 36, 0),
    ]
    assert readable_names(layers) == {"trunk.mixer": "trunk.mixer", "conv1": "convolution"}


def test_blocks() -> None:
    assert readable_block("decoder.blocks.0") == "decoder block 1"
    assert readable_block("trunk.mixer") == "trunk.mixer"

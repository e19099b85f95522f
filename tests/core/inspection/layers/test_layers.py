"""The layer table and the drawing: numbers known by hand."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from core.inspection.layers.layers import layer_table, timed_layer_table
from core.inspection.layers.network_map import Role, network_map
from core.inspection.receptive_field.trace import trace_network
from core.inspection.subject import Subject
from models.architectures import ARCHITECTURES
from models.architectures.lenet import build_lenet
from models.architectures.small import SmallUnet


def drawing_of(name: str, side: int):
    card = ARCHITECTURES[name]
    with torch.device("meta"):
        network = card.build()
    return network_map(trace_network(network, (1, card.channels, side, side)))


def test_published_counts_of_the_unet_with_three_channels_and_one_class() -> None:
    smp = pytest.importorskip("segmentation_models_pytorch")
    with torch.device("meta"):
        network = smp.Unet("resnet18", encoder_weights=None)
    table = layer_table(trace_network(network, (1, 3, 256, 256)))
    assert table.parameters == 14_328_209
    assert table.macs / 1e9 == pytest.approx(5.398, rel=2e-4)
    assert sum(row.layer.parameters for row in table.rows) == table.parameters
    assert sum(row.layer.macs for row in table.rows) == table.macs


def test_rows_of_lenet() -> None:
    rows = layer_table(trace_network(build_lenet(), (1, 1, 32, 32))).rows
    assert [row.layer.name for row in rows][:4] == ["c1", "relu1", "s2", "c3"]
    first = rows[0]
    assert first.layer.kind == "convolution 5x5"
    assert first.layer.shape == (6, 28, 28)
    assert first.layer.macs == 28 * 28 * 6 * 25
    assert (str(first.field), first.field.jump) == ("5", (1, 1))
    assert rows[-1].layer.macs == 840


def test_macs_of_transposed_and_grouped_convolutions() -> None:
    network = nn.Sequential(
        nn.ConvTranspose2d(2, 3, 4, stride=2, padding=1), nn.Conv2d(3, 6, 3, groups=3, padding=1)
    )
    rows = layer_table(trace_network(network, (1, 2, 5, 7))).rows
    # Each of 2 x 5 x 7 inputs is spread over 3 channels of 4 x 4; 6 maps look at one channel each.
    assert rows[0].layer.macs == 2 * 35 * 3 * 16
    assert rows[1].layer.macs == 6 * 140 * 9
    assert rows[1].layer.kind == "depthwise convolution 3x3"


class Tied(nn.Module):
    """One layer used twice, one never."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 1, 3, padding=1)
        self.never = nn.Conv2d(1, 1, 5)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(self.conv(x)) + x


def test_shared_weights_count_once_and_idle_ones_are_named() -> None:
    table = layer_table(trace_network(Tied(), (1, 1, 8, 8)))
    assert [row.layer.name for row in table.rows] == ["conv", "conv:2", "add"]
    assert [row.layer.parameters for row in table.rows] == [10, 0, 0]
    assert (table.parameters, table.unused_parameters) == (36, 26)
    assert [str(row.field) for row in table.rows] == ["3", "5", "5"]
    assert [row.is_module for row in table.rows] == [True, True, False]


def test_shares_of_the_run_time_add_up() -> None:
    subject = Subject(SmallUnet(widths=(2, 4)), torch.rand(1, 1, 32, 32))
    table = timed_layer_table(subject, repeats=1)
    shares = [row.share for row in table.rows if row.is_module]
    assert all(share is not None and share > 0 for share in shares)
    assert sum(shares) + table.share_between == pytest.approx(1)
    assert table.seconds > 0
    assert layer_table(subject.trace).rows[0].share is None


def test_drawing_of_a_unet_has_its_skips() -> None:
    drawing = drawing_of("unet-resnet18", 64)
    roles = [block.role for block in drawing.blocks]
    assert roles == [
        Role.INPUT,
        *[Role.ENCODER] * 4,
        Role.BOTTLENECK,
        *[Role.DECODER] * 5,
        Role.OUTPUT,
    ]
    assert [block.level for block in drawing.blocks] == [0, 1, 2, 3, 4, 5, 4, 3, 2, 1, 0, 0]
    skips = [(edge.source, edge.target) for edge in drawing.edges if edge.is_skip]
    assert skips == [(1, 9), (2, 8), (3, 7), (4, 6)]
    chain = [(edge.source, edge.target) for edge in drawing.edges if not edge.is_skip]
    assert chain == [(i, i + 1) for i in range(11)]
    assert sum(block.parameters for block in drawing.blocks) == 14_322_082
    assert drawing.blocks[2].layer == "encoder.layer1.1.relu:2"


def test_drawing_of_a_chain_goes_layer_by_layer() -> None:
    drawing = drawing_of("lenet5", 32)
    titles = [block.title for block in drawing.blocks]
    conv, pool = "convolution 5x5", "max pooling 2x2, stride 2"
    assert titles == ["input", conv, pool, conv, pool, conv, "dense", "output"]
    assert not any(edge.is_skip for edge in drawing.edges)


@pytest.mark.parametrize("name", ["resnet18", "resnet50"])
def test_stages_of_a_resnet_are_whole(name: str) -> None:
    drawing = drawing_of(name, 64)
    layers = [block.layers for block in drawing.blocks]
    for stage, block in zip(("layer1", "layer2", "layer3", "layer4"), layers[2:6], strict=True):
        owned = [layer for layer in block if layer.startswith("layer")]
        assert owned and all(layer.startswith(stage) for layer in owned)


def test_gate_stays_in_its_stage() -> None:
    smp = pytest.importorskip("segmentation_models_pytorch")
    with torch.device("meta"):
        network = smp.Unet("efficientnet-b0", encoder_weights=None, in_channels=1)
    drawing = network_map(trace_network(network, (1, 1, 64, 64)))
    assert [block.level for block in drawing.blocks] == [0, 1, 2, 3, 4, 5, 4, 3, 2, 1, 0, 0]

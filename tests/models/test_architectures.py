"""Architectures: published counts, shapes, and the tables of the papers."""

from __future__ import annotations

import pytest
import torch

from core.inspection.layers.layers import layer_table
from core.inspection.receptive_field.trace import trace_network
from models.architectures import ARCHITECTURES
from models.architectures.lenet import C3_INPUTS, build_lenet, build_lenet_1998
from models.architectures.small import SmallUnet, build_stack, build_symmetric

# LeCun 1998; torchvision; smp 0.6; CNN Explainer, whose 19,910 leaves out ten dense biases.
PUBLISHED = {
    "lenet5-1998": 60_000,
    "lenet5": 61_706,
    "alexnet": 61_100_840,
    "vgg16": 138_357_544,
    "resnet18": 11_689_512,
    "resnet34": 21_797_672,
    "resnet50": 25_557_032,
    "unet-resnet18": 14_321_937 + 145,
    "tiny-vgg": 19_910 + 10,
    "symmetric-98": 8 * 9 + 8 + 8 * 2 + 2,
    "stack-10": (9 + 1) * 8 + 8 * (9 * 64 + 8) + (9 * 16 + 2),
}
# Multiply-accumulates at 224 px, as in the tables of torchvision.
GIGA_MACS = {
    "alexnet": 0.7142,
    "vgg16": 15.470,
    "resnet18": 1.814,
    "resnet34": 3.664,
    "resnet50": 4.089,
}


def skeleton(name: str) -> torch.nn.Module:
    with torch.device("meta"):
        return ARCHITECTURES[name].build()


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_card_says_what_the_builder_builds(name: str) -> None:
    card, network = ARCHITECTURES[name], skeleton(name)
    trainable = sum(p.numel() for p in network.parameters() if p.requires_grad)
    assert card.parameters == trainable == PUBLISHED.get(name, trainable)
    side = card.side or 64
    trace = trace_network(network, (1, card.channels, side, side))
    table = layer_table(trace)
    assert table.parameters == sum(row.layer.parameters for row in table.rows) == trainable
    assert table.unused_parameters == 0
    assert side % card.multiple == 0
    assert card.idea.endswith(".") and card.reference


def test_every_published_count_is_of_a_known_architecture() -> None:
    assert set(PUBLISHED) | set(GIGA_MACS) <= set(ARCHITECTURES)
    assert [card.year for card in ARCHITECTURES.values()] == sorted(
        card.year for card in ARCHITECTURES.values()
    )


@pytest.mark.parametrize("name", GIGA_MACS)
def test_published_products(name: str) -> None:
    table = layer_table(trace_network(skeleton(name), (1, 3, 224, 224)))
    assert table.macs / 1e9 == pytest.approx(GIGA_MACS[name], rel=3e-4)


def test_lenet_1998_layer_by_layer() -> None:
    table = layer_table(trace_network(build_lenet_1998(), (1, 1, 32, 32)))
    rows = {row.layer.name: row.layer for row in table.rows}
    counts = {"c1": 156, "s2": 12, "c3": 1516, "s4": 32, "c5": 48120, "f6": 10164, "output": 0}
    assert {name: rows[name].parameters for name in counts} == counts
    shapes = {"c1": (6, 28, 28), "s2": (6, 14, 14), "c3": (16, 10, 10), "s4": (16, 5, 5)}
    assert {name: rows[name].shape for name in shapes} == shapes
    # Connections of the paper, biases counted: 122,304, 151,600, 48,120 and 10,164.
    for name, positions, maps, connections in (
        ("c1", 784, 6, 122_304),
        ("c3", 100, 16, 151_600),
        ("c5", 1, 120, 48_120),
        ("f6", 1, 84, 10_164),
    ):
        assert rows[name].macs + positions * maps == connections


def test_table_of_c3() -> None:
    assert [len(maps) for maps in C3_INPUTS] == [3] * 6 + [4] * 9 + [6]
    # Each map of S2 feeds ten maps of C3, column sums of table I.
    assert [sum(i in maps for maps in C3_INPUTS) for i in range(6)] == [10] * 6
    assert len(set(C3_INPUTS)) == 16


def test_table_convolution_is_the_full_one_with_zeros() -> None:
    torch.manual_seed(0)
    layer = build_lenet_1998().c3
    x = torch.rand(1, 6, 14, 14)
    full = torch.nn.functional.conv2d(x, layer.weight, layer.bias)
    with torch.no_grad():
        torch.testing.assert_close(layer(x), full)
    assert int((layer.weight != 0).sum()) == 1500


def test_codes_are_ten_different_digits_and_fixed() -> None:
    output = build_lenet_1998().output
    assert output.codes.shape == (10, 84)
    assert set(output.codes.unique().tolist()) == {-1.0, 1.0}
    assert len({tuple(code.tolist()) for code in output.codes}) == 10
    # The code itself is the nearest to itself.
    assert output(output.codes).argmax(1).tolist() == list(range(10))
    assert not list(output.parameters())


def test_lenet_shapes() -> None:
    rows = layer_table(trace_network(build_lenet(), (1, 1, 32, 32))).rows
    shapes = [row.layer.shape for row in rows if row.layer.parameters]
    assert shapes == [(6, 28, 28), (16, 10, 10), (120, 1, 1), (84,), (10,)]
    counts = [row.layer.parameters for row in rows if row.layer.parameters]
    assert counts == [156, 2416, 48120, 10164, 850]


@pytest.mark.parametrize("widths", [(2, 4), (4, 8, 16, 32)])
def test_small_unet_counts_and_shape(widths: tuple[int, ...]) -> None:
    network = SmallUnet(classes=3, in_channels=2, widths=widths).eval()

    def double(inputs: int, outputs: int) -> int:
        return 9 * inputs * outputs + 9 * outputs * outputs + 4 * outputs

    expected = sum(double(i, o) for i, o in zip((2, *widths[:-1]), widths, strict=True))
    for shallow, deep in zip(widths[:-1], widths[1:], strict=True):
        expected += double(deep + shallow, shallow)
    expected += 3 * widths[0] + 3
    assert sum(p.numel() for p in network.parameters()) == expected
    side = 2 * network.output_stride
    assert network(torch.rand(1, 2, side, side)).shape == (1, 3, side, side)


def test_symmetric_network_does_not_care_for_shifts_or_size() -> None:
    torch.manual_seed(0)
    network = build_symmetric().double().eval()
    image = torch.rand(1, 1, 16, 16, dtype=torch.float64)
    with torch.no_grad():
        moved = network(torch.roll(image, (5, -3), (2, 3)))
        torch.testing.assert_close(moved, network(image), rtol=0, atol=1e-14)
        assert network(torch.rand(1, 1, 40, 24).double()).shape == (1, 2)


def test_stack_keeps_the_size() -> None:
    assert build_stack(4, kernel=5)(torch.rand(1, 1, 11, 13)).shape == (1, 2, 11, 13)


def test_cards_are_found_by_being_in_the_folder() -> None:
    families = {"lenet", "alexnet", "vgg", "resnet", "segmentation_unets", "small"}
    from importlib import import_module

    for family in families:
        cards = import_module(f"models.architectures.{family}").CARDS
        assert cards and all(ARCHITECTURES[card.name] is card for card in cards)

"""Stacks, receptive fields layer by layer, and the cone down to the image.

Known beforehand: the fields of Araujo et al. 2019 and of the papers, and the worked recursion
r += d (k - 1) j, j *= s.
"""

from __future__ import annotations

import contextlib
import io

import numpy as np
import pytest
import torch
from torch import nn

from core.concepts.receptive_fields import receptive_cone, stack_builder, structure_size
from core.errors import LamellaError
from core.figures.networks.receptive_fields import cone_figure
from models.architectures import ARCHITECTURES

SHAPE = (768, 1024)


def rows_of(name: str) -> tuple[stack_builder.FieldRow, ...]:
    card = ARCHITECTURES[name]
    return stack_builder.field_rows(
        stack_builder.trace_spatial(card.build, card.channels, SHAPE, card.multiple)
    )


@pytest.mark.parametrize(
    ("name", "fields", "jumps"),
    [
        ("lenet5", [5, 6, 14, 16, 32], [1, 2, 2, 4, 4]),
        ("alexnet", [11, 19, 51, 67, 99, 131, 163, 195], [4, 8, 8, 16, 16, 16, 16, 32]),
    ],
)
def test_published_fields(name: str, fields: list[int], jumps: list[int]) -> None:
    rows = rows_of(name)
    assert [row.largest for row in rows] == [(field, field) for field in fields]
    assert [row.jump for row in rows] == [(jump, jump) for jump in jumps]


@pytest.mark.parametrize(("name", "field"), [("vgg16", 212), ("resnet18", 435)])
def test_published_field_of_the_last_layer(name: str, field: int) -> None:
    last = rows_of(name)[-1]
    assert (last.smallest, last.largest, last.jump) == ((field, field), (field, field), (32, 32))


def test_unet_field_depends_on_the_unit() -> None:
    last = rows_of("unet-resnet18")[-1]
    assert (last.size, last.offset, last.jump) == ("531 to 563", None, (1, 1))


def test_titles_count_convolutions_where_the_network_has_only_numbers() -> None:
    assert [row.title for row in rows_of("alexnet")] == [
        *("conv 1", "pool 1", "conv 2", "pool 2"),
        *("conv 3", "conv 4", "conv 5", "pool 5"),
    ]


def test_three_small_kernels_see_what_one_large_kernel_sees() -> None:
    three = stack_builder.trace_stack(stack_builder.parse_stack("conv 3, conv 3, conv 3"), (64, 64))
    one = stack_builder.trace_stack(stack_builder.parse_stack("conv 7"), (64, 64))
    assert stack_builder.field_rows(three)[-1].largest == (7, 7)
    assert stack_builder.field_rows(one)[-1].largest == (7, 7)


def test_stack_by_the_recursion() -> None:
    stages = stack_builder.parse_stack("conv 3, conv 3 stride 2; CONV 3 Dilation 2\npool 2")
    rows = stack_builder.field_rows(stack_builder.trace_stack(stages, (64, 96)))
    found = [(row.largest[1], row.jump[1], row.offset[1], row.units) for row in rows]
    assert found == [
        (3, 1, -1, (64, 96)),
        (5, 2, -2, (32, 48)),
        (13, 2, -6, (32, 48)),
        (15, 4, -6, (16, 24)),
    ]


def test_a_stack_reads_back_as_it_was_typed() -> None:
    text = "conv 5 stride 2 dilation 3 padding 0, pool 3 stride 2 padding 1, average 2"
    assert ", ".join(str(stage) for stage in stack_builder.parse_stack(text)) == text


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "0 layers"),
        (" , ,", "0 layers"),
        ("conv 3," * 25, "25 layers"),
        ("convolution nan", '"convolution nan" is not a layer'),
        ("conv", "is not a layer"),
        ("conv -3", "is not a layer"),
        ("conv 0", "kernel"),
        ("conv 99", "kernel"),
        ("conv 3 stride 0", "stride"),
        ("conv 3 dilation 65", "dilation"),
        ("pool 2 dilation 2", "no dilation"),
        ("pool 2 padding 2", "half its width"),
        ("conv 3 <script>", "is not a layer"),
    ],
)
def test_what_is_not_a_stack_is_said_in_a_sentence(text: str, part: str) -> None:
    with pytest.raises(LamellaError, match=part) as caught:
        stack_builder.parse_stack(text)
    assert str(caught.value).endswith(".")


def test_a_stack_too_large_for_the_image() -> None:
    stages = stack_builder.parse_stack("pool 16 stride 16, pool 16 stride 16")
    with pytest.raises(LamellaError, match="too much for 64 x 64 px"):
        stack_builder.trace_stack(stages, (64, 64))
    with pytest.raises(LamellaError, match="too much for 64 x 0 px"):
        stack_builder.trace_spatial(ARCHITECTURES["unet-resnet18"].build, 1, (31, 64), 32)


def test_the_spatial_part_ends_before_rows_and_columns_do() -> None:
    part = stack_builder.spatial_part(ARCHITECTURES["resnet18"].build)
    assert [name for name, _ in part.named_children()][-1] == "layer4"
    assert all(parameter.is_meta for parameter in part.parameters())


def cone_of(text: str, unit: int) -> tuple[receptive_cone.ConeLevel, ...]:
    trace = stack_builder.trace_stack(stack_builder.parse_stack(text), (64, 64))
    return receptive_cone.cone(trace, stack_builder.field_rows(trace), unit)


def test_cone_of_two_convolutions() -> None:
    image, first, second = cone_of("conv 3, conv 3", 30)
    assert second.columns.tolist() == [30]
    assert first.columns.tolist() == [29, 30, 31]
    assert image.columns.tolist() == [28, 29, 30, 31, 32]
    assert second.ways.tolist() == [[30, 29], [30, 30], [30, 31]]
    assert len(first.ways) == 9
    assert image.edges == (27.5, 32.5)


def test_cone_of_a_pooling_lies_between_its_pixels() -> None:
    image, pooled = cone_of("pool 2", 5)
    assert image.columns.tolist() == [10, 11]
    assert pooled.columns.tolist() == [10.5]
    assert pooled.edges == (9.5, 11.5)


@pytest.mark.parametrize(
    ("text", "share"),
    [("conv 3, conv 3", 0.0), ("conv 3 dilation 2, conv 3 dilation 2", 4 / 9)],
)
def test_pixels_that_a_dilated_stack_never_reads(text: str, share: float) -> None:
    assert receptive_cone.unread_share(cone_of(text, 30)) == pytest.approx(share)


def test_the_cone_is_what_the_gradient_says() -> None:
    text = "conv 3 dilation 2, average 2, conv 3 stride 2"
    stages = stack_builder.parse_stack(text)
    network = stack_builder.stack_network(stages).to_empty(device="cpu").double()
    for parameter in network.parameters():
        nn.init.constant_(parameter, 1.0)
    image = torch.ones(1, 1, 64, 64, dtype=torch.float64, requires_grad=True)
    network(image)[0, 0, 8, 8].backward()
    read = np.flatnonzero(image.grad[0, 0].abs().sum(0).numpy())
    assert cone_of(text, 8)[0].columns.tolist() == read.tolist()


def test_a_large_cone_has_no_single_ways() -> None:
    card = ARCHITECTURES["vgg16"]
    trace = stack_builder.trace_spatial(card.build, 3, SHAPE)
    levels = receptive_cone.cone(trace, stack_builder.field_rows(trace), 16)
    assert levels[0].edges[1] - levels[0].edges[0] == 212
    assert all(len(level.ways) == 0 for level in levels)
    assert len(cone_figure(levels).data) == 1


def test_figure_of_a_small_cone_shows_each_unit() -> None:
    figure = cone_figure(cone_of("conv 3, pool 2", 9))
    assert figure.layout.yaxis.ticktext == ("input", "1: conv 3", "2: pool 2")
    assert [len(trace.x) for trace in figure.data if trace.mode == "markers"] == [4, 3]


@pytest.mark.parametrize("name", ["lenet5", "alexnet", "vgg16", "resnet18", "unet-resnet18"])
def test_the_lines_to_copy_print_the_table(name: str) -> None:
    card = ARCHITECTURES[name]
    trace = stack_builder.trace_spatial(card.build, card.channels, SHAPE, card.multiple)
    rows = stack_builder.field_rows(trace)
    snippet = receptive_cone.snippet(trace, rows)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(snippet.code, {})
    assert printed.getvalue().strip() == snippet.prints
    encoder = [row for row in rows if not row.layer.startswith("decoder")]
    assert len(snippet.prints.splitlines()) == len(encoder)


def discs(diameter: int, seed: int = 0) -> np.ndarray:
    """Return (256, 256) labels of discs that do not touch."""
    random = np.random.default_rng(seed)
    row, column = np.mgrid[:256, :256]
    labels = np.zeros((256, 256), np.uint8)
    for top in range(32, 256, 64):
        for left in range(32, 256, 64):
            centre = np.array([top, left]) + random.integers(-8, 9, 2)
            labels[np.hypot(row - centre[0], column - centre[1]) <= diameter / 2] = 1
    return labels


@pytest.mark.parametrize("diameter", [16, 24, 32])
def test_size_of_structures(diameter: int) -> None:
    truth = discs(diameter)
    noise = np.random.default_rng(1).normal(0, 0.2, truth.shape)
    known = structure_size.structure_size(truth, truth)
    assert known.px == pytest.approx(diameter, rel=0.03)
    assert truth[known.place] == 1
    guessed = structure_size.structure_size((truth + noise).astype(np.float32))
    assert guessed.px == pytest.approx(diameter, rel=0.35)
    assert guessed.place == (128, 128)


def test_size_of_structures_without_any() -> None:
    flat = structure_size.structure_size(
        np.full((64, 64), 0.5, np.float32), np.zeros((64, 64), np.uint8)
    )
    assert flat.px > 0

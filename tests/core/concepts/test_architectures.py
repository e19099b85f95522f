"""Architectures in numbers, against the papers and torchvision's published counts."""

from __future__ import annotations

import contextlib
import io

import pytest

from core.concepts.architecture_facts import architecture_facts, snippet
from core.figures.networks.architectures import cost_figure, maps_figure
from models.architectures import ARCHITECTURES

PUBLISHED = {
    # name: parameters, products in millions, field
    "lenet5-1998": (60_000, None, 32),
    "lenet5": (61_706, 0.41652, 32),
    "alexnet": (61_100_840, 714.2, 195),
    "vgg16": (138_357_544, 15_470, 212),
    "resnet18": (11_689_512, 1_814, 435),
    "resnet50": (25_557_032, 4_089, 427),
}


def facts_of(name: str):
    card = ARCHITECTURES[name]
    return architecture_facts(card.build, card.channels, card.side or 224)


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_numbers(name: str) -> None:
    parameters, millions, field = PUBLISHED[name]
    facts = facts_of(name)
    assert (facts.parameters, facts.field) == (parameters, field)
    if millions is not None:
        assert facts.macs / 1e6 == pytest.approx(millions, rel=1e-4)
    assert sum(block.parameters for block in facts.blocks) == parameters


def test_lenet_of_1998_layer_by_layer() -> None:
    blocks = facts_of("lenet5-1998").blocks
    assert [block.parameters for block in blocks] == [0, 156, 12, 1516, 32, 48120, 10164, 0]
    assert [block.field for block in blocks][:6] == ["1", "5", "6", "14", "16", "32"]


def test_what_the_question_about_vgg16_says() -> None:
    blocks = facts_of("vgg16").blocks
    assert sum(b.parameters for b in blocks if b.title.startswith("conv")) == 14_714_688
    assert [b.parameters for b in blocks if b.title == "dense"][0] == 102_764_544
    assert [b.field for b in blocks if b.title == "dense"] == ["everything"] * 2


@pytest.mark.parametrize("name", ["lenet5-1998", "lenet5", "alexnet", "resnet18", "unet-resnet18"])
def test_lines_to_copy_count_the_parameters(name: str) -> None:
    lines = snippet(name, ARCHITECTURES[name].parameters)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(lines.code, {})
    assert printed.getvalue().strip() == lines.prints


def test_no_lines_for_what_no_library_builds() -> None:
    assert snippet("symmetric-98", 98) is None


def test_drawings() -> None:
    facts = {"U-Net": facts_of("unet-resnet18"), "LeNet-5": facts_of("lenet5")}
    skips = [trace for trace in maps_figure(facts["U-Net"].drawing).data if trace.type == "scatter"]
    assert len(skips) == 4
    assert len(maps_figure(facts["LeNet-5"].drawing).layout.annotations) == 8
    marked = [trace.marker.symbol for trace in cost_figure(facts, "LeNet-5").data]
    assert marked == ["circle", "diamond"]

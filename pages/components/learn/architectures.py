"""The page Architectures: eight networks in numbers, one of them drawn, all on this micrograph."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from core.concepts import architecture_facts
from core.concepts.architecture_facts import ArchitectureFacts
from core.figures.networks import architectures as figures
from pages.components.frame import screen, stores
from pages.components.frame.memory import Opened
from pages.components.frame.serving import publish
from pages.components.learn import frame as learn
from pages.components.learn import link as learn_link
from pages.components.viewer.viewer import Rectangle, ViewerSettings, viewer

if TYPE_CHECKING:
    from models.architectures.card import ArchitectureCard

NAMES = (
    *("lenet5-1998", "lenet5", "alexnet", "vgg16"),
    *("resnet18", "resnet34", "resnet50", "unet-resnet18"),
)
FREE_SIDE = 224
"""Side, in px, that a network of any size is shown with: that of the others."""
INSPECT = Path(__file__).resolve().parents[2] / "inspect.py"


def collect() -> dict[str, ArchitectureFacts]:
    """Return the facts of all networks by title, read off once for all sessions."""
    from models.architectures import ARCHITECTURES

    place, found = st.empty(), {}
    for number, name in enumerate(NAMES):
        card = ARCHITECTURES[name]
        side = card.side or FREE_SIDE

        def make(card: ArchitectureCard = card, side: int = side) -> ArchitectureFacts:
            place.progress(number / len(NAMES), text=f"Reading {card.title}.")  # noqa: B023
            return architecture_facts.architecture_facts(card.build, card.channels, side)

        found[card.title] = stores.kept(("learn architecture", name), make)
    place.empty()
    return found


@learn_link.part
def explorer(opened: Opened, facts: dict[str, ArchitectureFacts]) -> None:
    """Draw the choice of a network and everything that follows from it."""
    from models.architectures import ARCHITECTURES

    cards = {ARCHITECTURES[name].title: ARCHITECTURES[name] for name in NAMES}
    title = st.segmented_control(
        "Network",
        list(cards),
        default="AlexNet",
        required=True,
        key="architecture",
        bind="query-params",
        label_visibility="collapsed",
    )
    card, fact = cards[title], facts[title]
    st.markdown(f"**{card.year}.** {card.idea} *{card.reference}.*")
    with st.container(horizontal=True):
        st.metric("Parameters", f"{fact.parameters:,}", width="content")
        st.metric("MACs per image", _products(fact.macs), width="content")
        st.metric("Receptive field", f"{fact.field} px", width="content")
        st.metric("Image", f"{fact.side} × {fact.side} px", width="content")
    screen.chart(figures.maps_figure(fact.drawing, not screen.presenting()), "maps")
    st.caption(
        "Height: side of the feature maps; width: channels; both logarithmic. Below each bar: "
        "channels, and the side squared. Dotted lines: skip connections, if any."
    )
    left, right = screen.parts(screen.HALF, screen.HALF)
    with left:
        _on_micrograph(opened, fact)
    with right:
        screen.chart(figures.cost_figure(facts, title), "costs", 440)
    with learn.check_yourself():
        _formulas()
        _blocks(fact)
        lines = architecture_facts.snippet(card.name, fact.parameters)
        if lines is not None:
            learn.lines(lines)
        st.markdown("**All of them, side by side**")
        _side_by_side(opened, facts)
    st.caption(
        "Shown untrained, with random weights. The trained networks of this app are on the page "
        "Models."
    )
    if INSPECT.exists():
        st.page_link(
            INSPECT,
            label=f"Open {title} in Inspect, untrained",
            icon=":material/search:",
            query_params={**_page_free_link(), "network": card.name, "view": "network"},
        )


def _page_free_link() -> dict[str, str]:
    """Return what the link says about image and model."""
    return {name: st.query_params[name] for name in ("sample", "model") if name in st.query_params}


def _products(count: int) -> str:
    return f"{count / 1e9:.3f} billion" if count >= 1e8 else f"{count:,}"


def _on_micrograph(opened: Opened, fact: ArchitectureFacts) -> None:
    micrograph = opened.micrograph
    rows, width = micrograph.image_rows, micrograph.shape[1]
    size = micrograph.pixel_size
    sides = sorted({fact.side, fact.field}, reverse=True)
    image, field = (
        f"{side * size.nm:.3g} nm" if size else f"{side} px" for side in (fact.side, fact.field)
    )
    # The labels of two such boxes would overlap: the larger carries both.
    labels = (f"image {image}, field {field}", "")
    boxes = []
    for side, label in zip(sides, labels, strict=False):
        top, left = (rows.start + rows.stop - side) / 2, (width - side) / 2
        boxes.append(Rectangle(top, left, top + side, left + side, label))
    viewer(
        publish.micrograph(micrograph),
        ViewerSettings(
            boxes=tuple(boxes),
            bar_rows=micrograph.bar_rows,
            height=440,
        ),
        key="architecture-field",
    )


def _blocks(fact: ArchitectureFacts) -> None:
    learn.table(
        {
            "block": [block.title for block in fact.blocks],
            "shape": ["\u00a0×\u00a0".join(map(str, block.shape)) for block in fact.blocks],
            "parameters": [f"{block.parameters:,}" for block in fact.blocks],
            "MACs": [f"{block.macs:,}" for block in fact.blocks],
            "field (px)": [str(block.field) for block in fact.blocks],
        }
    )


def _formulas() -> None:
    learn.formulas(
        r"\text{parameters} = C_\text{out}\,(C_\text{in}\,k^2 + 1)",
        r"\text{MACs} = C_\text{out}\,C_\text{in}\,k^2\,h\,w",
    )
    st.caption(
        "For one convolution. C in and C out: input and output channels. k: kernel size; 1: the "
        "bias. h, w: height and width of the output in px. MACs: multiply-accumulate operations of "
        "convolutions and dense layers, as papers count them. The LeNet-5 of 1998 connects only "
        "selected maps: 60,000 trainable parameters. With all maps connected and a dense output "
        "layer there are 61,706."
    )


def _side_by_side(opened: Opened, facts: dict[str, ArchitectureFacts]) -> None:
    from models.architectures import ARCHITECTURES

    cards = {ARCHITECTURES[name].title: ARCHITECTURES[name] for name in NAMES}
    size = opened.micrograph.pixel_size
    table = {
        "network": list(facts),
        "year": [str(cards[title].year) for title in facts],
        "image (px)": [f"{fact.side}²" for fact in facts.values()],
        "parameters": [f"{fact.parameters:,}" for fact in facts.values()],
        "MACs": [f"{fact.macs:,}" for fact in facts.values()],
        "field (px)": [str(fact.field) for fact in facts.values()],
    }
    if size is not None:
        table["field (nm)"] = [f"{fact.field * size.nm:.4g}" for fact in facts.values()]
    learn.table(table)

"""The page Skip connections: hundreds of layers counted and built, and the skips of a U-Net."""

from __future__ import annotations

import streamlit as st

from core.concepts import architecture_facts
from core.concepts.depth import cifar_family
from core.concepts.depth.cifar_family import Built
from core.figures.networks.depths import family_figure
from core.figures.networks.unet_drawing import unet_figure
from core.types.progress import ProgressCallback
from pages.components.frame import screen, stores
from pages.components.frame.memory import Opened
from pages.components.frame.work import background
from pages.components.learn import frame as learn

UNET, UNET_SIDE = "unet-resnet18", 256
CHART_PX, DRAWING_PX = 380, 470
BYTES_A_WEIGHT = 4


def hundreds(opened: Opened) -> None:
    """Draw the published family, and build one of it, plain or residual, on demand."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        layers = st.segmented_control(
            "Layers",
            list(cifar_family.PUBLISHED_ERROR),
            default=1202,
            required=True,
            format_func=lambda number: f"{number:,}",
            key="family_layers",
            bind="query-params",
        )
        skip = st.toggle("Skip connections", value=True, key="family_skip", bind="query-params")
    member = cifar_family.member(layers)
    with st.container(horizontal=True):
        st.metric("Layers", f"{member.layers:,}", width="content")
        st.metric("Parameters", f"{member.parameters:,}", width="content")
        st.metric("Multiply-adds per image", f"{member.macs:,}", width="content")
        st.metric("Published test error", _error(member.published_error, skip), width="content")
    screen.chart(family_figure(cifar_family.family(), layers), "family", CHART_PX)
    st.caption(
        "Residual networks of 6n + 2 layers for ten classes of 32 × 32 px images: He et al. 2016, "
        "Table 6 (for 110 layers, the best of five runs). A skip adds no parameters, so the plain "
        "network has as many. For plain networks the paper shows curves only: 56 layers do worse "
        "than 20, and 110 layers stay above 60 % error. The network of 1,202 layers trains as well "
        "as that of 110, to a training error below 0.1 %, but does worse on the test images: it is "
        "too large for 50,000 training images."
    )
    _build(opened, layers, skip)


def _error(error: float, skip: bool) -> str:
    return f"{100 * error:.2f} %" if skip else "none"


def _build(opened: Opened, layers: int, skip: bool) -> None:
    def work(progress: ProgressCallback) -> Built:
        patch = cifar_family.patch(learn_middle)
        return cifar_family.build_and_use(layers, skip, patch, progress)

    learn_middle = learn.middle(opened)
    kind = "residual" if skip else "plain"
    key = (opened.content, layers, skip)
    built = background.run("family", f"Build the untrained {kind} network", key, work)
    if built is not None:
        st.markdown(
            f"**Built and run.** {built.layers:,} layers with {built.parameters:,} parameters, "
            f"{built.parameters * BYTES_A_WEIGHT / 1e6:,.1f} MB, built in {built.build_s:.2f} s; "
            "one forward pass with the central 32 × 32 px of this micrograph took "
            f"{built.forward_s:.2f} s."
        )


def unet(opened: Opened) -> None:
    """Draw a U-Net and its skips, from the record of the network itself."""
    from models.architectures import ARCHITECTURES

    card = ARCHITECTURES[UNET]
    facts = stores.kept(
        ("learn unet", UNET),
        lambda: architecture_facts.architecture_facts(card.build, card.channels, UNET_SIDE),
    )
    screen.chart(unet_figure(facts.drawing), "unet", DRAWING_PX)
    st.markdown(
        "The skips of a U-Net differ from those of a residual block. They carry the encoder's "
        "maps, still sharp, past the coarse ones to the decoder, which reads both: the coarse maps "
        "say what is there, the sharp ones where. The maps are **concatenated**, not added. In "
        "this network the encoder consists of residual blocks as well."
    )
    st.caption(
        f"Channels × side² of a {facts.side} × {facts.side} px image; {facts.parameters:,} "
        "parameters. Ronneberger et al. 2015, arXiv:1505.04597."
    )

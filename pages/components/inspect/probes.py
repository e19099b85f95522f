"""Linear probes of the encoder: what can be read off at each depth, on generated images."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.components.frame import screen, session
from pages.components.frame.work import background
from pages.components.inspect import image_classifiers
from pages.components.inspect import layers as inspect_layers
from pages.components.inspect.subject import Inspected

if TYPE_CHECKING:
    from core.inspection.probes import Probe, ProbeInput
    from core.types.progress import ProgressCallback

TITLE = "What can be read off at each depth"
WHAT = (
    "A linear probe is a linear classifier on the channels over a pixel. Here one tells at each "
    "depth whether the pixel lies on an **edge** (an outline), in the coarser of two **textures**, "
    "or inside an **object** (a closed outline; open ones are the decoys). The grey level alone "
    "tells neither the texture nor the object."
)
HOW = (
    "{training} generated images of {side} × {side} px to train on and {test} others to test on, "
    "{pixels} pixels with and without the concept from each; ridge classifier; channels enlarged "
    "linearly to the pixels. 0.5 is chance, 1 is perfect. Dotted: the same network with random "
    "weights, which shows what the architecture alone contributes."
)


def draw(inspected: Inspected) -> None:
    """Draw what probes are, and their curves once they are measured."""
    from core.figures.inspection.probes import probe_pictures, probes_figure
    from core.inspection import probes
    from core.inspection.probe_images import LEAST_SIDE, probe_image

    st.subheader(TITLE)
    subject, taken = inspected.subject, _taken(inspected)
    if taken.side < LEAST_SIDE:
        st.caption(f"This network takes {taken.side} px, too few for textures and objects.")
        return
    st.markdown(WHAT)

    def work(progress: ProgressCallback) -> tuple[tuple[Probe, ...], ...]:
        def counted(turn: int) -> ProgressCallback:
            return lambda done, total: progress(turn * total + done, len(networks) * total)

        networks = [subject.network]
        if inspected.is_trained:
            networks.append(subject.with_random_weights().network)
        return tuple(
            probes.linear_probes(network, taken, subject.lock, counted(turn))
            for turn, network in enumerate(networks)
        )

    found = background.run(
        "probes", "Measure linear probes", (subject.model, taken), work, 50_000, step="Image"
    )
    screen.chart(probe_pictures(probe_image(0, taken.side)), "inspect-probe-image", height=250)
    if found is None:
        return
    trained, random = found if len(found) == 2 else ((), found[0])
    figure = probes_figure(trained, random, _depths(inspected, found[0]))
    screen.chart(figure, "inspect-probes", height=450)
    st.caption(
        HOW.format(
            training=probes.TRAINING_IMAGES,
            test=probes.TEST_IMAGES,
            side=taken.side,
            pixels=probes.PIXELS,
        )
    )


def _taken(inspected: Inspected) -> ProbeInput:
    """Return how the network takes its images."""
    from core.inspection.probes import SIDE, ProbeInput
    from models.architectures import ARCHITECTURES

    name = inspected.subject.model.partition(" ")[0]
    card = session.models().get(name)
    if card is not None:
        return ProbeInput(card.mean, card.std)
    if name in ARCHITECTURES:
        return ProbeInput(side=ARCHITECTURES[name].side or SIDE)
    other = image_classifiers.by_name()[name]
    return ProbeInput(other.mean, other.std, other.fixed_side or SIDE)


def _depths(inspected: Inspected, found: tuple[Probe, ...]) -> list[str]:
    from core.figures.inspection.probes import depth_label
    from core.inspection.receptive_field.receptive_field import field_sizes

    subject, rows = inspected.subject, inspect_layers.layers(inspected)
    depths = list(dict.fromkeys(one.layer for one in found if one.layer is not None))
    labels = [depth_label(1, "")]
    for name in depths:
        px = field_sizes(subject.trace, name).largest[0] * inspected.px_per_network_px
        stride = round(subject.shape[0] / rows[name].layer.shape[1])
        labels.append(depth_label(stride, inspected.length(round(px))))
    return labels

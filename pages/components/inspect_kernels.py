"""Kernels: the filters of a convolution, trained beside fresh, and what they let through."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from core.errors import LamellaError
from pages.components import inspect_layers, inspect_link, inspect_subject, session
from pages.components.inspect_subject import Inspected

if TYPE_CHECKING:
    from core.inspection.kernels import Kernels

SHOWS = {"filters": "Filters of one input channel", "norms": "Norms of all"}
QUIET = {"displayModeBar": False}
MARGIN = {"l": 0, "r": 0, "t": 10, "b": 0}
FRESH = "Freshly initialised"


def draw(inspected: Inspected) -> None:
    """Draw the view."""
    from core.inspection.kernels import kernel_layers, kernels

    network = inspected.subject.network
    known = inspect_layers.layers(inspected)
    names = [name for name in kernel_layers(network) if name in known]
    if not names:
        raise LamellaError("This network has no convolution whose kernels could be shown.")
    layer_place, input_place = st.columns([3, 1])
    with layer_place:
        layer = inspect_layers.choose(inspected, names, names[0])
    own = kernels(network, layer)
    pairs = {"Trained" if inspected.is_trained else FRESH: own}
    if inspected.is_trained:
        twin = inspect_subject.untrained_twin(inspected.subject)
        pairs[FRESH] = kernels(twin.network, layer)
    count, inputs, rows, columns = own.weights.shape
    shown = _show(rows * columns, inputs)
    source = 0
    if shown == "filters" and inputs > 1:
        source = int(input_place.number_input("Input channel", 0, inputs - 1, key="inspect-input"))
    st.caption(
        f"{count} filters of {inputs} × {rows} × {columns} weights, largest norm first. All "
        "pictures share one symmetric scale; point at a weight to read it."
    )
    limit = max(one.limit for one in pairs.values())
    for place, (title, one) in zip(st.columns(2, gap="medium"), pairs.items(), strict=False):
        with place:
            st.subheader(title)
            _picture(one, shown, source, limit, title)
    channel = inspect_layers.channel(inspected, layer, count, int(own.by_norm[0]))
    _selected(layer, pairs, channel, source)


def _show(size: int, inputs: int) -> str:
    if inputs == 1:
        return "filters"
    # A kernel of one weight is no picture; its norms are.
    return inspect_link.chooser("Show", "show", SHOWS, "filters" if size > 1 else "norms")


def _picture(one: Kernels, shown: str, source: int, limit: float, title: str) -> None:
    from core.figures.inspection_kernels import kernel_grid, kernel_norms

    figure = kernel_grid(one, source, limit) if shown == "filters" else kernel_norms(one)
    figure.update_layout(margin=MARGIN)
    st.plotly_chart(
        figure,
        key=f"inspect-kernels-{title}",
        height=360,
        config=QUIET,
        alt=f"{title} kernels of {one.layer}",
    )


def _selected(layer: str, pairs: dict[str, Kernels], channel: int, source: int) -> None:
    """Draw one filter: its choice, its norm and its frequency response."""
    from core.figures.inspection_kernels import frequency_figure
    from core.inspection.kernels import frequency_response

    own = next(iter(pairs.values()))
    st.subheader("Frequency response of one filter")
    key = session.control("inspect-filter", channel)
    choice, note = st.columns([1, 3], vertical_alignment="bottom")
    choice.number_input(
        "Filter (output channel)",
        0,
        len(own.weights) - 1,
        key=key,
        on_change=lambda: inspect_link.change(channel=session.value_of(key), layer=layer),
    )
    place = own.by_norm.tolist().index(channel) + 1
    note.caption(
        f"Norm {own.norms[channel]:.3f}, number {place} of {len(own.weights)}. Bright in the "
        "middle passes slow changes of grey, bright at the rim fine detail; a dark middle "
        "ignores the mean grey level."
    )
    for column, (title, one) in zip(st.columns(2, gap="medium"), pairs.items(), strict=False):
        kernel: Any = one.of_input(source)[channel]
        figure = frequency_figure(frequency_response(kernel)).update_layout(margin=MARGIN)
        column.plotly_chart(
            figure,
            key=f"inspect-frequency-{title}",
            height=320,
            config=QUIET,
            alt=f"Frequency response, {title}",
        )

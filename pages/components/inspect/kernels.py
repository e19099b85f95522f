"""Kernels: the filters of a convolution, trained beside fresh, and what they let through."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.errors import LamellaError
from pages.components.inspect import layers as inspect_layers
from pages.components.inspect import stage as inspect_stage
from pages.components.inspect import subject as inspect_subject
from pages.components.inspect.link import LINK
from pages.components.inspect.subject import Inspected

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from core.inspection.kernels import Kernels

SHOWS = {"filters": "Filters of one input channel", "norms": "Norms of all filters"}
ORDERS = {"norm": "Largest norm first", "number": "By number"}
LIMITS = {"one": "Shared", "own": "Separate"}
WIDTHS = (470, 470)
QUIET = {"displayModeBar": False}
MARGIN = {"l": 0, "r": 0, "t": 10, "b": 0}
FRESH = "At initialization"
FROZEN = "From ImageNet, frozen in training"
SCALES = {
    True: "one colour scale for all, symmetric about 0",
    False: "a colour scale for each side, symmetric about 0",
}


def draw(inspected: Inspected) -> None:
    """Draw the view."""
    from core.figures.inspection.kernels import SHOWN
    from core.inspection.kernels import kernel_layers

    known = inspect_layers.layers(inspected)
    names = [name for name in kernel_layers(inspected.subject.network) if name in known]
    if not names:
        raise LamellaError("This network has no convolution whose kernels could be shown.")
    layer_place, order_place, scale_place = inspect_stage.parts(470, 240, 160)
    with layer_place:
        layer = inspect_layers.choose(inspected, names, names[0])
    pairs = _pairs(inspected, layer)
    own = next(iter(pairs.values()))
    count, inputs, rows, columns = own.weights.shape
    with order_place:
        by_norm = LINK.choose("Order", "order", ORDERS, "norm", in_list=True) == "norm"
    is_shared = True
    if len(pairs) > 1:
        with scale_place:
            is_shared = LINK.choose("Colour scale", "scales", LIMITS, "one", in_list=True) == "one"
    shown, source = _show(rows * columns, inputs)
    drawn = f"the first {SHOWN} are drawn; " if shown == "filters" and count > SHOWN else ""
    st.caption(
        f"{count} filters of {inputs} × {rows} × {columns} weights; {drawn}{SCALES[is_shared]}; "
        "hover to read a value."
    )
    pictures = {
        title: _picture(one, shown, source, by_norm, list(pairs.values()) if is_shared else [one])
        for title, one in pairs.items()
    }
    for place, (title, figure) in zip(inspect_stage.parts(*WIDTHS), pictures.items(), strict=False):
        with place:
            st.subheader(title)
            st.plotly_chart(
                figure,
                key=f"inspect-kernels-{title}",
                config=QUIET,
                alt=f"{title} kernels of {inspect_layers.title(inspected, layer)}",
            )
    channel = inspect_layers.channel(inspected, layer, count, int(own.by_norm[0]))
    _selected(layer, pairs, channel, source)


def _pairs(inspected: Inspected, layer: str) -> dict[str, Kernels]:
    """Return the filters of a layer, and beside trained ones those from before training."""
    from core.inspection.kernels import kernels

    own = kernels(inspected.subject.network, layer)
    if not inspected.is_trained:
        return {FRESH: own}
    twin = inspect_subject.untrained_twin(inspected.subject)
    was_frozen = bool(inspected.frozen) and layer.startswith(inspected.frozen)
    return {FROZEN if was_frozen else "Trained": own, FRESH: kernels(twin.network, layer)}


def _show(size: int, inputs: int) -> tuple[str, int]:
    """Draw what is shown and of which input channel; return both."""
    if inputs == 1:
        return "filters", 0
    show_place, input_place = inspect_stage.parts(420, 170)
    with show_place:
        # A kernel of one weight is no picture; its norms are.
        shown = LINK.choose(
            "Show", "show", SHOWS, "filters" if size > 1 else "norms", label_visibility="collapsed"
        )
    source = LINK.whole_within("input", 0, inputs - 1, 0)
    if shown == "filters":
        key = LINK.control("input", source, inputs)
        input_place.number_input(
            "Input channel",
            0,
            inputs - 1,
            key=key,
            on_change=LINK.note_value_of,
            args=(key, "input"),
        )
    return shown, source


def _picture(
    one: Kernels, shown: str, source: int, by_norm: bool, sharing: list[Kernels]
) -> Figure:
    """Return the filters or the norms of all, on the scale of those that share it."""
    from core.figures.inspection.kernels import kernel_grid, kernel_norms

    if shown == "filters":
        limit = max(kernels.limit for kernels in sharing)
        return kernel_grid(one, source, limit, by_norm=by_norm)
    limit = max(float(kernels.norms_by_input.max()) for kernels in sharing)
    return kernel_norms(one, limit, by_norm)


def _selected(layer: str, pairs: dict[str, Kernels], channel: int, source: int) -> None:
    """Draw one filter: its choice, its norm and its frequency response."""
    from core.figures.inspection.kernels import frequency_figure
    from core.inspection.kernels import frequency_response

    own = next(iter(pairs.values()))
    st.subheader("Frequency response of one filter")
    key = LINK.control("channel", channel, layer, own.by_norm[0])
    choice, note = inspect_stage.parts(200, 560)
    choice.number_input(
        "Filter (output channel)",
        0,
        len(own.weights) - 1,
        key=key,
        on_change=LINK.note_value_of,
        args=(key, "channel"),
        kwargs={"layer": layer},
    )
    place = own.by_norm.tolist().index(channel) + 1
    note.caption(
        f"Norm {own.norms[channel]:.3f}, rank {place} of {len(own.weights)}. A bright "
        "centre passes slow changes of grey level, a bright rim fine detail; a dark centre ignores "
        "the mean grey level."
    )
    for column, (title, one) in zip(inspect_stage.parts(*WIDTHS), pairs.items(), strict=False):
        kernel = one.of_input(source)[channel]
        figure = frequency_figure(frequency_response(kernel)).update_layout(margin=MARGIN)
        column.plotly_chart(
            figure,
            key=f"inspect-frequency-{title}",
            height=320,
            config=QUIET,
            alt=f"Frequency response, {title}",
        )

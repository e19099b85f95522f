"""The choice of a layer, the same one on every view of Inspect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import streamlit as st

from core.errors import LamellaError
from pages.components.frame import session
from pages.components.frame.words import capital, literal
from pages.components.inspect import subject as inspect_subject
from pages.components.inspect.link import LINK, OF_LAYER
from pages.components.inspect.subject import Inspected

if TYPE_CHECKING:
    from core.inspection.layers.layers import LayerRow

OUTPUT = "Output of the network"


def layers(inspected: Inspected) -> dict[str, LayerRow]:
    """Return the layers whose activations can be looked at, by name, in order."""
    rows = inspect_subject.table(inspected.subject).rows
    return {row.layer.name: row for row in rows if row.is_module}


def readable(inspected: Inspected) -> dict[str, str]:
    """Return what each layer is called on screen, by its exact name."""
    from core.inspection.layers.layer_names import readable_names

    subject = inspected.subject
    key = ("names", subject.model, subject.shape)
    found = inspect_subject.held(key)
    if found is None:
        rows = inspect_subject.table(subject).rows
        found = inspect_subject.hold(key, readable_names(row.layer for row in rows), 40_000)
    return found


def title(inspected: Inspected, name: str) -> str:
    """Return what a layer is called on screen; its exact name where it is none of the table."""
    return readable(inspected).get(name, name)


def with_maps(inspected: Inspected) -> list[str]:
    """Return the layers that have rows and columns."""
    rows = layers(inspected)
    return [name for name, row in rows.items() if len(row.layer.shape) == 3]


def asked(inspected: Inspected) -> str | None:
    """Return the link's layer, None where it names none or, after a sentence, an unknown one."""
    name = inspected.request.layer
    if name is None or name in layers(inspected):
        return name
    try:
        inspected.subject.trace.call(name)
        LINK.refuse(f"{name} is a block; choose one of its layers.", "layer", "channel")
    except LamellaError as error:
        LINK.refuse(str(error), "layer", "channel")
    return None


def choose(inspected: Inspected, names: Sequence[str], default: str) -> str:
    """Draw the choice among ``names`` and return it.

    Where the chosen layer is not among them, it is the last one before it.
    """
    every, wanted = list(layers(inspected)), asked(inspected)
    if wanted is not None and wanted not in names:
        before = [name for name in names if every.index(name) <= every.index(wanted)]
        default = (before or list(names))[-1 if before else 0]
        missing, instead = title(inspected, wanted), title(inspected, default)
        st.caption(f"{capital(missing)} cannot be shown here; showing {instead} instead.")
    return _select(inspected, list(names), wanted if wanted in names else default)


def choose_or_output(inspected: Inspected) -> str | None:
    """Draw the choice among all layers and the network's output, which is None."""
    chosen = _select(inspected, [OUTPUT, *layers(inspected)], asked(inspected) or OUTPUT)
    return None if chosen == OUTPUT else chosen


def channel(inspected: Inspected, layer: str, count: int, default: int) -> int:
    """Return the link's channel of a layer, or the default, with a sentence if there is none."""
    wanted = inspected.request.channel
    if wanted is None or 0 <= wanted < count:
        return default if wanted is None else wanted
    name = title(inspected, layer)
    sentence = f"There is no channel {wanted}; {name} has {count}, 0 to {count - 1}."
    LINK.refuse(sentence, "channel")
    return default


def described(title: str, row: LayerRow) -> str:
    """Return a layer in one line: what it is called, and its output shape."""
    shape = " × ".join(str(length) for length in row.layer.shape)
    return f"{capital(title)}: {shape}"


def exact(rows: Mapping[str, LayerRow], name: str) -> str:
    """Return the exact name of a layer and its kind, in one line of Markdown."""
    return f"`{name}`: {literal(rows[name].layer.kind)}" if name in rows else ""


def _select(inspected: Inspected, options: list[str], chosen: str) -> str:
    rows, titles = layers(inspected), readable(inspected)
    own_choice = "" if chosen == inspected.request.layer else chosen
    key = LINK.control("layer", chosen, options[0], len(options), own_choice)

    def select() -> None:
        name = session.value_of(key)
        if name == OUTPUT:
            LINK.change(layer=None, **dict.fromkeys(OF_LAYER))
        else:
            LINK.note_value_of(key, "layer", **dict.fromkeys(OF_LAYER))

    st.selectbox(
        "Layer",
        options,
        format_func=lambda name: described(titles[name], rows[name]) if name in rows else name,
        key=key,
        on_change=select,
        help=exact(rows, chosen) or None,
    )
    return chosen

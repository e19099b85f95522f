"""Inspect's own part of the link: view, what is shown, network, layer, channel, pixel, measure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import streamlit as st

from pages.components import session

NAMES = ("view", "show", "network", "layer", "channel", "row", "column", "measure")
VIEWS = {
    "network": "Network",
    "kernels": "Kernels",
    "maps": "Feature maps",
    "field": "Receptive field",
    "label": "Why this label",
}
FIRST = "field"


@dataclass(frozen=True)
class Link:
    """What the link asks for. ``pixel``: (row, column) of the micrograph. None: not asked."""

    view: str
    show: str | None
    network: str | None
    layer: str | None
    channel: int | None
    pixel: tuple[int, int] | None


def read() -> Link:
    """Return what the link asks for, or what it asked for when this page was left."""
    session.return_to_link("inspect", NAMES)
    row, column = _number("row"), _number("column")
    pixel = None if row is None or column is None else (row, column)
    view = one_of("view", VIEWS) or FIRST
    given = st.query_params.get
    return Link(view, given("show"), given("network"), given("layer"), _number("channel"), pixel)


def change(**values: object) -> None:
    """Set parameters of the link; None takes one out."""
    session.change_link("inspect", **values)


def refuse(message: str, *names: str) -> None:
    """Say in one sentence what the link asks for and cannot have, and take it out."""
    st.warning(message)
    change(**dict.fromkeys(names))


def one_of(name: str, known: Collection[str]) -> str | None:
    """Return a parameter that must be one of ``known``; None, and a sentence, where it is not."""
    asked = st.query_params.get(name)
    if asked is None or asked in known:
        return asked
    refuse(f'The link asks for {name} "{asked}"; choose one of {", ".join(known)}.', name)
    return None


def _number(name: str) -> int | None:
    asked = st.query_params.get(name)
    if asked is None:
        return None
    try:
        return int(asked)
    except ValueError:
        refuse(
            f'The link asks for {name} "{asked}", which is no whole number; it is left out.', name
        )
        return None


def chooser(label: str, name: str, options: dict[str, str], default: str, **drops: None) -> str:
    """Draw a segmented control whose choice is in the link, and return the choice.

    ``options``: words on screen by value in the link. ``drops``: parameters that a new choice
    takes out of the link.
    """
    chosen = one_of(name, options) or default
    key = session.control(f"inspect-{name}", chosen)
    st.segmented_control(
        label,
        list(options),
        format_func=options.__getitem__,
        required=True,
        key=key,
        on_change=lambda: change(**{name: session.value_of(key), **drops}),
        label_visibility="collapsed",
    )
    return chosen

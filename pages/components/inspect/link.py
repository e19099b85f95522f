"""Inspect's own part of the link, and the controls whose choice is in it.

A control has in its key what it shows when the link does not name it, and the turn of its
parameter: so it is a new one whenever something else decides what it shows, and what the browser
still holds of the old one is not taken for the user's choice.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import streamlit as st

from pages.components.frame import session

NAMES = (
    *("view", "show", "network", "layer", "channel", "row", "column", "colors"),
    *("order", "input", "scales"),  # kernels
    *("measure", "phase", "against", "all"),  # feature maps
    *("positions",),  # receptive field
    *("class", "where", "sanity", "square", "skips", "whole"),  # why this label
)
VIEWS = {
    "network": "Network",
    "kernels": "Kernels",
    "maps": "Feature maps",
    "field": "Receptive field",
    "label": "Why this label",
}
FIRST = "field"
OF_LAYER: dict[str, None] = {"channel": None, "input": None}
"""What another layer takes out of the link."""


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
    session.change_link("inspect", None, **values)


def choose(name: str, value: object, **others: object) -> None:
    """Set a parameter as its own widget shows it already, and others with it."""
    session.change_link("inspect", name, **{name: value, **others})


def change_by(name: str, key: str, **others: object) -> None:
    """Set a parameter to the value of its own widget, which has this key, and others with it."""
    choose(name, session.value_of(key), **others)


def control(name: str, value: object, *default: object) -> str:
    """Return the key of a parameter's widget, made to show ``value``.

    ``default``: what decides about the value when the link does not.
    """
    told = "-".join(map(str, default))
    return session.control(f"inspect-{name}-{told}-{session.link_turn(name)}", value)


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


def number_within(name: str, lowest: int, highest: int, default: int) -> int:
    """Return a whole number of the link, or the default, with a sentence if it is out of range."""
    asked = _number(name)
    if asked is None or lowest <= asked <= highest:
        return default if asked is None else asked
    refuse(f"The link asks for {name} {asked}; choose one from {lowest} to {highest}.", name)
    return default


def chooser(
    label: str,
    name: str,
    options: Mapping[str, str],
    default: str,
    known: Collection[str] = (),
    **drops: None,
) -> str:
    """Draw a segmented control whose choice is in the link, and return the choice.

    ``options``: words on screen by value in the link. ``known``: values that are right elsewhere;
    here they give the default. ``drops``: parameters that a new choice takes out of the link.
    """
    chosen, key = _chosen(name, options, default, known)
    st.segmented_control(
        label,
        list(options),
        format_func=options.__getitem__,
        required=True,
        key=key,
        on_change=lambda: change_by(name, key, **drops),
        label_visibility="collapsed",
    )
    return chosen


def selector(
    label: str,
    name: str,
    options: Mapping[str, str],
    default: str,
    known: Collection[str] = (),
    **drops: None,
) -> str:
    """Draw a list with the manners of :func:`chooser`, its label above it."""
    chosen, key = _chosen(name, options, default, known)
    st.selectbox(
        label,
        list(options),
        format_func=options.__getitem__,
        key=key,
        on_change=lambda: change_by(name, key, **drops),
    )
    return chosen


def switch(label: str, name: str) -> bool:
    """Draw a toggle that is in the link when it is on, and return whether it is."""
    is_on = one_of(name, ("on",)) == "on"
    key = control(name, is_on)

    def turn() -> None:
        choose(name, "on" if session.value_of(key) else None)

    st.toggle(label, key=key, on_change=turn)
    return is_on


def _chosen(
    name: str, options: Mapping[str, str], default: str, known: Collection[str]
) -> tuple[str, str]:
    asked = one_of(name, [*options, *(one for one in known if one not in options)])
    chosen = asked if asked in options else default
    return chosen, control(name, chosen, default, *options)

"""The generator of the grain study: its settings in this session, and the controls for them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from core.synthesis.grains.effects import Seeds
from core.synthesis.grains.settings import EFFECTS, Effect, GrainSettings
from core.synthesis.parameters import Parameter, parameters
from pages.components.frame import session
from pages.components.frame.page_link import PageLink

PLACE = "grain_settings"
OFF_PLACE = "grain_settings_off"
GROUPS = {
    "Grains": ("sizes", "curvature", "twins", "channelling", "gradient"),
    "Preparation": (
        *("grooves", "attack", "etch_pits", "pores", "second_phase", "precipitates"),
        *("slip_lines", "relief", "scratches", "curtaining"),
    ),
    "Microscope": (
        *("blur", "noise", "scan_lines", "drift", "charging"),
        *("shading", "tone", "compression"),
    ),
}


def current() -> GrainSettings:
    """Return this session's settings."""
    return session.value_of(PLACE) or GrainSettings()


def keep(settings: GrainSettings) -> None:
    """Make these the session's settings."""
    session.remember(PLACE, settings)


def switches() -> None:
    """Draw one switch an effect, by where it comes from."""
    settings = current()
    titles = {one.name: one.info.label for one in EFFECTS}
    for title, names in GROUPS.items():
        key = session.control(
            f"grain_effects_{title}", [name for name in names if getattr(settings, name)]
        )
        st.pills(
            title,
            names,
            selection_mode="multi",
            format_func=titles.__getitem__,
            key=key,
            on_change=lambda names=names, key=key: _switch(names, session.value_of(key)),
        )


def _switch(names: tuple[str, ...], wanted: list[str]) -> None:
    settings = current()
    off: dict[str, Any] = dict(session.value_of(OFF_PLACE) or {})
    kinds = {one.name: one.kind for one in EFFECTS}
    for name in names:
        values = getattr(settings, name)
        if name in wanted and values is None:
            settings = replace(settings, **{name: off.get(name) or kinds[name]()})
        elif name not in wanted and values is not None:
            off[name] = values
            settings = replace(settings, **{name: None})
    session.remember(OFF_PLACE, off)
    keep(settings)


def adjust(link: PageLink) -> None:
    """Draw the choice of one effect, and a slider for each of its numbers."""
    settings = current()
    on: dict[str, Effect] = {
        one.name: one for one in EFFECTS if getattr(settings, one.name) is not None
    }
    titles = {"seeds": "Grains", **{name: one.info.label for name, one in on.items()}}
    asked = st.query_params.get("adjust")
    if asked is not None and asked not in titles:
        link.change(adjust=None)
    name = link.choose("Adjust", "adjust", titles, in_list=True)
    if name in on:
        st.caption(f"{on[name].info.why}.")
    kind = on[name].kind if name in on else Seeds
    for number, one in parameters(kind).items():
        _slider(name, number, one)


def _slider(effect: str, number: str, one: Parameter) -> None:
    value = float(getattr(getattr(current(), effect), number))
    unit = f" ({one.unit})" if one.unit else ""
    key = f"grain-{effect}-{number}"
    session.control(key, min(max(value, one.low), one.high))

    def note() -> None:
        settings = current()
        changed = replace(getattr(settings, effect), **{number: session.value_of(key)})
        keep(replace(settings, **{effect: changed}))

    st.slider(
        f"{one.label}{unit}",
        float(one.low),
        float(one.high),
        step=(one.high - one.low) / 100,
        format="%.3g",
        key=key,
        on_change=note,
    )

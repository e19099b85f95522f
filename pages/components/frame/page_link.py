"""A page's own part of the link, and the controls whose choice is in it.

A control has in its key what it shows when the link does not name it, and the turn of its
parameter: so it is a new one whenever something else decides what it shows, and what the browser
still holds of the old one is not taken for the user's choice.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import floor, log10
from typing import TYPE_CHECKING

import streamlit as st

from pages.components.frame import link, session
from pages.components.frame.words import literal

if TYPE_CHECKING:
    from streamlit.elements.lib.utils import LabelVisibility

PLACE = "link-refusals"


@dataclass(frozen=True)
class PageLink:
    """The part of the link that is one page's own. ``names``: of its parameters."""

    page: str
    names: tuple[str, ...]

    def read(self) -> None:
        """Read this part of the link, or put back what it was when the page was left.

        What it could not have is said here until the user acts on that or leaves the page.
        """
        mine, place = session.memory(), st.container()
        session.remember(PLACE, place)
        link.return_to(mine, self.page, self.names)
        for message in mine.link_refusals:
            place.warning(literal(message))

    def change(self, **values: object) -> None:
        """Set parameters; None takes one out."""
        link.change(session.memory(), self.page, None, values)

    def note(self, name: str, value: object, **others: object) -> None:
        """Set a parameter as its own control shows it already, and others with it."""
        link.change(session.memory(), self.page, name, {name: value, **others})

    def note_value_of(self, key: str, name: str, **others: object) -> None:
        """Set a parameter to the value of its own control, which has this key."""
        self.note(name, session.value_of(key), **others)

    def refuse(self, message: str, *names: str) -> None:
        """Say in one sentence what the link asks for and cannot have, and take it out.

        ``message``: plain text, which may hold what the link has.
        """
        self.change(**dict.fromkeys(names))
        session.memory().link_refusals[message] = names
        session.value_of(PLACE).warning(literal(message))

    def turn(self, name: str) -> int:
        """Return how often a parameter was changed by anything but its own control."""
        return session.memory().turns.get(name, 0)

    def control(self, name: str, value: object, *default: object) -> str:
        """Return the key of a parameter's control, made to show ``value``.

        ``default``: what decides about the value when the link does not.
        """
        parts = (self.page, name, *default, self.turn(name))
        return session.control("-".join(map(str, parts)), value)

    # ---- what the link asks for

    def one_of(self, name: str, known: Collection[str]) -> str | None:
        """Return a parameter that must be one of ``known``; None, and a sentence, if it is not."""
        asked = st.query_params.get(name)
        if asked is None or asked in known:
            return asked
        known_names = ", ".join(known)
        self.refuse(f'The link asks for {name} "{asked}"; choose one of {known_names}.', name)
        return None

    def whole(self, name: str) -> int | None:
        """Return a whole number, or None, with a sentence where the link has something else."""
        asked = st.query_params.get(name)
        if asked is None:
            return None
        try:
            return int(asked)
        except ValueError:
            self.refuse(
                f'The link asks for {name} "{asked}", which is not a whole number; it is ignored.',
                name,
            )
            return None

    def whole_within(self, name: str, lowest: int, highest: int, default: int) -> int:
        """Return a whole number, or the default, with a sentence where it is out of range."""
        asked = self.whole(name)
        if asked is None or lowest <= asked <= highest:
            return default if asked is None else asked
        self.refuse(
            f"The link asks for {name} {asked}; choose one from {lowest} to {highest}.", name
        )
        return default

    def number(self, name: str, default: float, low: float, high: float) -> float:
        """Return a number, or the default, with a sentence where it is none or out of range."""
        text = st.query_params.get(name)
        if text is None:
            return default
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if low <= value <= high:
            return value
        self.refuse(
            f'The link asks for {name} "{text}"; it must be a number from {low:g} to {high:g}.',
            name,
        )
        return default

    def one_of_numbers(self, name: str, values: Sequence[float], default: float) -> float:
        """Return one of ``values``, or the default, with a sentence where it is none of them."""
        value = self.number(name, default, min(values), max(values))
        if value in values:
            return value
        known = ", ".join(f"{one:g}" for one in values)
        self.refuse(f"The link asks for {name} {value:g}; choose one of {known}.", name)
        return default

    # ---- controls

    def choose(
        self,
        label: str,
        name: str,
        options: Mapping[str, str],
        default: str | None = None,
        *,
        in_list: bool = False,
        known: Collection[str] = (),
        label_visibility: LabelVisibility = "visible",
        drops: Collection[str] = (),
    ) -> str:
        """Draw a choice and return it; the default, or the first option, where none is asked for.

        ``options``: words on screen by value in the link. ``in_list``: a list to open instead of
        buttons side by side. ``known``: values that are right elsewhere; here they give the
        default. ``drops``: parameters that a new choice takes out of the link.
        """
        default = next(iter(options)) if default is None else default
        asked = self.one_of(name, [*options, *(one for one in known if one not in options)])
        chosen = asked if asked in options else default
        key = self.control(name, chosen, default, *options)
        draw = st.selectbox if in_list else st.segmented_control
        draw(
            label,
            list(options),
            format_func=options.__getitem__,
            key=key,
            on_change=lambda: self.note_value_of(key, name, **dict.fromkeys(drops)),
            label_visibility=label_visibility,
            **({} if in_list else {"required": True}),
        )
        return chosen

    def text(self, label: str, name: str, placeholder: str = "") -> str:
        """Draw a line of text that is in the link, and return it without spaces around it."""
        asked = str(st.query_params.get(name) or "").strip()
        key = self.control(name, asked)
        st.text_input(
            label,
            key=key,
            placeholder=placeholder,
            max_chars=100,
            on_change=lambda: self.note(name, str(session.value_of(key)).strip() or None),
        )
        return asked

    def switch(self, label: str, name: str, help: str | None = None) -> bool:
        """Draw a toggle that is in the link when it is on, and return whether it is."""
        is_on = self.one_of(name, ("on",)) == "on"
        key = self.control(name, is_on)
        st.toggle(
            label,
            key=key,
            on_change=lambda: self.note(name, "on" if session.value_of(key) else None),
            help=help,
        )
        return is_on

    def slider(
        self,
        label: str,
        name: str,
        default: float,
        low: float,
        high: float,
        step: float,
        help: str | None = None,
    ) -> float:
        """Draw a slider and return its number."""
        key = self.control(name, self.number(name, default, low, high))
        return st.slider(
            label,
            low,
            high,
            step=step,
            format=f"%.{max(0, -floor(log10(step)))}f",
            key=key,
            on_change=self.note_value_of,
            args=(key, name),
            help=help,
        )

    def scale(self, label: str, name: str, values: Sequence[float], default: float) -> float:
        """Draw a slider over a few values that are far apart; return one of them."""
        key = self.control(name, self.one_of_numbers(name, values, default))
        return st.select_slider(
            label,
            values,
            format_func=lambda one: f"{one:,g}",
            key=key,
            on_change=self.note_value_of,
            args=(key, name),
        )

    def whole_number(self, label: str, name: str, default: int, step: int = 1) -> int:
        """Draw a field for any whole number; what it may be, core says."""
        key = self.control(name, int(self.number(name, default, -1e9, 1e9)))
        return st.number_input(
            label,
            step=step,
            key=key,
            on_change=self.note_value_of,
            args=(key, name),
            width=160,
        )

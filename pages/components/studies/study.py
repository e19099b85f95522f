"""What the case studies share: the frame, the five steps, and controls that are in the link."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import floor, log10
from pathlib import Path
from typing import Any

import streamlit as st

from pages.components.frame import session

PAGES = Path(__file__).resolve().parents[2]
STEPS = {
    "data": "1 Data",
    "question": "2 Question",
    "network": "3 Network",
    "result": "4 Result",
    "breaks": "5 What breaks it",
}


@dataclass(frozen=True)
class Study:
    """``page``: the file's stem. ``names``: its own parameters of the link, ``step`` apart."""

    page: str
    names: tuple[str, ...]

    def begin(self, title: str, sentence: str) -> str:
        """Draw heading, purpose and the choice of the step; return the step, a key of STEPS."""
        session.return_to_link(self.page, ("step", *self.names))
        st.title(title)
        st.markdown(sentence)
        return self.choose("Step", "step", STEPS, label_visibility="collapsed")

    def choose(
        self,
        label: str,
        name: str,
        options: Mapping[str, str],
        *,
        in_list: bool = False,
        label_visibility: Any = "visible",
    ) -> str:
        """Draw a choice that is in the link; return it, the first option where none is asked for.

        ``options``: words on screen by value in the link. ``in_list``: a list to open instead of
        buttons side by side.
        """
        asked = st.query_params.get(name)
        if asked is not None and asked not in options:
            known = ", ".join(options)
            self.refuse(f'The link asks for {name} "{asked}"; choose one of {known}.', name)
            asked = None
        key = self._key(name, asked or next(iter(options)))
        draw = st.selectbox if in_list else st.segmented_control
        draw(
            label,
            list(options),
            format_func=options.__getitem__,
            key=key,
            on_change=lambda: self._note(name, key),
            label_visibility=label_visibility,
            **({} if in_list else {"required": True}),
        )
        return asked or next(iter(options))

    def number(self, name: str, default: float, low: float, high: float) -> float:
        """Return the number in the link; the default, and a sentence, where it cannot be."""
        text = st.query_params.get(name)
        if text is None:
            return default
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not low <= value <= high:
            self.refuse(
                f'The link asks for {name} "{text}"; it must be a number from {low:g} to {high:g}.',
                name,
            )
            return default
        return value

    def slider(
        self, label: str, name: str, default: float, low: float, high: float, step: float
    ) -> float:
        """Draw a slider that is in the link, and return its number."""
        key = self._key(name, self.number(name, default, low, high))
        digits = max(0, -floor(log10(step)))
        return st.slider(
            label,
            low,
            high,
            step=step,
            format=f"%.{digits}f",
            key=key,
            on_change=lambda: self._note(name, key),
        )

    def scale(self, label: str, name: str, values: Sequence[float], default: float) -> float:
        """Draw a slider over a few values that are far apart, in the link; return one of them."""
        value = self.one_of(name, values, default)
        key = self._key(name, value)
        return st.select_slider(
            label,
            values,
            format_func=lambda one: f"{one:,g}",
            key=key,
            on_change=lambda: self._note(name, key),
        )

    def one_of(self, name: str, values: Sequence[float], default: float) -> float:
        """Return the value in the link; the default, and a sentence, where it is none of them."""
        value = self.number(name, default, min(values), max(values))
        if value in values:
            return value
        known = ", ".join(f"{one:g}" for one in values)
        self.refuse(f"The link asks for {name} {value:g}; choose one of {known}.", name)
        return default

    def whole_number(self, label: str, name: str, default: int, step: int = 1) -> int:
        """Draw a field for any whole number, in the link; what it may be, core says."""
        key = self._key(name, int(self.number(name, default, -1e9, 1e9)))
        return st.number_input(
            label, step=step, key=key, on_change=lambda: self._note(name, key), width=160
        )

    def refuse(self, message: str, name: str) -> None:
        """Say in one sentence what the link asks for and cannot have, and take it out."""
        st.warning(message)
        session.change_link(self.page, None, **{name: None})

    def _key(self, name: str, value: object) -> str:
        return session.control(f"{self.page}-{name}-{session.link_turn(name)}", value)

    def _note(self, name: str, key: str) -> None:
        session.change_link(self.page, name, **{name: session.value_of(key)})


def go_on(learn: Mapping[str, str], inspect: Mapping[str, str] | None = None) -> None:
    """Draw links: to pages of the lecture, title by file, and to Inspect with these parameters."""
    with st.container(horizontal=True):
        for file, title in learn.items():
            st.page_link(PAGES / f"{file}.py", label=f"Learn: {title}", icon=":material/school:")
        if inspect is not None:
            st.page_link(
                PAGES / "inspect.py",
                label="Inspect the trained network",
                icon=":material/search:",
                query_params=dict(inspect),
            )


def measured_by(command: str) -> None:
    """Say which command measured what is shown."""
    st.caption(f"Measured by `{command}`; the numbers lie in the repository.")

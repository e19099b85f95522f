"""The lecture on the whole window: one component, which steps without a run of the script."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import streamlit as st

from pages.components.frame import session
from pages.components.frame.serving.scripts import script

KEY = "lecture_deck"
_HERE = Path(__file__).parent

_component = st.components.v2.component(
    "lamella_lecture",
    html=(_HERE / "deck.html").read_text("utf-8"),
    css=(_HERE / "deck.css").read_text("utf-8"),
    js=script(_HERE, "questions.js", "deck.js"),
    # Plotly's own style lies in the document, outside any shadow root.
    isolate_styles=False,
)


@dataclass(frozen=True)
class Screen:
    """One step as the browser shows it. ``figure``: the address of its picture. ``page``: whether
    there is a page that shows it live. ``ask``, ``choices``, ``truth``: of a question.
    """

    key: str
    part: str
    title: str
    sentence: str
    figure: str
    page: bool
    ask: str = ""
    choices: tuple[str, ...] = ()
    truth: int = -1


@dataclass(frozen=True)
class Left:
    """Why the lecture was left: at which step, and "live" for the page that shows it live."""

    step: str
    where: str


def deck(
    screens: tuple[Screen, ...],
    step: str,
    library: str,
    note: str,
    answers: str,
    live: str,
    on_left: Callable[[Left], None],
) -> None:
    """Show the lecture from ``step`` on.

    ``library``: the address of plotly.js. ``note``: one line for whoever stands on stage.
    ``answers``: the address of the class's answers, "" where none are collected. ``live``: what the
    link to a step's page says.
    """

    def left() -> None:
        sent = session.component_state(KEY).get("left")
        if isinstance(sent, dict):
            on_left(Left(str(sent.get("step", "")), str(sent.get("where", ""))))

    _component(
        key=KEY,
        data={
            "steps": [asdict(one) for one in screens],
            "step": step,
            "library": library,
            "note": note,
            "answers": answers,
            "live": live,
        },
        on_left_change=left,
    )

"""The page Lecture: which micrograph is on stage, where each step's picture is, and leaving."""

from __future__ import annotations

from functools import cache, partial
from pathlib import Path
from threading import Lock
from urllib.parse import urlencode

import streamlit as st

from core.errors import LamellaError
from core.figures.encoding import EncodedImage
from lecture.drawing import MEDIA_TYPE, encoded
from lecture.step import Step, Subject
from lecture.steps import PARTS, STEPS
from pages.components.frame import images, networks, publish, samples, session, stores
from pages.components.frame.memory import Opened
from pages.components.frame.page_link import PageLink
from pages.components.lecture.class_route import class_address, classrooms, is_open
from pages.components.lecture.deck import Left, Screen, deck
from pages.components.lecture.route import library_address

PAGES = Path(__file__).resolve().parents[2]
LINK = PageLink("lecture", ("step", "present", "class"))
GO_LIVE = "lecture_live"
FIRST = next(iter(STEPS))
PRESENT = "1"
PICTURE_BYTES = 400_000
"""About, of one step."""
ELSEWHERE = "This link's image cannot be opened here; shown: a sample."


def present(opened: Opened, note: str) -> None:
    """Show the lecture on the whole window, from the link's step on. ``note``: said in a line."""
    code = class_code()
    deck(
        _screens(opened),
        st.query_params.get("step", FIRST),
        publish.below_base_path(library_address()),
        note,
        publish.below_base_path(class_address(code)) if is_open(code) else "",
        _leave,
    )


def class_code() -> str:
    """Return the code of the class in the link, "" where there is none."""
    return st.query_params.get("class", "")


def begin_class() -> None:
    """Open a class, and put its code into the link."""
    LINK.change(**{"class": classrooms().open()})


def end_class() -> None:
    """Forget the class of the link with all its answers."""
    classrooms().close(class_code())
    LINK.change(**{"class": None})


def _leave(left: Left) -> None:
    step = left.step if left.step in STEPS else FIRST
    if left.where == "live" and STEPS[step].page:
        session.remember(GO_LIVE, step)
    else:
        LINK.change(present=None, step=step)


def go_live() -> None:
    """Open the page that shows a step live, where the lecture was just left for it."""
    key = session.value_of(GO_LIVE)
    if key is None:
        return
    session.remember(GO_LIVE, None)
    step = STEPS[key]
    LINK.change(step=key)
    query = {**session.everywhere(), **step.query, "presenter": "true", "lecture": key}
    st.switch_page(PAGES / f"{step.page.replace('-', '_')}.py", query_params=query)


def micrograph() -> tuple[Opened, str]:
    """Return what is on stage and a line about it: a sample where the link's image is not here."""
    mine = session.memory()
    if mine.source is None:
        note = ELSEWHERE if mine.notice else ""
        session.choose(f"sample:{samples.offers()[0].name}")
        return _sample(), note
    try:
        return images.opened() or _sample(), ""
    except LamellaError:
        return _sample(), ELSEWHERE


def _sample() -> Opened:
    return images.open_source(f"sample:{samples.offers()[0].name}")


def _subject(opened: Opened) -> Subject:
    return Subject(opened.micrograph, opened.truth, networks.engine)


def _screens(opened: Opened) -> tuple[Screen, ...]:
    subject = _subject(opened)
    sample = _subject(_sample())
    shown = opened.micrograph
    content = f"{opened.content} {shown.pixel_size} {shown.bar_rows}"
    return tuple(
        Screen(
            step.key,
            part.title,
            step.title,
            step.sentence,
            publish.later(
                "lecture",
                f"{step.key} {content}",
                partial(_picture, step, subject, sample),
                MEDIA_TYPE,
                opened.source.startswith("sample:"),
            ),
            bool(step.page),
            step.question.ask if step.question else "",
            step.question.choices if step.question else (),
            step.question.truth if step.question else -1,
        )
        for part in PARTS
        for step in part.steps
    )


def _picture(step: Step, subject: Subject, sample: Subject) -> EncodedImage:
    """Return a step's picture, drawn once for all sessions, one at a time: a class that opens the
    same link at once asks for the same pictures."""
    shown = subject.micrograph
    key = ("lecture", shown.digest, step.key, shown.pixel_size, shown.bar_rows)
    with _one_at_a_time():
        return stores.kept(key, lambda: encoded(step, subject, sample), PICTURE_BYTES)


@cache
def _one_at_a_time() -> Lock:
    return Lock()


def link_to(step: Step) -> dict[str, str]:
    """Return the link of a step, with the micrograph and without the model."""
    image = {name: text for name, text in session.everywhere().items() if name != "model"}
    code = {"class": class_code()} if class_code() else {}
    return {**image, **code, "step": step.key, "present": PRESENT}


def address_of(step: Step) -> str:
    """Return the whole address of a step, as a class can open it."""
    here = (st.context.url or "").partition("?")[0]
    return f"{here}?{urlencode(link_to(step))}"

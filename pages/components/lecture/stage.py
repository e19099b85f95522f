"""The page Lecture: which micrograph is on stage, where each step's picture is, and leaving."""

from __future__ import annotations

from functools import cache, partial
from pathlib import Path
from threading import Lock
from urllib.parse import urlencode

import streamlit as st

from core.errors import LamellaError
from core.figures.encoding import EncodedImage
from lecture.classroom import Shown
from lecture.drawing import MEDIA_TYPE, encoded
from lecture.step import Step, Subject
from lecture.steps import PARTS, STEPS
from pages.components.frame import keeping, presenter, session, stores
from pages.components.frame.images import images, samples
from pages.components.frame.memory import Opened
from pages.components.frame.page_link import PageLink
from pages.components.frame.serving import publish
from pages.components.frame.work import networks
from pages.components.lecture import class_image
from pages.components.lecture.class_route import class_address, classrooms, is_open
from pages.components.lecture.deck import Left, Screen, deck
from pages.components.lecture.route import library_address

PAGES = Path(__file__).resolve().parents[2]
LINK = PageLink("lecture", ("step", "present", "class"))
GO_LIVE, GO_BACK = "lecture_live", "lecture_back"
FIRST = next(iter(STEPS))
PRESENT, CONTENTS = "1", "0"
PICTURE_BYTES = 400_000
"""About, of one step."""
LIVE, LIVE_ON_SAMPLE = "Try it live", "Try it live on a sample"
NOT_THE_CLASSES = "The class's image cannot be opened; shown: a sample."
ELSEWHERE = "This link's image cannot be opened here; shown: a sample."


def is_presented() -> bool:
    """Return whether the link asks for the lecture on the whole window, as that of a class does."""
    asked = st.query_params.get("present")
    return asked == PRESENT or (asked is None and is_open(class_code()))


def present(opened: Opened, note: str) -> None:
    """Show the lecture on the whole window, from the link's step on. ``note``: said in a line."""
    code = class_code()
    shown = classrooms().shown(code)
    deck(
        _screens(opened, code if shown is not None else ""),
        st.query_params.get("step", shown.step if shown else FIRST),
        publish.below_base_path(library_address()),
        note,
        publish.below_base_path(class_address(code)) if shown is not None else "",
        LIVE_ON_SAMPLE if _is_anothers_upload(shown) else LIVE,
        _leave,
    )


def class_code() -> str:
    """Return the code of the class in the link, "" where there is none."""
    return st.query_params.get("class", "")


def is_mine() -> bool:
    """Return whether the class of the link was opened by whoever asks."""
    shown = classrooms().shown(class_code())
    return shown is not None and shown.owner == session.owner()


def begin_class(source: str, step: str) -> None:
    """Open a class that is shown the micrograph ``source`` from ``step`` on; its code is then in
    the link, which stays with the contents."""
    code = classrooms().open(Shown(session.owner(), source, step))
    LINK.change(**{"class": code, "present": CONTENTS})


def end_class() -> None:
    """Forget the class of the link with all its answers; its micrograph is shown no more."""
    classrooms().close(class_code())
    LINK.change(**{"class": None, "present": None})


def _leave(left: Left) -> None:
    step = left.step if left.step in STEPS else FIRST
    origin = session.value_of(presenter.FROM)
    if left.where == "live" and STEPS[step].page:
        session.remember(GO_LIVE, step)
    elif origin:
        session.remember(presenter.FROM, None)
        session.remember(GO_BACK, origin)
    else:
        LINK.change(present=CONTENTS if class_code() else None, step=step)


def go_elsewhere() -> None:
    """Open the page that shows a step live, or that the lecture was presented from, where it was
    just left for it. The menu leads back to the step."""
    key = session.value_of(GO_LIVE)
    if key is not None:
        session.remember(GO_LIVE, None)
        LINK.change(step=key)
        query = {**_sample_of_the_class(), **STEPS[key].query, "presenter": "true", "lecture": key}
    else:
        key, query = session.value_of(GO_BACK), {}
    if key is None:
        return
    session.remember(GO_BACK, None)
    page = STEPS[key].page.replace("-", "_")
    st.switch_page(PAGES / f"{page}.py", query_params={**session.everywhere(), **query})


def _is_anothers_upload(shown: Shown | None) -> bool:
    """Return whether a class is shown an image that its students cannot open on another page."""
    return (
        shown is not None
        and shown.owner != session.owner()
        and keeping.sample_name(shown.source) is None
    )


def _sample_of_the_class() -> dict[str, str]:
    """Return the part of the link that opens the class's sample on another page as well."""
    shown = classrooms().shown(class_code())
    name = keeping.sample_name(shown.source) if shown is not None else None
    return {"sample": name} if name is not None else {}


def micrograph() -> tuple[Opened, str]:
    """Return what is on stage and a line about it: a sample where the link's image is not here."""
    shown = classrooms().shown(class_code())
    if shown is not None:
        opened = class_image.open_shown(shown)
        return (opened, "") if opened is not None else (_sample(), NOT_THE_CLASSES)
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


def _screens(opened: Opened, code: str) -> tuple[Screen, ...]:
    """``code``: of the class that sees them, "" where there is none."""
    subject = _subject(opened)
    sample = _subject(_sample())
    shown = opened.micrograph
    content = f"{opened.content} {shown.pixel_size} {shown.bar_rows}"
    is_sample = opened.source.startswith("sample:")
    code = "" if is_sample else code
    may_be_seen = partial(is_open, code) if code else None
    return tuple(
        Screen(
            step.key,
            part.title,
            step.title,
            step.sentence,
            publish.later(
                f"lecture {code}",
                f"{step.key} {content}",
                partial(_picture, step, subject, sample),
                MEDIA_TYPE,
                is_sample or bool(code),
                may_be_seen,
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
    """Return the link of a step, with the micrograph or the class and without the model."""
    where = {"step": step.key, "present": PRESENT}
    if class_code():
        return {"class": class_code(), **where}
    image = {name: text for name, text in session.everywhere().items() if name != "model"}
    return {**image, **where}


def address_of(step: Step) -> str:
    """Return the whole address of a step; where a class is open, the short one of the class."""
    here = (st.context.url or "").partition("?")[0]
    code = class_code()
    return f"{here}?{urlencode({'class': code} if is_open(code) else link_to(step))}"

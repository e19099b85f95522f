"""The page Lecture before and after it is given: how it begins, its link, and all its steps."""

from __future__ import annotations

import streamlit as st

from core.figures.qr_code import qr_code
from lecture.step import Step
from lecture.steps import PARTS, STEPS
from pages.components.frame import keeping, stores
from pages.components.frame.images import samples
from pages.components.frame.memory import Opened
from pages.components.frame.words import literal
from pages.components.learn import opening
from pages.components.lecture import class_image, stage
from pages.components.lecture.class_route import is_open

PAGE = stage.PAGES / "lecture.py"
COLUMNS = 3
QR_PX = 190


def heading(opened: Opened) -> None:
    """Draw the micrograph, what the lecture is, and why a microscopist cares."""
    row = st.container(horizontal=True, vertical_alignment="center", gap="medium")
    with row.container(width=opening.PX):
        opening.picture(opened.micrograph)
    with row.container(width="stretch", gap="small"):
        st.title("Lecture")
        st.markdown(
            "A network outlines and counts in seconds what takes hours by hand. Knowing how it "
            "reads a micrograph tells you when to trust it."
        )
        st.markdown(
            "From pixels to the U-Net in one talk: one idea and one picture per screen, drawn from "
            "your micrograph."
        )


def begin(opened: Opened) -> None:
    """Draw what starts the lecture, where it was left, and the link for a class."""
    asked = st.query_params.get("step", stage.FIRST)
    step = STEPS.get(asked, STEPS[stage.FIRST])
    if asked not in STEPS:
        st.warning("The link names a step that does not exist; shown: the first.")
    if stage.class_code() and not is_open(stage.class_code()):
        st.warning("The class of this link is over.")
    place = list(STEPS).index(step.key) + 1
    left, right = st.columns([2.2, 1], gap="large")
    with left:
        st.page_link(
            PAGE,
            label=f"**Present from step {place} of {len(STEPS)}: {step.title}**",
            icon=":material/slideshow:",
            query_params=stage.link_to(step),
        )
        st.markdown(
            "Arrow keys, Page Down and Page Up, or a clicker move one step on or back; Home and "
            "End jump to the first and the last step; B blanks the screen; Esc leaves. *Try it "
            "live* opens the page that shows the same with all its controls; Esc leads back from "
            "there."
        )
        _class(opened, step)
    with right:
        address = stage.address_of(step)
        code = stores.kept(("qr", address), lambda: qr_code(address).data_uri, 50_000)
        # Within the page: a file of its own would be gone as soon as the link changes.
        st.image(code, width=QR_PX)
        st.caption("The link for the class" if is_open(stage.class_code()) else "This step")
        st.code(address, language=None, wrap_lines=True)


def _class(opened: Opened, step: Step) -> None:
    """Draw what opens and ends a class, and what it is shown."""
    name = literal(opened.micrograph.name)
    if is_open(stage.class_code()):
        st.markdown(
            "**The class is open**: whoever has the link on the right sees the lecture drawn from "
            f"{name} and can answer its questions anonymously. Space shows the right answer and "
            "how the class voted."
        )
        if stage.is_mine():
            st.button("End the class", on_click=stage.end_class)
        return
    source, shares = opened.source, ""
    if keeping.sample_name(source) is None:
        if class_image.can_be_shown(source):
            shares = f"This shares pictures of **{name}** with whoever has the link. "
        else:
            source = f"sample:{samples.offers()[0].name}"
            shares = f"{name} is not kept on this server, so the class sees a sample. "
    st.markdown(
        "Students can follow on their phones with one short link and answer the questions "
        f"anonymously. {shares}The class ends when you end it, three hours after its last use, or "
        "eight hours from now; nothing of it is kept."
    )
    st.button("Open a class", on_click=stage.begin_class, args=(source, step.key))


def all_steps() -> None:
    """Draw every step as a link, by part."""
    with st.container(key="lecture-steps"):
        columns, number = st.columns(COLUMNS, gap="medium"), 0
    for part in PARTS:
        with columns[COLUMNS * number // len(STEPS)]:
            st.subheader(part.title)
            for step in part.steps:
                number += 1
                st.page_link(
                    PAGE, label=f"{number}. {step.title}", query_params=stage.link_to(step)
                )

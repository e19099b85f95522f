"""The page Lecture before and after it is given: how it begins, its link, and all its steps."""

from __future__ import annotations

import streamlit as st

from core.figures.qr_code import qr_code
from lecture.steps import PARTS, STEPS
from pages.components.frame import stores
from pages.components.frame.memory import Opened
from pages.components.learn import opening
from pages.components.lecture import stage
from pages.components.lecture.class_route import is_open

PAGE = stage.PAGES / "lecture.py"
COLUMNS = 3
QR_PX = 190
MOST_OF_A_COLUMN = 18


def heading(opened: Opened) -> None:
    """Draw the micrograph, what the lecture is, and why a microscopist cares."""
    row = st.container(horizontal=True, vertical_alignment="center", gap="medium")
    with row.container(width=opening.PX):
        opening.picture(opened.micrograph)
    with row.container(width="stretch", gap="small"):
        st.title("Lecture")
        st.markdown(
            "A network can outline and count in seconds what takes hours by hand. Whoever knows "
            "how it looks at a micrograph knows when to believe it."
        )
        st.markdown(
            "From pixels to the U-Net in one talk: one idea, one picture and one sentence a "
            "screen, drawn of your micrograph."
        )


def begin() -> None:
    """Draw what starts the lecture, where it was left, and the link for a class."""
    asked = st.query_params.get("step", stage.FIRST)
    step = STEPS.get(asked, STEPS[stage.FIRST])
    if asked not in STEPS:
        st.warning("The link asks for a step that does not exist; shown: the first.")
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
            "Arrow keys, Page Down and Page Up, or a clicker step on and back; Home and End go to "
            "the ends; B makes the screen black; Esc leaves. *Try it live* opens the page where "
            "the same is shown with all its controls, and Esc there leads back."
        )
        _class()
    with right:
        address = stage.address_of(step)
        code = stores.kept(("qr", address), lambda: qr_code(address).data, 50_000)
        st.image(code, width=QR_PX, output_format="PNG")
        st.caption("This step, for a class")
        st.code(address, language=None, wrap_lines=True)


def _class() -> None:
    """Draw what begins and ends the collecting of answers."""
    if is_open(stage.class_code()):
        st.markdown(
            "**The class answers the lecture's questions** by the link at the right, without "
            "names. Space shows the bars beside the truth. The answers are gone three hours after "
            "the last one, or at once:"
        )
        st.button("End the class", on_click=stage.end_class)
    else:
        st.markdown(
            "Seven steps are questions. A class can answer them on its phones, without names:"
        )
        st.button("Collect the class's answers", on_click=stage.begin_class)


def all_steps() -> None:
    """Draw every step as a link, by part."""
    columns, number = st.columns(COLUMNS, gap="medium"), 0
    for part in PARTS:
        with columns[min(COLUMNS - 1, number // MOST_OF_A_COLUMN)]:
            st.subheader(part.title)
            for step in part.steps:
                number += 1
                st.page_link(
                    PAGE, label=f"{number}. {step.title}", query_params=stage.link_to(step)
                )

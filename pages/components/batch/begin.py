"""A new batch: images, model, what is measured, and a button."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import streamlit as st

from core.errors import LamellaError
from core.jobs import batch as jobs
from core.workspace import batches, micrographs
from core.workspace.batches import Settings
from pages.components.batch import images
from pages.components.batch.link import LINK
from pages.components.frame import session, sidebar
from pages.components.frame.words import literal, moment
from pages.components.frame.work import worker
from pages.components.measure import choices
from pages.components.segment import advanced

if TYPE_CHECKING:
    from core.types.model_card import ModelCard
    from core.workspace.batches import Batch
    from core.workspace.workspace import Workspace

MARKS = (
    "{} learns from strokes on one image. Keep it under a name on the page Segment, then choose it "
    "here; or choose a trained network or a threshold."
)
MOST_NAMED = 12
MODEL = "particles"
"""For the generated fields."""


def draw(workspace: Workspace) -> None:
    """Draw the form, and the batches of before below it."""
    card = sidebar.choose_model()
    objects = sidebar.object_settings(card)
    with st.sidebar:
        choice = advanced.choose(card)
    settings = Settings(objects, choices.settings(card, link=LINK), choice)
    st.subheader("New batch")
    chosen = images.draw(workspace)
    if chosen:
        names = ", ".join(literal(one.title) for one in chosen[:MOST_NAMED])
        more = f" and {len(chosen) - MOST_NAMED:,} more" if len(chosen) > MOST_NAMED else ""
        st.caption(f"{len(chosen):,} chosen: {names}{more}.")
    if card.needs_marks:
        st.info(MARKS.format(card.title))
    _start(workspace, card, settings, [one.id for one in chosen])
    _earlier(workspace)


def _start(workspace: Workspace, card: ModelCard, settings: Settings, ids: list[str]) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input(
            "Name", key="batch_title", max_chars=100, placeholder=moment(time.time()), width=320
        )

        def begin() -> None:
            name = str(session.value_of("batch_title") or "").strip() or moment(time.time())
            try:
                made = batches.begin(workspace, session.owner(), name, card.name, settings, ids)
                jobs.enqueue(workspace, made)
            except LamellaError as error:
                session.remember(images.REFUSED, (str(error),))
                return
            worker.start()
            images.forget()
            LINK.change(batch=made.id)

        st.button(
            f"Measure {len(ids):,} {'image' if len(ids) == 1 else 'images'}" if ids else "Measure",
            type="primary",
            disabled=not ids or card.needs_marks,
            on_click=begin,
            key="batch-begin",
        )
        if ids:
            st.button("Start over", on_click=images.forget)
        else:
            st.button("Try it with eight generated fields", on_click=_sample, args=(workspace,))


def _sample(workspace: Workspace) -> None:
    """Begin a batch of generated fields in two groups, with the model and settings for it."""
    from core.synthesis.series import particle_series

    owner, series = session.owner(), particle_series()
    try:
        ids = [
            micrographs.add(workspace, owner, micrographs.source_of(name, data, {}), name, data).id
            for name, data in series.files
        ]
        made = batches.begin(workspace, owner, series.title, MODEL, Settings(), ids)
        batches.group(workspace, owner, made.id, series.groups, "groups.csv")
        jobs.enqueue(workspace, made)
    except LamellaError as error:
        session.remember(images.REFUSED, (str(error),))
        return
    worker.start()
    LINK.change(batch=made.id)


def _earlier(workspace: Workspace) -> None:
    found = batches.listed(workspace, session.owner())
    if not found:
        return
    st.subheader("Earlier batches")
    for one in found:
        _row(one)


def _row(batch: Batch) -> None:
    card = session.models().get(batch.model)
    model = literal(card.title if card else batch.model)
    with st.container(horizontal=True, vertical_alignment="center", border=True):
        st.markdown(f"**{literal(batch.title)}**", width="stretch")
        st.caption(f"{model}, {moment(batch.created)}", width="content")
        st.caption(f"{batch.measured:,} of {batch.fields:,} measured", width="content")
        st.button("Open", key=f"open-{batch.id}", on_click=LINK.change, kwargs={"batch": batch.id})

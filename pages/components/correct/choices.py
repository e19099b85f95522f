"""Which segmentation is corrected: a model's result on the open image, or a blank one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from core.errors import LamellaError
from core.segmentation.settings import ObjectSettings
from core.types import ModelCard
from core.workspace import corrections, results
from models import catalogue
from pages.components.correct.link import BLANK, LINK, MODEL, RESULT
from pages.components.frame import keeping, session, sidebar
from pages.components.frame.memory import Opened
from pages.components.frame.queued import name_of
from pages.components.frame.words import literal, moment
from pages.components.segment import kept, marking, run
from pages.components.segment.kept import Corrected, Reference

if TYPE_CHECKING:
    from core.workspace.results import Stored
    from core.workspace.workspace import Workspace

BEGIN = {MODEL: "Model result", BLANK: "Blank image"}
POLL_S = 0.3
NO_RESULT = "The link asks for a result that is not in your library, or not of this image."
UNKNOWN = "{} is not among this server's models any more, so its result cannot be shown."


@dataclass(frozen=True)
class Chosen:
    """A result whose corrections are open. ``reference``: to the analysis, for the exports.
    ``objects_phase``: index of the phase that is counted."""

    result: str
    card: ModelCard
    reference: Reference

    @property
    def objects_phase(self) -> int | None:
        return self.card.objects_phase


def micrograph() -> Opened | None:
    """Draw the image's controls; the first sample where none is chosen, None where unreadable."""
    session.begin_with_a_sample(run=True)
    return sidebar.choose_micrograph()


def choose(workspace: Workspace, opened: Opened) -> Chosen | None:
    """Draw what the correction begins with; None while there is no result of it yet."""
    stored = _asked(workspace, opened)
    if stored is not None:
        return _kept_result(workspace, opened, stored)
    card = sidebar.choose_model()
    with st.sidebar:
        begin = LINK.choose("Start from", "begin", BEGIN)
    if begin == BLANK:
        return _blank(workspace, opened, card)
    card, marked = marking.choose(opened, card)
    settings = session.memory().settings.get(opened.source, ObjectSettings())
    with st.sidebar:
        found = run.segment(opened, card, settings, marked)
    if found is None:
        return None
    key = run.labels_key(opened, card, marked)
    result = session.memory().saved.get(key)
    if not result:
        _wait_until_saved(key)
        return None
    corrections.begin(workspace, session.owner(), result, found.analysis)
    return Chosen(result, card, found.reference)


def _asked(workspace: Workspace, opened: Opened) -> Stored | None:
    """Return the result of the open image that the link names; None where it names none."""
    asked = st.query_params.get(RESULT)
    if asked is None:
        return None
    owner, micrograph = session.owner(), session.memory().ids.get(opened.source)
    listed = results.listed(workspace, owner, micrograph) if micrograph else ()
    found = next((one for one in listed if one.id == asked), None)
    if found is None:
        LINK.refuse(NO_RESULT, RESULT)
    return found


def _kept_result(workspace: Workspace, opened: Opened, stored: Stored) -> Chosen:
    """Return a result of the library, of whatever made it.

    Raises:
        LamellaError: its files are damaged, or its model is one that this server does not know.
    """
    with st.sidebar:
        st.subheader("Result")
        st.markdown(f"**{literal(stored.title)}**, {moment(stored.created)}")
        st.button("Another result", on_click=lambda: LINK.change(**{RESULT: None}))
    shown, settings = opened.micrograph, stored.object_settings
    key = (shown.digest, "kept result", stored.id)
    made = kept.find(key, settings, shown)
    if made is None:
        card = catalogue.card_of_result(stored)
        if card is None:
            raise LamellaError(UNKNOWN.format(stored.title))
        made = results.load(workspace, stored, shown, card, with_corrections=False)
        kept.keep(key, made)
    corrections.begin(workspace, stored.owner, stored.id, made)
    corrected = Corrected(stored.owner, stored.id)
    reference = Reference(key, settings, shown.name, shown.pixel_size, corrected)
    return Chosen(stored.id, made.card, reference)


def _blank(workspace: Workspace, opened: Opened, card: ModelCard) -> Chosen | None:
    """Return an image without anything on it, with the phases of ``card``; kept as one result."""
    from core.correction.blank import blank, blank_card

    owner, shown = session.owner(), opened.micrograph
    micrograph = keeping.identity_of(session.memory(), opened.source)
    if micrograph is None:
        return None
    own = blank_card(card.phases, card.objects_phase)
    about = ("blank", shown.digest, shown.bar_rows, shown.pixel_size, card.phases)
    key = (shown.digest, *about)
    made = kept.find(key, ObjectSettings(), shown)
    if made is None:
        made = blank(shown, card.phases, card.objects_phase)
        kept.keep(key, made)
    stored = results.find(workspace, owner, name_of(about))
    if stored is None or corrections.find(workspace, owner, stored.id) is None:
        stored = results.add(workspace, owner, micrograph, name_of(about), made)
        corrections.begin(workspace, owner, stored.id, made)
    corrected = Corrected(owner, stored.id)
    reference = Reference(key, ObjectSettings(), shown.name, shown.pixel_size, corrected)
    return Chosen(stored.id, own, reference)


def _wait_until_saved(key: tuple[object, ...]) -> None:
    """Run the page again when the result is in the library; nothing is corrected before."""
    st.fragment(_look, run_every=POLL_S)(key)


def _look(key: tuple[object, ...]) -> None:
    mine = session.memory()
    if mine.saved.get(key):
        st.rerun()
    if why := mine.unkept.get(mine.source or ""):
        st.warning(why)
    else:
        st.caption("Saving the result.")

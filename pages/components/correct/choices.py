"""Which segmentation is corrected: a model's result on the open image, or a blank one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from core.segmentation.settings import ObjectSettings
from core.types.model_card import ModelCard
from core.workspace.corrections import corrections
from core.workspace.results import results
from pages.components.correct.link import BLANK, LINK, MODEL
from pages.components.frame import keeping, session, sidebar
from pages.components.frame.memory import Opened
from pages.components.frame.work.queued import name_of
from pages.components.segment import kept, marking, run
from pages.components.segment import stored as stored_result
from pages.components.segment.kept import Corrected, Reference

if TYPE_CHECKING:
    from core.workspace.workspace import Workspace

BEGIN = {MODEL: "Model result", BLANK: "Blank image"}
POLL_S = 0.3


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
    stored = stored_result.asked(opened, LINK)
    if stored is not None:
        stored_result.draw(stored, LINK)
        found = stored_result.load(workspace, opened, stored)
        corrections.begin(workspace, stored.owner, stored.id, found.made)
        return Chosen(stored.id, found.card, found.reference)
    card = sidebar.choose_model()
    with st.sidebar:
        begin = LINK.choose("Start from", "begin", BEGIN)
    if begin == BLANK:
        return _blank(workspace, opened, card)
    card, marked = marking.choose(opened, card)
    settings = session.memory().settings.get(opened.source, ObjectSettings())
    with st.sidebar:
        made = run.segment(opened, card, settings, marked)
    if made is None:
        return None
    key = run.labels_key(opened, card, marked)
    result = session.memory().saved.get(key)
    if not result:
        _wait_until_saved(key)
        return None
    corrections.begin(workspace, session.owner(), result, made.analysis)
    return Chosen(result, card, made.reference)


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

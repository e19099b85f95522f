"""A result of the library as it was kept, whatever made it: no network is needed for that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from core.errors import LamellaError
from core.types.model_card import ModelCard
from core.workspace.results import results, stored_analysis
from models import catalogue
from pages.components.correct.link import RESULT
from pages.components.frame import keeping, session
from pages.components.frame.memory import Opened
from pages.components.frame.page_link import PageLink
from pages.components.frame.words import literal, moment
from pages.components.segment import kept
from pages.components.segment.kept import Corrected, Reference
from pages.components.segment.run import Result

if TYPE_CHECKING:
    from core.analysis.analysis import Analysis
    from core.workspace.results.stored import Stored
    from core.workspace.workspace import Workspace

NO_RESULT = "The link asks for a result that is not in your library, or not of this image."
UNKNOWN = "{} is not among this server's models any more, so its result cannot be shown."
REMOVED = (
    "{} is not among this server's models any more. Its result is shown as it was kept; to segment "
    "another image, or to look into a network on Inspect, choose another model."
)


@dataclass(frozen=True, eq=False)
class KeptResult:
    """A result of the library. ``made``: as its model left it; ``reference``: to it with what was
    corrected since."""

    stored: Stored
    card: ModelCard
    made: Analysis
    reference: Reference

    @property
    def result(self) -> Result:
        """It with what was corrected."""
        return Result(self.reference.analysis(), self.reference)


def choose(opened: Opened, link: PageLink) -> KeptResult | None:
    """Draw which result of the open image the link names, and return it; None where it names none.

    ``link``: of the page, which has :data:`RESULT` among its parameters.
    """
    stored, workspace = asked(opened, link), keeping.workspace()
    if stored is None or workspace is None:
        return None
    draw(stored, link)
    try:
        return load(workspace, opened, stored)
    except LamellaError as error:
        link.refuse(str(error), RESULT)
        return None


def asked(opened: Opened, link: PageLink) -> Stored | None:
    """Return the result of the open image that the link names; None where it names none."""
    wanted, workspace = st.query_params.get(RESULT), keeping.workspace()
    if wanted is None or workspace is None:
        return None
    owner, micrograph = session.owner(), session.memory().ids.get(opened.source)
    listed = results.listed(workspace, owner, micrograph) if micrograph else ()
    found = next((one for one in listed if one.id == wanted), None)
    if found is None:
        link.refuse(NO_RESULT, RESULT)
    return found


def draw(stored: Stored, link: PageLink) -> None:
    """Draw in the sidebar whose result it is, and the way to others."""
    with st.sidebar:
        st.subheader("Result")
        st.markdown(f"**{literal(stored.title)}**, {moment(stored.created)}")
        if stored.model not in session.models():
            st.caption(literal(REMOVED.format(stored.title)))
        if notice := session.memory().model_notice:
            st.warning(literal(notice))
        st.button("Another result", on_click=lambda: link.change(**{RESULT: None}))


def load(workspace: Workspace, opened: Opened, stored: Stored) -> KeptResult:
    """Return a result of the library, of whatever made it.

    Raises:
        LamellaError: its files are damaged, or its model is one that this server does not know.
    """
    shown, settings = opened.micrograph, stored.object_settings
    key = (shown.digest, "kept result", stored.id)
    made = kept.find(key, settings, shown)
    if made is None:
        card = catalogue.card_of_result(stored)
        if card is None:
            raise LamellaError(UNKNOWN.format(stored.title))
        made = stored_analysis.load(workspace, stored, shown, card, with_corrections=False)
        kept.keep(key, made)
    corrected = Corrected(stored.owner, stored.id)
    reference = Reference(key, settings, shown.name, shown.pixel_size, corrected)
    return KeptResult(stored, made.card, made, reference)

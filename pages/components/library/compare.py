"""Two results of one image side by side; zoomed and moved together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.errors import LamellaError
from core.workspace.corrections import corrections
from core.workspace.results import stored_analysis
from models import catalogue
from pages.components.frame import session, stores
from pages.components.frame.images import images
from pages.components.frame.serving import publish
from pages.components.frame.words import capital, literal, moment
from pages.components.library.link import LINK
from pages.components.viewer.viewer import ViewerSettings, viewer

if TYPE_CHECKING:
    from core.analysis.analysis import Analysis
    from core.workspace.micrographs import Kept
    from core.workspace.results.stored import Stored
    from core.workspace.workspace import Workspace

GROUP = "compare"
HEIGHT = 520
GONE = "{} is not among this server's models any more, so its result cannot be shown."


def draw(workspace: Workspace, kept: Kept, found: tuple[Stored, ...]) -> None:
    """Draw two results, chosen among those ``found``, in viewers that move together."""
    st.subheader("Compare")
    titles = {one.id: _title(one) for one in found}
    by_id = {one.id: one for one in found}
    sides = ("left", found[1].id), ("right", found[0].id)
    for place, (name, default) in zip(st.columns(2, gap="medium"), sides, strict=True):
        with place:
            chosen = LINK.choose(
                capital(name), name, titles, default, in_list=True, label_visibility="collapsed"
            )
            try:
                analysis = _analysis(workspace, kept, by_id[chosen])
            except LamellaError as error:
                st.warning(literal(str(error)))
            else:
                _show(analysis, name)
    st.caption("Zoom or move one, and the other follows.")


def _title(stored: Stored) -> str:
    by_hand = ", corrected by hand" if stored.by_hand else ""
    return f"{stored.title}, {moment(stored.created)}{by_hand}"


def _show(analysis: Analysis, name: str) -> None:
    viewer(
        publish.micrograph(analysis.micrograph),
        ViewerSettings(
            labels=publish.labels_of_objects(analysis),
            phases=analysis.segmentation.phases,
            objects=publish.objects(analysis),
            bar_rows=analysis.micrograph.bar_rows,
            height=HEIGHT,
            group=GROUP,
        ),
        key=f"compare-{name}",
    )
    st.table(_numbers(analysis), border="horizontal", alt="Phase fractions and objects")


def _numbers(analysis: Analysis) -> dict[str, str]:
    from core.figures.size_histogram import size_bins
    from core.measurement.readable_units import in_digits

    fractions = analysis.phase_fractions
    rows = {
        capital(phase): f"{100 * share:.1f} % of the area"
        for phase, share in zip(fractions["phase"], fractions["area_fraction"], strict=True)
    }
    if analysis.card.objects_phase is not None:
        rows["Objects"] = f"{len(analysis.table):,}"
        sizes = size_bins(analysis.table)
        if sizes.counted:
            rows["Median diameter"] = f"{in_digits(sizes.median)} {sizes.unit}"
    if analysis.by_hand is not None:
        rows["By hand"] = capital(f"{analysis.by_hand}.")
    return rows


def _analysis(workspace: Workspace, kept: Kept, stored: Stored) -> Analysis:
    head = corrections.find(workspace, stored.owner, stored.id)
    key = ("library", session.owner(), stored.id, head and head.revision)
    store = stores.results()
    found: Analysis | None = store.get(key)
    if found is None:
        card = catalogue.card_of_result(stored)
        if card is None:
            raise LamellaError(GONE.format(stored.title))
        found = stored_analysis.load(
            workspace, stored, images.open_source(kept.source).micrograph, card
        )
        store.put(key, found, found.image_bytes + found.object_bytes)
    return found

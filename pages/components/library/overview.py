"""The library as cards: find, open, choose, take away."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import streamlit as st

from core.workspace import micrographs, quota
from core.workspace.maintenance import retention
from core.workspace.micrographs import Filter
from models import catalogue
from pages.components.frame import session
from pages.components.frame.words import day, literal, size
from pages.components.library import actions, thumbnails, transfer
from pages.components.library.link import LINK

if TYPE_CHECKING:
    from core.workspace.micrographs import Kept
    from core.workspace.workspace import Workspace

PAGE_SIZE = 24
CARD_PX = 199
DAY_SECONDS = 86_400
ANY_TIME = "0"
SINCE = {ANY_TIME: "Any time", "1": "Last 24 hours", "7": "Last 7 days", "30": "Last 30 days"}
ORDERS = {"used": "Last used", "created": "Last added", "name": "Name"}
EMPTY = (
    "Nothing here yet. Open a file or try a sample on the page Segment: what you work on is kept "
    "here by itself."
)
NONE_FOUND = "No image matches; change what you look for."
LEAVING = (
    "On {date} {images} will be deleted, as nobody opened {them} for {days} days: {names}. Open "
    "what you want to keep."
)


def draw(workspace: Workspace) -> None:
    """Draw the filters, a page of cards, and what can be done with all of them."""
    owner = session.owner()
    _leaving(workspace, owner)
    transfer.say_imported()
    if not micrographs.count(workspace, owner):
        st.info(EMPTY)
        transfer.uploader(workspace)
        return
    wanted, order = _filters(workspace, owner)
    count = micrographs.count(workspace, owner, wanted)
    if not count:
        st.info(NONE_FOUND)
        return
    last = (count - 1) // PAGE_SIZE
    page = min(max(LINK.whole("page") or 0, 0), last)
    first = page * PAGE_SIZE
    shown = micrographs.listed(workspace, owner, wanted, order, PAGE_SIZE, first)
    _bar(workspace, shown, f"{first + 1:,} to {first + len(shown):,} of {count:,}", page, last)
    with st.container(horizontal=True, key="library-cards"):
        for one in shown:
            _card(workspace, one)
    _usage(workspace, owner)


def _filters(workspace: Workspace, owner: str) -> tuple[Filter, micrographs.Order]:
    models = micrographs.models(workspace, owner)
    titles = {name: card.title for name, card in catalogue.all_cards(session.models()).items()}
    with st.container(horizontal=True, vertical_alignment="bottom", key="library-filters"):
        text = LINK.text("Find", "find", "Name, note or tag")
        tags = {"": "All tags", **{tag: tag for tag in micrographs.tags(workspace, owner)}}
        tag = _list("Tag", "tag", tags)
        known = {"": "All models", **{name: titles.get(name, name) for name in models}}
        model = _list("Model", "by", known)
        days = int(_list("Added", "added", SINCE))
        order = _list("Sorted by", "sorted", ORDERS)
    since = time.time() - days * DAY_SECONDS if days else None
    return Filter(text, tag, model, since), order


def _list(label: str, name: str, options: dict[str, str]) -> str:
    with st.container(width=180):
        return LINK.choose(label, name, options, in_list=True, drops=("page",))


def _bar(workspace: Workspace, shown: tuple[Kept, ...], where: str, page: int, last: int) -> None:
    """Draw where in the list this page is, and what can be done with what was ticked."""
    ticked = actions.ticked()
    with st.container(horizontal=True, vertical_alignment="center", key="library-bar"):
        st.markdown(where, width="content")
        if last:
            st.button(
                "Previous",
                key="library-previous",
                disabled=not page,
                on_click=lambda: LINK.change(page=page - 1 or None),
            )
            st.button(
                "Next",
                key="library-next",
                disabled=page >= last,
                on_click=lambda: LINK.change(page=page + 1),
            )
        st.space("stretch")
        if ticked:
            st.markdown(f"{len(ticked)} selected", width="content")
            st.button("Clear", key="library-clear", on_click=actions.untick, type="tertiary")
            transfer.export_button(workspace, "Export selected (ZIP)", ticked)
            actions.delete_button(workspace, tuple(ticked))
        else:
            actions.tick_all_button(shown)
            transfer.export_button(workspace, "Export all (ZIP)", None)
        with st.popover("Import", icon=":material/upload:"):
            transfer.uploader(workspace)


def _card(workspace: Workspace, kept: Kept) -> None:
    with st.container(border=True, width=CARD_PX, height="stretch", gap="small"):
        st.markdown(f"![{literal(kept.title)}]({thumbnails.address(workspace, kept)})")
        st.markdown(f"**{literal(kept.title)}**")
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.caption(_facts(kept), width="stretch")
            actions.tick(kept)
        if kept.tags:
            st.markdown(" ".join(f":gray-badge[{literal(tag)}]" for tag in kept.tags))
        st.space("stretch")
        with st.container(horizontal=True, gap="small"):
            if st.button("Open", key=f"open-{kept.id}", type="primary", width="stretch"):
                actions.open_image(kept)
            st.button(
                "Details",
                key=f"details-{kept.id}",
                width="stretch",
                on_click=lambda: LINK.change(item=kept.id),
            )


def _facts(kept: Kept) -> str:
    results = {0: "Not segmented", 1: "1 result"}.get(kept.results, f"{kept.results} results")
    kind = "Sample" if kept.blob is None else size(kept.bytes)
    return f"{day(kept.created)} · {kind}  \n{results}"


def _leaving(workspace: Workspace, owner: str) -> None:
    leaving = retention.soon(workspace, owner)
    if not leaving:
        return
    names = [literal(one.micrograph.title) for one in leaving[:5]]
    more = len(leaving) - len(names)
    st.warning(
        LEAVING.format(
            date=day(leaving[0].date),
            images="1 image" if len(leaving) == 1 else f"{len(leaving):,} images",
            them="it" if len(leaving) == 1 else "them",
            days=workspace.limits.keep_days,
            names=", ".join(names) + (f" and {more:,} more" if more else ""),
        )
    )


def _usage(workspace: Workspace, owner: str) -> None:
    used, most = quota.used_bytes(workspace, owner), workspace.limits.owner_bytes
    st.caption(f"Your library takes {size(used)} of {size(most)}.")

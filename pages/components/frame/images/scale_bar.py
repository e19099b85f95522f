"""The pixel size from the scale bar in the image: dragged along by the user, or found and read."""

from __future__ import annotations

import streamlit as st

from core.errors import LamellaError
from core.types.progress import ProgressCallback
from pages.components.frame import session, stores
from pages.components.frame.images import images
from pages.components.frame.memory import Opened
from pages.components.frame.words import literal
from pages.components.frame.work import background
from pages.components.frame.work.background import Display
from pages.components.viewer.ruler import Measured, Ruler

PLACE = "scale-bar"
WITH_RULER = ("segment", "measure", "inspect")
"""Pages whose viewer can be dragged in."""
DRAG_HELP = "Drag from one end of the burnt-in scale bar to the other, then type its length."
FIND_HELP = "Looks for the bar and reads its label: some seconds. You see what it found first."
_RULER, _TURN, _REFUSED = "ruler-of", "ruler-turn", "ruler-refused"
_ASKED, _TOLD = "scale-bar-asked", "scale-bar-told"
SIZE_BYTES = 2_000


def draw(opened: Opened) -> None:
    """Draw the ways from the bar to the pixel size; behind a button where there is one already."""
    if opened.micrograph.pixel_size is None:
        _ways(opened)
    else:
        with st.popover("From the scale bar", width="stretch"):
            _ways(opened)


def ruler(opened: Opened) -> Ruler | None:
    """Return the ruler for the viewer while the user drags along the bar of this image."""
    if session.value_of(_RULER) != opened.source:
        return None
    source = opened.source

    def measured(found: Measured) -> None:
        from core.scale_bar.size import pixel_size_by_hand

        if not found.text and not found.length_px:
            session.remember(_RULER, None)
            return
        try:
            size = pixel_size_by_hand(found.text, found.length_px)
        except LamellaError as error:
            session.remember(_REFUSED, str(error))
            return
        session.remember(_RULER, None)
        images.change(source, pixel_size=size)

    return Ruler(session.value_of(_TURN) or 0, session.value_of(_REFUSED) or "", measured)


def _ways(opened: Opened) -> None:
    key = _key(opened)
    _take_finished(key)
    if session.memory().page in WITH_RULER:
        st.button(
            "Drag along the scale bar",
            key="scale_bar_drag",
            on_click=_begin_dragging,
            args=(opened.source,),
            help=DRAG_HELP,
            width="stretch",
        )
    job = background.running(PLACE)
    if job is not None and job.key == key:
        background.show(PLACE, Display(beginning="Looking for writing."))
    elif not _proposal(opened):
        st.button(
            "Find the scale bar",
            key="scale_bar_find",
            on_click=_begin_finding,
            args=(opened.source,),
            help=FIND_HELP,
            width="stretch",
        )
    told = session.value_of(_TOLD)
    if told and told[0] == key:
        st.warning(literal(told[1]))


def _key(opened: Opened) -> tuple[str, str]:
    return PLACE, opened.micrograph.digest


def _begin_dragging(source: str) -> None:
    session.remember(_RULER, source)
    session.remember(_TURN, (session.value_of(_TURN) or 0) + 1)
    session.remember(_REFUSED, "")


def _begin_finding(source: str) -> None:
    opened = images.open_source(source)
    key, pixels = _key(opened), opened.as_read.pixels
    session.remember(_ASKED, key)
    session.remember(_TOLD, None)
    found = stores.results()
    if found.get(key) is not None:
        return

    def work(progress: ProgressCallback) -> object:
        from core.scale_bar.find import find_scale_bar
        from core.scale_bar.text import RapidReader

        return find_scale_bar(pixels, RapidReader(), progress)

    background.begin(PLACE, key, work, lambda made: found.put(key, made, SIZE_BYTES))


def _take_finished(key: tuple[str, str]) -> None:
    ended = background.take_finished(PLACE)
    if ended is None:
        return
    try:
        ended.check()
    except LamellaError as error:
        session.remember(_TOLD, (ended.key, str(error)))


def _proposal(opened: Opened) -> bool:
    """Draw what was found, to be confirmed; whether there is something."""
    key = _key(opened)
    found = stores.results().get(key) if session.value_of(_ASKED) == key else None
    if found is None:
        return False
    from core.figures.scale_bar import scale_bar_picture

    size = found.pixel_size
    wide = _in_words(size.nm * opened.micrograph.shape[1])
    st.image(scale_bar_picture(opened.micrograph.pixels, found).data, width="stretch")
    st.markdown(
        f"**{literal(found.length.in_words)}** is {found.bar.length_px:.1f} px: "
        f"**{size.nm:.4g} nm** a pixel, the image {wide} wide."
    )
    use, leave = st.columns(2, gap="small")
    use.button(
        "Use it",
        key="scale_bar_use",
        type="primary",
        on_click=_use,
        args=(opened.source,),
        width="stretch",
    )
    leave.button(
        "Discard",
        key="scale_bar_discard",
        on_click=session.remember,
        args=(_ASKED, None),
        width="stretch",
    )
    return True


def _use(source: str) -> None:
    found = stores.results().get(_key(images.open_source(source)))
    session.remember(_ASKED, None)
    if found is not None:
        images.change(source, pixel_size=found.pixel_size)


def _in_words(nm: float) -> str:
    return f"{nm / 1000:.4g} µm" if nm >= 1000 else f"{nm:.4g} nm"

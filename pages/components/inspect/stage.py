"""The micrograph beside a view of Inspect: overlays, boxes, and clicks that choose the pixel."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.figures import encoding
from pages.components.frame.images import scale_bar
from pages.components.frame.serving import publish
from pages.components.frame.words import capital
from pages.components.inspect.link import LINK
from pages.components.inspect.subject import Inspected
from pages.components.viewer import viewer
from pages.components.viewer.viewer import Overlay, Rectangle

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.figures.encoding import IndexedImage
    from core.inspection.receptive_field.receptive_field import Box
    from core.types.arrays import Array

Shown = tuple[Overlay | None, Overlay | None, str]
"""An overlay, labels and a caption."""
HEIGHT = 600
# Two columns of 280 px each help nobody.
NARROW = """<style>@media (max-width: 1100px) {
.st-key-inspect-columns > [data-testid="stLayoutWrapper"] > [data-testid="stHorizontalBlock"],
.st-key-inspect-columns [data-testid="stHorizontalBlock"]:has(> .stColumn .st-key-inspect-place) {
flex-direction: column; }
.st-key-inspect-columns [data-testid="stHorizontalBlock"]:has(> .stColumn .st-key-inspect-place)
> .stColumn { width: 100%; flex: none; }
}</style>"""


@contextmanager
def beside() -> Iterator[DeltaGenerator]:
    """Enter the column beside the micrograph; what is given is the place of the micrograph."""
    st.html(NARROW)
    with st.container(key="inspect-columns"):
        left, right = st.columns([11, 9], gap="medium")
        place = left.container(key="inspect-place")
        with right:
            yield place


def parts(*widths: int) -> list[DeltaGenerator]:
    """Return places side by side, of ``widths`` in px; on a narrow screen one below the other."""
    row = st.container(horizontal=True, gap="medium", vertical_alignment="bottom")
    return [row.container(width=width) for width in widths]


def show(
    inspected: Inspected,
    place: DeltaGenerator,
    overlay: Overlay | None = None,
    boxes: tuple[Rectangle, ...] = (),
    labels: Overlay | None = None,
    caption: str = "",
) -> None:
    """Draw the micrograph in its place; a click on it chooses the pixel."""
    shown, field = inspected.opened.micrograph, inspected.subject.field
    if field.note:
        cut = field.box
        boxes = (
            *boxes,
            Rectangle(cut.top, cut.left, cut.bottom, cut.right, "field of view", dashed=True),
        )
    with place:
        viewer.viewer(
            publish.micrograph(shown),
            viewer.ViewerSettings(
                labels=labels,
                phases=inspected.phases if labels else (),
                overlay=overlay,
                boxes=boxes,
                crosshair=inspected.pixel,
                bar_rows=shown.bar_rows,
                height=HEIGHT,
            ),
            key="inspect-viewer",
            on_click=lambda event: LINK.change(row=event.row, column=event.column),
            ruler=scale_bar.ruler(inspected.opened),
        )
        for sentence in (caption, inspected.cut):
            if sentence:
                st.caption(sentence)


def overlay(
    inspected: Inspected, make: Callable[[], Array | IndexedImage], title: str, *content: object
) -> Overlay:
    """Return colours (h, w, 4) of the field as an overlay of its part of the micrograph.

    ``content``: names what ``make`` draws, beside the network and the field.
    """
    subject, box = inspected.subject, inspected.subject.field.box
    name = f"{subject.digest} {subject.model} {subject.field} {content}"
    made = publish.overlay("inspect", name, lambda: encoding.encode_colors(make()), title)
    return replace(made, box=(box.top, box.left, box.bottom, box.right))


def box_of(inspected: Inspected, box: Box, label: str = "") -> Rectangle:
    """Return a box of the network's pixels for the viewer."""
    placed = inspected.subject.field.to_micrograph(box)
    return Rectangle(placed.top, placed.left, placed.bottom, placed.right, label)


def pixel_inputs(inspected: Inspected) -> None:
    """Draw row and column of the pixel to type."""
    height, width = inspected.opened.micrograph.shape
    limits = height - inspected.opened.micrograph.info_bar_rows, width
    at = dict(zip(("row", "column"), inspected.pixel, strict=True))
    for place, name, limit in zip(st.columns(2), at, limits, strict=True):
        key = LINK.control(name, at[name], at if inspected.request.pixel is None else "")
        others = {other: value for other, value in at.items() if other != name}
        place.number_input(
            capital(name),
            0,
            limit - 1,
            key=key,
            on_change=LINK.note_value_of,
            args=(key, name),
            kwargs=others,
        )

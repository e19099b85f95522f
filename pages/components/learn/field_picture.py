"""The picture of the page Receptive field: the micrograph and the fields over it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from core.concepts.receptive_fields.stack_builder import LayerField
from core.image_size import width_x_height
from core.inspection.receptive_field.receptive_field import UnitField
from core.palette import ACCENT, OKABE_ITO
from core.types.pixel_size import PixelSize
from pages.components.frame.memory import Opened
from pages.components.frame.serving import publish
from pages.components.learn import frame as learn
from pages.components.viewer.viewer import Rectangle, ViewerEvent, ViewerSettings, viewer

HEIGHT = 520
ROOM = 1.25
"""Of the picture, as a multiple of what the network sees."""
BELOW = OKABE_ITO[4]
# Labels closer than this share of the picture's height would overlap.
LABEL_SHARE = 0.11


def focus(
    rows: tuple[LayerField, ...],
    place: tuple[int, int],
    structure_px: float,
    shape: tuple[int, int],
) -> tuple[float, float, float, float] | None:
    """Return what to look at first: all that this network will see; None for the whole image."""
    half = ROOM * max(rows[-1].largest[0], 1.5 * structure_px) / 2
    if 2 * half >= min(shape):
        return None
    row, column = place
    return row - half, column - half, row + half, column + half


def draw(
    opened: Opened,
    pixel: tuple[int, int],
    rows: Sequence[LayerField],
    seen: Sequence[UnitField],
    structure_px: float,
    focus: tuple[float, float, float, float] | None,
    on_click: Callable[[ViewerEvent], None],
) -> None:
    """Draw the fields of all layers up to the last of ``rows``, one around the other."""
    size, box = opened.micrograph.pixel_size, seen[-1].box
    field_label = f"{rows[-1].title} sees {in_both(box.size[0], size)}"
    structure_label = f"structure {in_both(round(structure_px, 1), size)}"
    shown = focus[2] - focus[0] if focus else opened.micrograph.shape[0]
    if abs(box.size[0] - structure_px) < LABEL_SHARE * shown:
        # Two labels would lie on each other: the larger box carries both.
        both = f"{field_label}, {structure_label}"
        is_larger = box.size[0] >= structure_px
        field_label, structure_label = (both, "") if is_larger else ("", both)
    top, left = pixel[0] + 0.5 - structure_px / 2, pixel[1] + 0.5 - structure_px / 2
    below = [Rectangle(*_edges(one), color=BELOW) for one in seen[:-1]]
    viewer(
        publish.micrograph(opened.micrograph),
        ViewerSettings(
            boxes=(
                *below,
                Rectangle(
                    top, left, top + structure_px, left + structure_px, structure_label, dashed=True
                ),
                Rectangle(*_edges(seen[-1]), field_label, color=ACCENT),
            ),
            crosshair=pixel,
            bar_rows=opened.micrograph.bar_rows,
            height=HEIGHT,
            focus=focus,
            leaves_arrows=True,
        ),
        key="learn-field",
        on_click=on_click,
    )
    st.caption(
        "Click a pixel. Right and left arrow keys: one layer deeper, one layer back. Orange: what "
        "a unit of this layer sees; blue: the same for the layers before it; dashed: size of a "
        "structure."
    )


def _edges(seen: UnitField) -> tuple[int, int, int, int]:
    box = seen.box
    return box.top, box.left, box.bottom, box.right


def in_words(px: float, size: PixelSize | None) -> str:
    """Return a length in nm or µm, in px where the pixel size is not known."""
    if size is None:
        return f"{px:.4g}\u00a0px"
    nm = px * size.nm
    return f"{nm / 1000:.3g}\u00a0µm" if nm >= 1000 else f"{nm:.3g}\u00a0nm"


def in_both(px: float, size: PixelSize | None) -> str:
    """Return a length in px and, where the pixel size is known, in nm or µm as well."""
    in_px = in_words(px, None)
    return f"{in_px} = {in_words(px, size)}" if size else in_px


def say(seen: UnitField, structure_px: float, size: PixelSize | None) -> None:
    """Draw how large the field is, beside a structure."""
    height, width = seen.box.size
    inside = seen.seen.size if seen.seen else (0, 0)
    outside = 1 - inside[0] * inside[1] / (height * width)
    ratio = width / structure_px
    with st.container(horizontal=True, gap="medium"):
        st.metric("Receptive field", f"{width_x_height(seen.box.size, '×')} px", width="content")
        if size is not None:
            lengths = [in_words(side, size) for side in seen.box.size]
            st.metric("On this micrograph", width_x_height(lengths, "×"), width="content")
        st.metric("A structure", in_both(round(structure_px, 1), size), width="content")
        st.metric("Field / structure", f"{ratio:.2g}", width="content")
        st.metric("Outside the image", f"{outside:.0%}", width="content")
    if ratio < 1:
        st.markdown("This unit **cannot see a whole structure**, only part of it.")


def table(rows: tuple[LayerField, ...], size: PixelSize | None) -> None:
    """Draw the fields of all layers."""
    learn.table(
        {
            "layer": [row.title for row in rows],
            "field (px)": [str(row.size) for row in rows],
            "field": [in_words(row.largest[0], size) for row in rows],
            "jump (px)": [f"{row.jump[0]:g}" for row in rows],
            "offset (px)": [_offset(row) for row in rows],
        }
    )


def _offset(row: LayerField) -> str:
    return "varies" if row.offset is None else f"{row.offset[0]}"

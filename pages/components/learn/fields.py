"""The page Receptive field: a stack, how far its layers see, and the field on the micrograph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from core.concepts import receptive_cone, stack_builder
from core.concepts.receptive_cone import ConeLevel
from core.concepts.stack_builder import EXAMPLE, LayerField
from core.concepts.structure_size import StructureSize, structure_size
from core.figures.learn_fields import cone_figure
from core.inspection.receptive_field import UnitField, receptive_field, unit_at_pixel
from core.types import PixelSize
from pages.components.frame import publish, screen, session, stores
from pages.components.frame.memory import Opened
from pages.components.learn import frame as learn
from pages.components.viewer.viewer import Rectangle, ViewerSettings, viewer

if TYPE_CHECKING:
    from core.inspection.trace import Trace

OWN = "stack"
FIRST = "conv 3"
NETWORKS = {
    OWN: "Your own stack",
    "lenet5": "LeNet-5",
    "alexnet": "AlexNet",
    "vgg16": "VGG16",
    "resnet18": "ResNet-18",
    "unet-resnet18": "U-Net",
}
# Labels closer than this share of the image's height would overlap.
LABEL_SHARE = 0.11
ADDITIONS = ("conv 3", "conv 3 stride 2", "conv 3 dilation 2", "pool 2")


@dataclass(frozen=True, eq=False)
class Fields:
    """A network's record on this image, and the layers that widen its view."""

    trace: Trace
    rows: tuple[LayerField, ...]


@st.fragment
def explorer(opened: Opened) -> None:
    """Draw everything that follows from the network, the layer and the pixel."""
    name = st.segmented_control(
        "Network",
        list(NETWORKS),
        format_func=NETWORKS.__getitem__,
        default=OWN,
        required=True,
        key="field_network",
        bind="query-params",
    )
    text = _stack_text() if name == OWN else ""
    shape = _image_shape(opened)
    fields = learn.last_good(
        "fields", lambda: _fields(name, text, shape), lambda: _fields(OWN, FIRST, shape)
    )
    measured = _measured(opened)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        place = _layer(name, fields.rows)
        pixel = _pixel(shape, measured.place)
        structure_px = _structure_px(opened, measured)
    row = fields.rows[place]
    unit = unit_at_pixel(fields.trace, row.layer, *_inside(pixel, fields.trace.image_size))
    seen = receptive_field(fields.trace, row.layer, *unit)
    _draw(opened, pixel, row, seen, structure_px)
    _say(seen, structure_px, opened.micrograph.pixel_size)
    _layers(opened, fields, place, unit[1])
    learn.check(receptive_cone.snippet(fields.trace, fields.rows))


def _image_shape(opened: Opened) -> tuple[int, int]:
    height, width = opened.micrograph.shape
    return height - opened.micrograph.info_bar_rows, width


def _stack_text() -> str:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text = st.text_input(
            "Layers, the first one sees the image",
            EXAMPLE,
            key="layers",
            bind="query-params",
            help="conv, pool or average with a width; then stride, dilation and padding as needed.",
        )
        for addition in ADDITIONS:
            st.button(f"+ {addition}", on_click=_append, args=(addition,))
        st.button("Remove last", on_click=_remove_last)
    return text


def _append(addition: str) -> None:
    typed = (session.value_of("layers") or "").strip().rstrip(",")
    session.control("layers", f"{typed}, {addition}" if typed else addition)


def _remove_last() -> None:
    session.control("layers", (session.value_of("layers") or "").rpartition(",")[0])


def _fields(name: str, text: str, shape: tuple[int, int]) -> Fields:
    return stores.kept(("learn fields", name, text, shape), lambda: _make_fields(name, text, shape))


def _make_fields(name: str, text: str, shape: tuple[int, int]) -> Fields:
    if name == OWN:
        trace = stack_builder.trace_stack(stack_builder.parse_stack(text), shape)
    else:
        from models.architectures import ARCHITECTURES

        card = ARCHITECTURES[name]
        trace = stack_builder.trace_spatial(card.build, card.channels, shape, card.multiple)
    return Fields(trace, stack_builder.field_rows(trace))


def _layer(name: str, rows: tuple[LayerField, ...]) -> int:
    last = len(rows) - 1
    if not last:
        return 0
    return st.select_slider(
        "Layer of the unit",
        range(len(rows)),
        last,
        format_func=lambda place: rows[place].title,
        width="stretch",
        key=f"layer-{name}-{len(rows)}",
        bind="query-params",
    )


def _pixel(shape: tuple[int, int], usual: tuple[int, int]) -> tuple[int, int]:
    """Draw row and column, beside the click a way for the keyboard; they stay inside the image."""
    where = []
    for name, at in zip(("field_row", "field_column"), usual, strict=True):
        typed = st.number_input(
            name.removeprefix("field_").capitalize(),
            value=None,
            step=1,
            placeholder=f"{at}",
            width=130,
            key=name,
            bind="query-params",
        )
        where.append(at if typed is None else typed)
    return _inside((where[0], where[1]), shape)


def _inside(pixel: tuple[int, int], shape: tuple[int, int]) -> tuple[int, int]:
    row, column = (
        min(max(0, int(at)), length - 1) for at, length in zip(pixel, shape, strict=True)
    )
    return row, column


def _measured(opened: Opened) -> StructureSize:
    pixels = opened.micrograph.pixels[: _image_shape(opened)[0]]
    key = ("learn structure", opened.source, opened.content)
    return stores.kept(key, lambda: structure_size(pixels, opened.truth))


def _structure_px(opened: Opened, found: StructureSize) -> float:
    """Draw the size of what the network should see, measured unless it is typed; return px."""
    size = opened.micrograph.pixel_size
    scale, unit = (size.nm, "nm") if size else (1.0, "px")
    typed = st.number_input(
        f"Structure to see ({unit})",
        value=None,
        placeholder=f"{found.px * scale:.3g}",
        width=190,
        key=f"structure_{unit}",
        bind="query-params",
        help=f"Measured from {found.how}; type another.",
    )
    return typed / scale if typed and typed > 0 else found.px


def _draw(
    opened: Opened, pixel: tuple[int, int], row: LayerField, seen: UnitField, structure_px: float
) -> None:
    size, box = opened.micrograph.pixel_size, seen.box
    field_label = f"{row.title} sees {_length(box.size[0], size)}"
    structure_label = f"structure {_length(structure_px, size)}"
    if abs(box.size[0] - structure_px) < LABEL_SHARE * opened.micrograph.shape[0]:
        # Two labels would lie on each other: the larger box carries both.
        both = f"{field_label}, {structure_label}"
        is_larger = box.size[0] >= structure_px
        field_label, structure_label = (both, "") if is_larger else ("", both)
    top, left = pixel[0] + 0.5 - structure_px / 2, pixel[1] + 0.5 - structure_px / 2
    viewer(
        publish.micrograph(opened.micrograph),
        ViewerSettings(
            boxes=(
                Rectangle(box.top, box.left, box.bottom, box.right, field_label),
                Rectangle(top, left, top + structure_px, left + structure_px, structure_label),
            ),
            crosshair=pixel,
            bar_rows=opened.micrograph.bar_rows,
            height=520,
        ),
        key="learn-field",
        on_click=lambda event: _move(event.row, event.column),
    )


def _move(row: int, column: int) -> None:
    session.control("field_row", row)
    session.control("field_column", column)


def _length(px: float, size: PixelSize | None) -> str:
    if size is None:
        return f"{px:.4g}\u00a0px"
    nm = px * size.nm
    return f"{nm / 1000:.3g}\u00a0µm" if nm >= 1000 else f"{nm:.3g}\u00a0nm"


def _say(seen: UnitField, structure_px: float, size: PixelSize | None) -> None:
    height, width = seen.box.size
    inside = seen.seen.size if seen.seen else (0, 0)
    outside = 1 - inside[0] * inside[1] / (height * width)
    ratio = width / structure_px
    with st.container(horizontal=True):
        st.metric("Receptive field", f"{height} × {width} px", width=200)
        if size is not None:
            lengths = f"{_length(height, size)} × {_length(width, size)}"
            st.metric("On this micrograph", lengths, width=260)
        st.metric("Width in structures", f"{ratio:.2g}", width=160)
        st.metric("Outside the image", f"{outside:.0%}", width=160)
    if ratio < 1:
        st.markdown("This unit **cannot see a whole structure**: it judges by a part.")


def _layers(opened: Opened, fields: Fields, place: int, unit: int) -> None:
    left, right = screen.parts(screen.HALF, screen.HALF)
    with left:
        _cone(receptive_cone.cone(fields.trace, fields.rows[: place + 1], unit))
    with right:
        st.subheader("Layer by layer")
        _table(fields.rows, opened.micrograph.pixel_size)


def _cone(levels: tuple[ConeLevel, ...]) -> None:
    st.subheader("The cone down to the image")
    screen.chart(cone_figure(levels), "cone")
    unread = receptive_cone.unread_share(levels)
    if unread > 0:
        st.caption(
            f"{unread:.0%} of the pixels inside the field, along this line, are never read: "
            "strides and dilations leave gaps."
        )


def _table(rows: tuple[LayerField, ...], size: PixelSize | None) -> None:
    learn.table(
        {
            "layer": [row.title for row in rows],
            "field (px)": [str(row.size) for row in rows],
            "field": [_length(row.largest[0], size) for row in rows],
            "jump (px)": [f"{row.jump[0]:g}" for row in rows],
            "offset (px)": [_offset(row) for row in rows],
        }
    )


def _offset(row: LayerField) -> str:
    return "varies" if row.offset is None else f"{row.offset[0]}"

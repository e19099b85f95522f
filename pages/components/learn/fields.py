"""The page Receptive field: a stack, how far its layers see, and the field on the micrograph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from core.concepts.receptive_fields import receptive_cone, stack_builder
from core.concepts.receptive_fields.receptive_cone import ConeLevel
from core.concepts.receptive_fields.stack_builder import EXAMPLE, LayerField
from core.concepts.receptive_fields.structure_size import StructureSize, structure_size
from core.figures.networks.receptive_fields import cone_figure
from core.inspection.receptive_field.receptive_field import receptive_field, unit_at_pixel
from pages.components.frame import screen, session, stores
from pages.components.frame.memory import Opened
from pages.components.learn import field_picture as picture
from pages.components.learn import frame as learn
from pages.components.learn import link as learn_link
from pages.components.viewer.viewer import ViewerEvent

if TYPE_CHECKING:
    from core.inspection.receptive_field.trace import Trace

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
SHARES = (560, 380)
"""Of the micrograph and of the cone, in px."""
ADDITIONS = ("conv 3", "conv 3 stride 2", "conv 3 dilation 2", "pool 2")


@dataclass(frozen=True, eq=False)
class Fields:
    """A network's record on this image, and the layers that widen its view."""

    trace: Trace
    rows: tuple[LayerField, ...]


@learn_link.part
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
    # Before what is seldom typed: on a narrow screen each row of controls would push it down.
    stage = st.container()
    fold = st.expander("Type the pixel, or the size of a structure", icon=":material/keyboard:")
    with fold.container(horizontal=True, vertical_alignment="bottom"):
        pixel = _pixel(shape, measured.place)
        structure_px = _structure_px(opened, measured)
    units = _units(fields, pixel)
    seen = [
        receptive_field(fields.trace, row.layer, *unit)
        for row, unit in zip(fields.rows[: place + 1], units, strict=False)
    ]
    with stage:
        left, right = screen.parts(*SHARES)
    with left:
        focus = picture.focus(fields.rows, measured.place, structure_px, shape)
        picture.draw(
            opened, pixel, fields.rows[: place + 1], seen, structure_px, focus, on_click=_move
        )
    with right:
        _cone(receptive_cone.cone(fields.trace, fields.rows[: place + 1], units[place][1]))
    with stage:
        picture.say(seen[-1], structure_px, opened.micrograph.pixel_size)
    with learn.check_yourself():
        formulas()
        picture.table(fields.rows, opened.micrograph.pixel_size)
        learn.lines(receptive_cone.snippet(fields.trace, fields.rows))


def formulas() -> None:
    """Draw how field and jump grow from layer to layer."""
    learn.formulas(
        r"r_l = r_{l-1} + d_l\,(k_l - 1)\,j_{l-1}", r"j_l = j_{l-1}\,s_l", r"r_0 = j_0 = 1"
    )
    st.caption(
        "r: receptive field in px. j: jump, the distance between the fields of neighbouring units "
        "in px. l: layer, where 0 is the image. k: kernel size, s: stride, d: dilation. Strides "
        "and pooling widen the jump of all later layers, so the field grows faster."
    )


def _units(fields: Fields, pixel: tuple[int, int]) -> list[tuple[int, int]]:
    """Return the unit of each layer whose middle lies nearest to a pixel."""
    inside = _inside(pixel, fields.trace.image_size)
    return [unit_at_pixel(fields.trace, row.layer, *inside) for row in fields.rows]


def _image_shape(opened: Opened) -> tuple[int, int]:
    height, width = opened.micrograph.shape
    return height - opened.micrograph.info_bar_rows, width


def _stack_text() -> str:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text = st.text_input(
            "Layers, from the image on",
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
    """Draw the layer of the unit, and the way to the layers before and after it."""
    last = len(rows) - 1
    if not last:
        return 0
    key = f"layer-{name}-{len(rows)}"
    place = st.selectbox(
        "Layer of the unit",
        range(len(rows)),
        last,
        format_func=lambda place: rows[place].title,
        width=340 if screen.presenting() else 240,
        key=key,
        bind="query-params",
    )
    for label, shortcut, to in (("Back", "Left", place - 1), ("Deeper", "Right", place + 1)):
        st.button(
            label,
            shortcut=shortcut,
            on_click=session.control,
            args=(key, to),
            disabled=not 0 <= to <= last,
            key=f"learn_{label.lower()}",
        )
    return place


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
        f"Structure size ({unit})",
        value=None,
        placeholder=f"{found.px * scale:.3g}",
        width=190,
        key=f"structure_{unit}",
        bind="query-params",
        help=f"Measured from {found.how}; type another size to override it.",
    )
    return typed / scale if typed and typed > 0 else found.px


def _move(event: ViewerEvent) -> None:
    session.control("field_row", event.row)
    session.control("field_column", event.column)


def _cone(levels: tuple[ConeLevel, ...]) -> None:
    screen.chart(cone_figure(levels), "cone", picture.HEIGHT)
    unread = receptive_cone.unread_share(levels)
    if unread > 0:
        st.caption(
            f"{unread:.0%} of the pixels inside the field, along this line, are never read: "
            "strides and dilations leave gaps."
        )

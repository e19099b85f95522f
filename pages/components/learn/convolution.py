"""The views of the page Convolution: the controls, the two images, the sum behind one pixel."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from core.concepts import kernels
from core.concepts.convolution import (
    OnePixel,
    Walk,
    differences,
    feature_map,
    output_pixel,
    pixel_snippet,
)
from core.concepts.output_size import Geometry, extent, same_padding
from core.concepts.padding import MODES
from core.concepts.picture import busiest, square_around
from core.errors import LamellaError
from core.figures.concepts import convolution as figures
from core.image_size import width_x_height
from pages.components.frame import screen, session, stores
from pages.components.frame.memory import Opened
from pages.components.frame.serving import publish
from pages.components.frame.words import literal
from pages.components.frame.work import networks
from pages.components.learn import frame as learn
from pages.components.learn import link as learn_link
from pages.components.learn.kernel_stage import Slide, kernel_stage
from pages.components.viewer.viewer import Rectangle, ViewerSettings, viewer

if TYPE_CHECKING:
    import pandas as pd

    from core.types.arrays import Array

TRAINED = "From the trained network"
AMOUNTS = {"valid": 0.0, "same": 0.5, "full": 1.0}
HEIGHT = 420
TABLE_WIDTH = 340
TAPS = (("m", "i"), ("n", "j"))
PLACE_BYTES = 300
PATCH = 12
"""Px along a side of what the kernel slides over: few enough to read each pixel's value."""
AT, PIXEL, KERNEL = "conv_at", "conv_pixel", "conv_kernel"


def controls() -> Callable[[], Walk]:
    """Draw the controls and return how the kernel walks, as a function that may refuse."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        base, name = _base()
        stride = st.number_input(
            "Stride", 1, 9999, key="conv_stride", bind="query-params", width=110
        )
        amount = st.selectbox(
            "Padding",
            list(AMOUNTS),
            1,
            key="conv_padding",
            bind="query-params",
            width=125,
            help="same: half the kernel on each side, which keeps the size at stride 1; at "
            "stride s the map is 1/s as large, rounded up.",
        )
        mode = st.selectbox(
            "Filled with",
            MODES,
            key="conv_fill",
            bind="query-params",
            disabled=amount == "valid",
            width=130,
        )
        with st.popover("Edit the kernel"):
            table = _table(base, name)
            flip = st.toggle(
                "True convolution",
                key="conv_flip",
                bind="query-params",
                help="On: the kernel is rotated by 180°. Off: cross-correlation, which "
                "deep-learning frameworks call convolution.",
            )
            dilation = st.number_input(
                "Dilation: steps between neighbouring weights (px)",
                1,
                9999,
                key="conv_dilation",
                bind="query-params",
            )

    def walk() -> Walk:
        kernel = kernels.from_table(table)
        padding = int((extent(len(kernel), dilation) - 1) * AMOUNTS[amount])
        return Walk(kernel, Geometry(stride, padding, dilation), mode, flip)

    return walk


def usable(image: Array, walk: Walk) -> Walk:
    """Return ``walk`` if it fits the image, and a patch of it.

    Raises:
        LamellaError: it does not, and why.
    """
    feature_map(image, walk)
    feature_map(image[:PATCH, :PATCH], walk)
    return walk


def first_walk() -> Walk:
    """Return what the page begins with."""
    return Walk(kernels.sobel(3), Geometry(padding=same_padding(3)))


def patch_place(opened: Opened, image: Array) -> tuple[slice, slice]:
    """Return rows and columns of the patch: around the link's point, or where most is to see."""
    if AT not in st.query_params:
        key = ("busiest", opened.micrograph.digest, opened.micrograph.bar_rows, PATCH)
        return stores.kept(key, lambda: busiest(image, PATCH), PLACE_BYTES)
    return square_around(image.shape, *learn_link.point(AT, image.shape), PATCH)


def sliding(
    opened: Opened, image: Array, walk: Walk, found: Array, place: tuple[slice, slice]
) -> OnePixel:
    """Draw the kernel on its way over a patch; return the sum behind the patch's chosen pixel."""
    patch = image[place]
    pixel = None
    if PIXEL in st.query_params:
        height, width = (length + 2 * walk.geometry.padding for length in patch.shape)
        # A larger stride leaves fewer: then the last one is shown.
        pixel = learn_link.point(PIXEL, (height, width))
    kernel_stage(
        Slide(
            publish.grey_image(image, opened.micrograph.name),
            publish.color_image(figures.feature_colors(found), "feature map"),
            image,
            found,
            walk,
            place,
            pixel,
            screen.presenting(),
        ),
        on_place=lambda at: learn_link.keep_point(AT, *at),
        on_pixel=_keep_pixel,
    )
    return output_pixel(patch, walk, *(pixel or (0, 0)))


def _keep_pixel(at: tuple[int, int] | None) -> None:
    if at is not None:
        learn_link.keep_point(PIXEL, *at)
    else:
        st.query_params.pop(PIXEL, None)


def whole(
    opened: Opened, image: Array, walk: Walk, found: Array, place: tuple[slice, slice]
) -> None:
    """Draw the micrograph and its feature map side by side, to look at from near and far."""
    nm = opened.micrograph.pixel_size.nm if opened.micrograph.pixel_size else None
    rows, columns = place
    box = Rectangle(rows.start, columns.start, rows.stop, columns.stop)
    before, after = screen.parts(screen.HALF, screen.HALF)
    with before:
        st.markdown("**Micrograph.** Click to slide the kernel over that place.")
        viewer(
            publish.grey_image(image, opened.micrograph.name, nm),
            ViewerSettings(boxes=(box,), height=HEIGHT),
            key="conv_image",
            on_click=lambda event: learn_link.keep_point(AT, event.row, event.column),
        )
    with after:
        name = "convolution" if walk.flip else "cross-correlation"
        st.markdown(f"**Feature map** by {name}, {width_x_height(found.shape)}.")
        viewer(
            publish.color_image(
                figures.feature_colors(found), "feature map", nm and nm * walk.geometry.stride
            ),
            ViewerSettings(height=HEIGHT),
            key="conv_map",
        )


def verified(image: Array, walk: Walk, found: Array, chosen: OnePixel) -> None:
    """Draw the fold with the formula, lines to copy, and the agreement with scipy and torch."""
    places = [f"s{place}-p+d" + (f"(k-1-{tap})" if walk.flip else tap) for place, tap in TAPS]
    row, column = chosen.output
    with learn.check_yourself():
        learn.formulas(rf"S[m,n]=\sum_{{i,j}} I[{places[0]},\,{places[1]}]\;K[i,j]")
        st.markdown(
            "$I$: grey levels of the image, 0 to 1, extended by the padding; $K$: weights "
            "of the kernel, $k$ px along a side; $S$: feature map; $m$, $n$: row and column in the "
            "feature map; $i$, $j$: row and column in the kernel, from 0; $s$: stride, $p$: "
            "padding, $d$: dilation, in px."
        )
        st.markdown(f"The chosen pixel of the patch, row {row}, column {column}:")
        learn.lines(pixel_snippet(chosen, walk.flip))
        learn.agreement(differences(image, walk, found))


# ---- the kernel


def _base() -> tuple[Array, str]:
    """Draw the choice of the kernel; return it as it is before edits, and its name."""
    name = st.selectbox(
        "Kernel",
        [*kernels.PRESETS, TRAINED],
        list(kernels.PRESETS).index("Sobel"),
        key="conv_preset",
        bind="query-params",
        on_change=_forget_edits,
        width=220,
    )
    base = _trained() if name == TRAINED else _preset(name)
    return _from_link(base), name


def _table(base: Array, name: str) -> pd.DataFrame:
    """Draw the kernel as a table to edit, and write what was typed into the link."""
    turn = session.value_of("conv_turn") or 0
    shown = kernels.as_table(base)
    table = st.data_editor(
        shown,
        hide_index=True,
        key=f"conv_table_{name}_{len(base)}_{turn}",
        column_config={
            column: st.column_config.NumberColumn(format="%.4g", width=TABLE_WIDTH // len(base))
            for column in shown
        },
    )
    if not table.equals(shown):
        _write_link(table)
    return table


def _preset(name: str) -> Array:
    size = st.segmented_control(
        "Size",
        kernels.SIZES,
        default=3,
        required=True,
        format_func=lambda side: f"{side} x {side}",
        key="conv_size",
        bind="query-params",
        on_change=_forget_edits,
    )
    return kernels.PRESETS[name](size)


def _trained() -> Array:
    card = session.network_model()
    with st.spinner(f"Opening {card.title}"):
        filters = stores.kept(
            ("first filters", card.name, card.weights), lambda: _first_filters(card.name)
        )
    number = st.number_input(
        f"Filter of {len(filters)}, strongest first",
        1,
        len(filters),
        key="conv_filter",
        bind="query-params",
        on_change=_forget_edits,
        width=220,
    )
    return filters[number - 1]


def _first_filters(model: str) -> Array:
    from core.inspection.kernels import kernel_layers
    from core.inspection.kernels import kernels as kernels_of

    network = networks.of_owner(model, session.owner()).network
    found = kernels_of(network, kernel_layers(network)[0])
    return found.of_input(0)[found.by_norm].astype("float64")


def _from_link(base: Array) -> Array:
    """Return the kernel of the link that the session began with, until a preset is chosen."""
    text = session.value_of("conv_from_link")
    if text is None:
        text = st.query_params.get(KERNEL, "")
        session.control("conv_from_link", text)
    if not text:
        return base
    try:
        return kernels.from_text(text)
    except LamellaError as error:
        st.warning(literal(str(error)))
        return base


def _forget_edits() -> None:
    session.control("conv_from_link", "")
    session.control("conv_turn", (session.value_of("conv_turn") or 0) + 1)
    st.query_params.pop(KERNEL, None)


def _write_link(table: pd.DataFrame) -> None:
    try:
        st.query_params[KERNEL] = kernels.to_text(kernels.from_table(table))
    except LamellaError:
        # The sentence about it stands beside the images; the link keeps the last good kernel.
        return

"""The views of the page Convolution: the controls, the two images, the sum behind one pixel."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from core.concepts.convolution import kernels
from core.concepts.convolution.convolution import (
    OnePixel,
    Walk,
    differences,
    feature_map,
    output_pixel,
    pixel_snippet,
)
from core.concepts.convolution.output_size import Geometry, extent, same_padding
from core.concepts.convolution.padding import MODES
from core.concepts.picture import busiest, square_around
from core.figures.concepts import convolution as figures
from core.image_size import width_x_height
from pages.components.frame import screen, stores
from pages.components.frame.memory import Opened
from pages.components.frame.serving import publish
from pages.components.learn import frame as learn
from pages.components.learn import link as learn_link
from pages.components.learn.kernel_choice import kernel_choice, kernel_table
from pages.components.learn.kernel_stage import Slide, kernel_stage
from pages.components.viewer.viewer import Rectangle, ViewerSettings, viewer

if TYPE_CHECKING:
    from core.types.arrays import Array

AMOUNTS = {"valid": 0.0, "same": 0.5, "full": 1.0}
HEIGHT = 420
TAPS = (("m", "i"), ("n", "j"))
PLACE_BYTES = 300
PATCH = 12
"""Px along a side of what the kernel slides over: few enough to read each pixel's value."""
AT, PIXEL = "conv_at", "conv_pixel"


def controls() -> Callable[[], Walk]:
    """Draw the controls and return how the kernel walks, as a function that may refuse."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        base, name = kernel_choice()
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
            table = kernel_table(base, name)
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

"""Five short views below the page Convolution: turning, size, border, channels, separability."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from core.concepts.convolution import kernels, output_size
from core.concepts.convolution.border import borders
from core.concepts.convolution.channels import add_up, first_layer
from core.concepts.convolution.convolution import Walk, feature_map, impulse_response
from core.concepts.convolution.kernel_snippets import impulse_snippet, rank_snippet
from core.concepts.convolution.output_size import Geometry, same_padding
from core.errors import LamellaError
from core.figures.concepts.convolution import Panel, border_figure, panels, read_figure
from pages.components.frame import screen
from pages.components.frame.memory import Opened
from pages.components.frame.words import literal
from pages.components.learn import frame as learn

if TYPE_CHECKING:
    from core.types.arrays import Array

MARGIN = 24
METRIC = 180


def turning(opened: Opened, image: Array, walk: Walk) -> None:
    """Send one bright pixel through both, and compare both on the micrograph."""
    turned, plain = (
        Walk(walk.kernel, Geometry(padding=same_padding(walk.size)), "replicate", flip)
        for flip in (True, False)
    )
    shown = [
        Panel(walk.kernel, "The kernel"),
        Panel(impulse_response(turned), "Convolved"),
        Panel(impulse_response(plain), "Cross-correlated"),
    ]
    screen.chart(panels(shown), "conv_impulse", height=330)
    gap = abs(feature_map(image, turned) - feature_map(image, plain)).max()
    st.markdown(
        "The input is a single bright pixel. Convolution reproduces the kernel; cross-correlation "
        "reproduces it rotated by 180°. On this micrograph the two differ by at most "
        f"**{gap:.3g}**"
        + (
            ": this kernel is its own rotation by 180°."
            if gap < 1e-12
            else ". Networks learn their kernels, so "
            "it does not matter which of the two they compute."
        )
    )
    learn.check(impulse_snippet(walk.kernel))


def size(opened: Opened, image: Array, walk: Walk) -> None:
    """Count on a small image how often each pixel is read."""
    left, right = screen.parts(310, 630)
    with left:
        length = st.slider("Image side (px)", 4, 32, 12, key="conv_side", bind="query-params")
        try:
            outputs = output_size.output_size(length, walk.size, walk.geometry)
            counts = output_size.read_map((length, length), walk.size, walk.geometry)
        except LamellaError as error:
            st.warning(literal(str(error)))
            return
        geometry = walk.geometry
        st.latex(r"\left\lfloor\frac{n+2p-d(k-1)-1}{s}\right\rfloor+1")
        st.caption(
            "$n$: side of the image; $k$: side of the kernel; $p$: padding; $d$: dilation; $s$: "
            "stride, all in px."
        )
        st.latex(
            rf"\left\lfloor\frac{{{length}+{2 * geometry.padding}-"
            rf"{geometry.dilation * (walk.size - 1)}-1}}{{{geometry.stride}}}\right\rfloor+1"
            f"={outputs}"
        )
        st.metric("Output", f"{outputs} x {outputs}")
        st.metric("Pixels never read", f"{(counts == 0).sum()} of {length * length}")
        st.caption("Kernel size, stride, dilation and padding are those at the top of the page.")
    with right:
        screen.chart(read_figure(counts), "conv_reads", height=430)
    learn.check(output_size.size_snippet(length, walk.size, walk.geometry))


def border(opened: Opened, image: Array, walk: Walk) -> None:
    """Compare each way of padding with the pixels that really lie there."""
    around = learn.middle(opened, 256 + 2 * MARGIN)
    try:
        found = borders(around, MARGIN, walk)
    except LamellaError as error:
        st.warning(literal(str(error)))
        return
    corners = {one.mode: one.corner for one in found}
    screen.chart(border_figure(corners, found[0].padding), "conv_border", height=300)
    with st.container(horizontal=True):
        for one in found:
            st.metric(one.mode.capitalize(), f"{one.error:.3g}", width=METRIC)
    st.caption(
        "Top left corner. Right of and below the orange lines is the image, outside them what the "
        "padding assumes. The numbers: mean absolute error of the feature map in the border "
        "pixels, compared with padding by the true pixels of the micrograph."
    )


def channels(opened: Opened, image: Array, walk: Walk) -> None:
    """Add up three channels with a slice of the kernel each."""
    names = ("grey", "slope across", "slope down")
    weights = [
        column.slider(
            f"Weight of {name}", -2.0, 2.0, start, 0.1, key=f"conv_w{index}", bind="query-params"
        )
        for index, (column, name, start) in enumerate(
            zip(screen.parts(*[screen.THIRD] * 3), names, (0.5, 1.0, -1.0), strict=True)
        )
    ]
    made = add_up(first_layer(image), [weight * kernels.gaussian(3) for weight in weights])
    shown = [
        Panel(part, f"{weight:g} x {name}", "")
        for part, weight, name in zip(made.parts, weights, names, strict=True)
    ]
    screen.chart(
        panels([*shown, Panel(made.total, "their sum", "")], ("+", "+", "=")), "conv_channels", 340
    )
    st.markdown(
        "A kernel that reads 3 channels has a 3 × 3 slice for each: **27 weights, one map**. "
        "A layer with 64 such kernels has 64 maps and 64 × 27 = 1,728 weights, plus 64 biases."
    )
    learn.agreement({"torch": made.torch_difference})


def separability(opened: Opened, image: Array, walk: Walk) -> None:
    """Split the kernel into a column and a row, and count the products that are saved."""
    rank, column, row = kernels.separate(walk.kernel)
    size = walk.size
    shown = [
        Panel(column[:, None], "column"),
        Panel(row[None, :], "row"),
        Panel(column[:, None] * row[None, :], "column x row"),
        Panel(walk.kernel, "the kernel"),
    ]
    screen.chart(panels(shown, ("×", "=", "=" if rank == 1 else "≠")), "conv_rank", height=300)
    learn.check(rank_snippet(walk.kernel))
    if rank != 1:
        st.markdown(
            f"**Rank {rank}: not separable.** This kernel is not one column times one row, but a "
            f"sum of {rank} such products."
        )
        return
    whole = Walk(walk.kernel, Geometry(padding=size // 2), "replicate")
    down = feature_map(image, Walk(kernels.middle_column(column), whole.geometry, "replicate"))
    twice = feature_map(down, Walk(kernels.middle_column(row).T, whole.geometry, "replicate"))
    st.markdown(
        f"**Rank 1: separable.** Column first, then row: {size} + {size} = {2 * size} products per "
        f"pixel instead of {size * size}."
    )
    learn.agreement({"one pass": float(abs(twice - feature_map(image, whole)).max())})


TOPICS: dict[str, Callable[[Opened, Array, Walk], None]] = {
    "Output size": size,
    "Convolution vs. cross-correlation": turning,
    "The border": border,
    "Several channels": channels,
    "Separable": separability,
}

"""The page Pooling: windows of the micrograph, bright spots in noise, and shifts."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from core.concepts.picture import busiest
from core.concepts.pooling import pooling, pooling_noise, pooling_shift
from core.concepts.pooling.pooling import OPERATIONS, Pooling
from core.errors import LamellaError
from core.figures.networks import pooling as figures
from core.image_size import width_x_height
from pages.components.frame import screen, stores
from pages.components.frame.memory import Opened
from pages.components.frame.serving import publish
from pages.components.frame.words import literal
from pages.components.learn import frame as learn
from pages.components.learn import link as learn_link
from pages.components.viewer.viewer import Rectangle, ViewerEvent, ViewerSettings, viewer

if TYPE_CHECKING:
    from core.types.arrays import Array

SIDE = 256
SHIFTS = tuple(range(9))
DOSES = (10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000)
AT, EDGE, PLACE_BYTES = "pool_at", 16, 300
_WINDOW = r"0 \le i,\,j < w"
FORMULAS = {
    "max": rf"y_{{mn}} = \max_{{{_WINDOW}}} x_{{ms+i,\,ns+j}}",
    "average": rf"y_{{mn}} = \frac{{1}}{{w^2}} \sum_{{{_WINDOW}}} x_{{ms+i,\,ns+j}}",
    "median": rf"y_{{mn}} = \operatorname{{median}}_{{{_WINDOW}}} x_{{ms+i,\,ns+j}}",
}


@learn_link.part
def lesson(opened: Opened) -> None:
    """Draw the choice of a pooling and everything that follows from it."""
    wanted = _choose()
    image = learn.middle(opened, SIDE)
    chosen, pooled = learn.last_good(
        f"pooling_{image.shape}",
        lambda: (wanted, pooling.pool(image, wanted)),
        lambda: (Pooling("max", 1, 1), image),
    )
    _windows(opened, image, chosen, pooled)
    st.subheader("Look closer")
    topic = st.segmented_control(
        "Look closer",
        list(TOPICS),
        default="Bright spots in noise",
        required=True,
        key="pool_topic",
        bind="query-params",
        label_visibility="collapsed",
    )
    TOPICS[topic](opened, image, chosen)


def _choose() -> Pooling:
    with st.container(horizontal=True):
        operation = st.segmented_control(
            "Pooling",
            OPERATIONS,
            default="max",
            required=True,
            key="pooling",
            bind="query-params",
        )
        window = st.slider("Window (px)", 2, 6, 2, key="window", bind="query-params", width=220)
        stride = st.slider("Stride (px)", 1, 6, 2, key="stride", bind="query-params", width=220)
    return Pooling(operation, window, stride)


@learn_link.part
def _windows(opened: Opened, image: Array, chosen: Pooling, pooled: Array) -> None:
    places = zip(_place(opened, image), pooled.shape, strict=True)
    # Rows and columns at the end that fill no window belong to the last one.
    row, column = (min(at // chosen.stride, length - 1) for at, length in places)
    window = pooling.window_at(image, chosen, row, column)
    size = opened.micrograph.pixel_size
    nm = size.nm if size else None
    bottom, right = window.top + chosen.window, window.left + chosen.window
    box = Rectangle(window.top, window.left, bottom, right)
    left, right = screen.parts(screen.HALF, screen.HALF)
    with left:
        st.markdown(f"**Before**, {width_x_height(image.shape, '×')} px; click a window")
        viewer(
            publish.grey_image(image, "before pooling", nm),
            ViewerSettings(boxes=(box,), height=420),
            key="before-pooling",
            on_click=lambda event: _point(event, 1),
        )
    with right:
        st.markdown(f"**After**, {width_x_height(pooled.shape, '×')} px")
        viewer(
            publish.grey_image(pooled, "after pooling", nm and nm * chosen.stride),
            ViewerSettings(boxes=(Rectangle(row, column, row + 1, column + 1),), height=420),
            key="after-pooling",
            on_click=lambda event: _point(event, chosen.stride),
        )
    left, right = screen.parts(screen.HALF, screen.HALF)
    with left:
        screen.chart(figures.window_figure(window), "window-values")
    with right:
        for operation in OPERATIONS:
            other = Pooling(operation, chosen.window, chosen.stride)
            value = pooling.window_at(image, other, row, column).result
            st.metric(f"{operation} of this window", f"{value:.3f}")
    with learn.check_yourself():
        learn.formulas(FORMULAS[chosen.operation])
        st.markdown(
            "$x$: grey levels of the image; $y$: the pooled image; $m$, $n$: its row and column; "
            "$w$: side of the window, $s$: stride, in px; $i$, $j$: row and column in the window, "
            "from 0."
        )
        learn.lines(pooling.snippet(window, chosen))


def _place(opened: Opened, image: Array) -> tuple[int, int]:
    """Return the link's (row, column), or one where there is something to see."""
    if AT in st.query_params:
        return learn_link.point(AT, image.shape)
    key = ("busiest", opened.micrograph.digest, opened.micrograph.bar_rows, EDGE)
    rows, columns = stores.kept(key, lambda: busiest(image, EDGE), PLACE_BYTES)
    return (rows.start + rows.stop) // 2, (columns.start + columns.stop) // 2


def _point(event: ViewerEvent, stride: int) -> None:
    learn_link.keep_point(AT, event.row * stride, event.column * stride)


@learn_link.part
def _spots(opened: Opened, image: Array, chosen: Pooling) -> None:
    with st.container(horizontal=True):
        ground = st.segmented_control(
            "Background",
            ("this micrograph", "flat"),
            default="this micrograph",
            required=True,
            key="ground",
            bind="query-params",
        )
        dose = st.select_slider(
            "Dose (electrons per pixel)", DOSES, 100, key="dose", bind="query-params", width=280
        )
        contrast = st.slider(
            "Spot height (1 = mean)",
            0.1,
            3.0,
            0.5,
            0.1,
            key="contrast",
            bind="query-params",
            width=280,
        )
    under = image if ground == "this micrograph" else image * 0 + 1
    key = ("learn spots", opened.content, ground, dose, contrast)
    try:
        spotty = stores.kept(key, lambda: pooling_noise.spotty(under, contrast, dose), 1_600_000)
        scores = pooling_noise.spot_scores(spotty, chosen.window, chosen.stride)
    except LamellaError as error:
        st.warning(literal(str(error)))
        return
    _counted(opened, spotty, chosen)
    left, right = screen.parts(screen.HALF, screen.HALF)
    with left:
        screen.chart(figures.contrast_figure(scores), "contrast-to-noise")
    with right:
        _score_table(scores)
        count = chosen.window**2
        st.caption(
            f"In units of the noise of one pixel. The mean of the largest of {count} standard "
            f"normal values is {pooling_noise.expected_lift(count):.4f}: by that much max "
            "pooling raises a flat, noisy background. Structure under the window reduces it."
        )
    with learn.check_yourself():
        learn.formulas(
            rf"E\,[\max(z_1, \ldots, z_{{{count}}})] = {pooling_noise.expected_lift(count):.4f}"
        )
        st.markdown(
            "$E$: expected value; $z_1, z_2, \\ldots$: the pixels of one window, independent and "
            "standard normal, that is, in units of the noise of one pixel."
        )
        learn.lines(pooling_noise.snippet(chosen.window))


def _counted(opened: Opened, spotty: pooling_noise.SpottyImage, chosen: Pooling) -> None:
    top, size = spotty.noisy.max(), opened.micrograph.pixel_size
    pooled = pooling.pool(spotty.noisy, chosen)
    name = f"After {chosen.operation} pooling"
    shown = (("Electron counts", spotty.noisy, 1), (name, pooled, chosen.stride))
    for place, (title, counts, step) in zip(
        screen.parts(screen.HALF, screen.HALF), shown, strict=True
    ):
        with place:
            st.markdown(f"**{title}**, same grey scale")
            image = publish.grey_image(counts / top, title, size and size.nm * step)
            viewer(image, ViewerSettings(height=420), key=f"spots-{title[:5]}")


def _score_table(scores: tuple[pooling_noise.SpotScore, ...]) -> None:
    learn.table(
        {
            "pooling": [score.operation for score in scores],
            "background bias": [f"{score.lift:+z.3f}" for score in scores],
            "residual noise": [f"{score.noise:.3f}" for score in scores],
            "spot height": [f"{score.signal:.2f}" for score in scores],
            "contrast-to-noise ratio": [f"{score.contrast_to_noise:.2f}" for score in scores],
        }
    )


def _shifts(opened: Opened, image: Array, chosen: Pooling) -> None:
    key = ("learn shifts", opened.content, chosen.window, chosen.stride)
    try:
        curves = stores.kept(
            key,
            lambda: pooling_shift.shift_curves(image, chosen.window, chosen.stride, SHIFTS),
        )
    except LamellaError as error:
        st.warning(literal(str(error)))
        return
    screen.chart(figures.shift_figure(curves, SHIFTS), "shift-curves")
    at_one = {curve.operation: curve.changes[1] for curve in curves}
    bare = at_one[pooling_shift.SUBSAMPLING]
    words = ", ".join(
        f"{name} {at_one[name]:.2f} ({'less' if at_one[name] < bare else 'not less'})"
        for name in OPERATIONS
    )
    st.markdown(
        f"Shifted by one pixel, the image subsampled without pooling changes by {bare:.2f}; "
        f"pooled: {words}. At multiples of the stride only the position changes: the "
        "pooled image moves by whole pixels. 0 means no change, 1.41 two unrelated images."
    )
    st.markdown(
        f"A case where max pooling does not help: {_row(pooling_shift.STEPS)} pooled in pairs "
        f"gives {_row(pooling_shift.pooled_steps(0))}; shifted by one pixel, it gives "
        f"{_row(pooling_shift.pooled_steps(1))}. All steps have disappeared. What breaks the "
        "equivariance is the stride, not the maximum."
    )


def _row(values: tuple[int, ...]) -> str:
    return f"`{' '.join(map(str, values))}`"


TOPICS: dict[str, Callable[[Opened, Array, Pooling], None]] = {
    "Bright spots in noise": _spots,
    "When the image moves": _shifts,
}

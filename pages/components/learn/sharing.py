"""The views of the page Sharing: the matrix, the shift, the trained network."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import streamlit as st

from core.concepts import kernels
from core.concepts.convolution import Walk, feature_map
from core.concepts.equivariance import ImageOperation, ShiftTest, curve, shift_test, steps
from core.concepts.picture import constant_grey
from core.concepts.weight_sharing import layer_matrix, matrix_snippet
from core.errors import LamellaError
from core.figures.concepts_convolution import difference_colors, feature_colors, heat_colors
from core.figures.concepts_sharing import matrix_figure, shift_figure
from core.types import Array, ProgressCallback
from pages.components.frame import background, networks, publish, screen, session, stores
from pages.components.frame.memory import Opened
from pages.components.frame.words import literal
from pages.components.learn import frame as learn
from pages.components.viewer.viewer import ViewerSettings, viewer

if TYPE_CHECKING:
    from core.concepts.network_shift import NetworkShift

SHARINGS = ("Fully connected", "Locally connected", "Shared")
SHIFTS = range(17)
CROP, GREY_SIDE, NETWORK_STRIDE = 128, 256, 32


@st.fragment
def matrix(image: Array) -> None:
    """Draw the layer as a matrix, and count its weights three ways."""
    left, right = screen.parts(280, 660)
    with left:
        sharing = st.radio("Layer", SHARINGS, 2, key="share_kind", bind="query-params")
        side = st.slider("Image side (px)", 4, 12, 8, key="share_side", bind="query-params")
        size = st.select_slider(
            "Kernel side (px)", (3, 5, 7), key="share_size", bind="query-params"
        )
        kernel = kernels.sobel(size)
        try:
            made = layer_matrix(kernel, side)
        except LamellaError as error:
            st.warning(literal(str(error)))
            return
        counts = dict(zip(SHARINGS, (made.dense, made.local, made.distinct), strict=True))
        st.metric("Weights", f"{counts[sharing]:,}")
        others = ", ".join(f"{name.lower()} {count:,}" for name, count in counts.items())
        st.caption(f"{others[0].upper()}{others[1:]}.")
    with right:
        screen.chart(matrix_figure(made, sharing), "share_matrix", height=430)
    outputs, inputs = made.weights.shape
    st.markdown(
        f"**{outputs} x {inputs}**: one row for each output pixel, one column for each input "
        "pixel, one colour for each weight; blank entries are zero. With shared weights, the "
        "matrix times the image is the convolution:"
    )
    patch = image[:side, :side]
    gap = abs((made.weights @ patch.ravel()) - feature_map(patch, Walk(kernel)).ravel()).max()
    learn.agreement({"matrix times the micrograph's corner against our convolution": float(gap)})
    learn.check(matrix_snippet(side, size))


@st.fragment
def shift(opened: Opened, image: Array) -> None:
    """Shift the micrograph, and compare the two orders of shifting and operating."""
    known = steps(kernels.sobel(3))
    left, right = screen.parts(560, 380)
    name = left.selectbox(
        "Layer",
        [step.name for step in known],
        key="share_layer",
        bind="query-params",
    )
    by = right.slider(
        "Shift, down and right (px)", 0, 16, 1, key="share_shift", bind="query-params"
    )
    step = next(step for step in known if step.name == name)
    try:
        found = shift_test(image, step, by, by)
        curves = stores.kept(
            ("shift curves", opened.content),
            lambda: {step.name: curve(image, step, SHIFTS) for step in known},
        )
    except LamellaError as error:
        st.warning(literal(str(error)))
        return
    size = opened.micrograph.pixel_size
    _three(found, size.nm if size else None, step.stride)
    with st.container(horizontal=True):
        st.metric("Largest difference", f"{found.largest:.3g}", width=200)
        st.metric("Pixels that differ", f"{100 * found.differing:.3g} %", width=200)
        st.metric("Difference / contrast", f"{found.relative:.3g}", width=200)
    _verdict(found, step, by)
    screen.chart(
        shift_figure(SHIFTS, curves, "difference / contrast", now=by), "share_curves", height=430
    )


def _three(found: ShiftTest, nm: float | None, stride: int) -> None:
    shown = (
        ("Shift, then layer", feature_colors(found.first)),
        ("Layer, then shift", feature_colors(found.after)),
        ("Difference", difference_colors(found.difference, found.first)),
    )
    for column, (title, picture) in zip(screen.parts(*[screen.THIRD] * 3), shown, strict=True):
        with column:
            st.markdown(f"**{title}**")
            viewer(
                publish.color_image(picture, title, nm and nm * stride),
                ViewerSettings(height=330),
                key=f"share_view_{title}",
            )


def _verdict(found: ShiftTest, step: ImageOperation, by: int) -> None:
    if found.largest == 0:
        st.success(f"{step.name}: the map follows a shift of {by} px exactly.")
    elif step.stride > 1 and by % step.stride:
        st.info(
            f"{step.name}: {by} px are no multiple of the stride {step.stride}, so the layer "
            "samples other pixels than before, and no shift of its map makes up for that."
        )
    else:
        st.info(f"{step.name}: the map follows everywhere but at the border, which does not move.")


def network(opened: Opened) -> None:
    """Shift the image of the chosen trained network, and feed it a constant grey image."""
    card = session.network_model()
    if card.weights is None:
        st.info(f"{card.title} is untrained; choose a trained model on the page Models.")
        return
    crop, grey = learn.middle(opened, CROP), constant_grey(GREY_SIDE)

    owner = session.owner()

    def work(progress: ProgressCallback) -> NetworkShift:
        from core.concepts.network_shift import network_shift

        engine = networks.of_owner(card.name, owner)
        with engine.lock:
            mine = copy.deepcopy(engine.network)
        tensors = [engine.tensor(one[None].copy()) for one in (crop, grey)]
        return network_shift(mine, *tensors, progress)

    if min(crop.shape) % NETWORK_STRIDE or crop.shape[0] != crop.shape[1]:
        st.info(f"The trained network needs {CROP} x {CROP} px here; this micrograph has fewer.")
        return
    found = background.run(
        "network_shift",
        f"Shift the image of the trained network: {card.title}",
        (opened.content, card.name, card.weights.sha256),
        work,
    )
    if found is not None:
        _network_result(found)


def _network_result(found: NetworkShift) -> None:
    curves = {
        "Circular padding": found.circular,
        "As trained": found.own,
    }
    left, right = screen.parts(570, 370)
    with left:
        screen.chart(
            shift_figure(
                found.shifts,
                curves,
                "mean IoU of labels",
                range(found.stride, max(found.shifts) + 1, found.stride),
            ),
            "share_network",
            height=430,
        )
        st.caption(
            f"Labels of the shifted image, shifted back, against those of the image at rest: the "
            f"middle {CROP} x {CROP} px. With circular padding they agree at multiples of "
            f"{found.stride} px, this network's total stride, and dip in between."
        )
    with right:
        st.markdown("**A constant grey image,** as the network sees it")
        viewer(
            publish.color_image(heat_colors(found.own_leak.probability), "constant grey"),
            ViewerSettings(height=330),
            key="share_leak",
        )
        one, two = st.columns(2)
        one.metric("Spread, as trained", f"{found.own_leak.spread:.3g}")
        two.metric("Spread, circular", f"{found.circular_leak.spread:.3g}")
        st.caption(
            "Probability of the last phase. The image is empty: what you see is the effect of the "
            "padding, spreading in from the border."
        )

"""The views of the page Sharing: the matrix, the shift, the trained network."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import streamlit as st

from core.concepts.convolution import kernels
from core.concepts.convolution.convolution import Walk, feature_map
from core.concepts.convolution.weight_sharing import layer_matrix, matrix_snippet
from core.concepts.equivariance.equivariance import ImageOperation, curve, pooling_snippet, steps
from core.concepts.picture import constant_grey
from core.errors import LamellaError
from core.figures.concepts.convolution import heat_colors
from core.figures.concepts.sharing import matrix_figure, shift_figure
from core.types.arrays import Array
from core.types.progress import ProgressCallback
from pages.components.frame import screen, session, stores
from pages.components.frame.memory import Opened
from pages.components.frame.serving import publish
from pages.components.frame.words import literal
from pages.components.frame.work import background, networks
from pages.components.learn import frame as learn
from pages.components.learn import link as learn_link
from pages.components.learn.shift_stage import Shifted, Show, shift_stage
from pages.components.viewer.viewer import ViewerSettings, viewer

if TYPE_CHECKING:
    from core.concepts.equivariance.network_shift import NetworkShift

SHARINGS = ("Fully connected", "Locally connected", "Shared")
SHIFTS = range(17)
SHIFT = "share_shift"
FOLLOWS, STAYS = "Does the map follow?", "Does the answer stay?"
QUESTIONS: dict[str, Show] = {FOLLOWS: "map", STAYS: "heads"}
WORDS = {
    FOLLOWS: "**Equivariance**: when the image is shifted, its feature map shifts with it. Sharing "
    "one kernel among all positions achieves this. Zero padding breaks it at the border, and every "
    "stride above 1 breaks it; pooling breaks it through its stride, not through the maximum. "
    "Blurring before subsampling restores part of it: Zhang measured that the predictions of "
    "ResNet-18 for two shifts of an ImageNet image then agree in 88.3 % of cases instead of "
    "85.1 %.",
    STAYS: "**Invariance**: the output is the same wherever things are. Convolution alone does "
    "not provide it; it depends on the head that reads the map. A dense layer on the flattened map "
    "has a weight for each position, so its output changes with every pixel of shift. If the map "
    "is pooled into windows first, small shifts change it less. The average over all positions "
    "does not change at all as long as the map only moves. Bars: three outputs of each head, with "
    "random weights; vertical lines: without a shift.",
}
CROP, GREY_SIDE, NETWORK_STRIDE = 128, 256, 32


@learn_link.part
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
        "matrix times the image is the convolution."
    )
    patch = image[:side, :side]
    gap = abs((made.weights @ patch.ravel()) - feature_map(patch, Walk(kernel)).ravel()).max()
    with learn.check_yourself():
        learn.agreement({"matrix times the micrograph's corner and convolution": float(gap)})
        learn.lines(matrix_snippet(side, size))


@learn_link.part
def shift(opened: Opened, image: Array) -> None:
    """Let the class drag the micrograph, and show what moves with it and what does not."""
    known = {step.name: step for step in steps(kernels.sobel(3))}
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        name = st.selectbox("Layer", list(known), key="share_layer", bind="query-params", width=400)
        show = st.segmented_control(
            "Question",
            list(QUESTIONS),
            default=FOLLOWS,
            required=True,
            key="share_question",
            bind="query-params",
        )
    size = opened.micrograph.pixel_size
    shift_stage(
        Shifted(
            image,
            known[name],
            learn_link.shift(SHIFT, image.shape),
            QUESTIONS[show],
            size.nm if size else None,
            screen.presenting(),
        ),
        _keep_shift,
    )
    st.markdown(WORDS[show])
    with learn.check_yourself():
        _curves(opened, image, tuple(known.values()))


def _keep_shift(rows: int, columns: int) -> None:
    st.query_params[SHIFT] = f"{rows},{columns}"


def _curves(opened: Opened, image: Array, known: tuple[ImageOperation, ...]) -> None:
    learn.formulas(r"\text{equivariant: } f(T\,x) = T\,f(x)", r"\text{invariant: } f(T\,x)=f(x)")
    st.markdown("$x$: the image; $T$: the shift; $f$: the layer, or the whole network.")
    try:
        curves = stores.kept(
            ("shift curves", opened.content),
            lambda: {step.name: curve(image, step, SHIFTS) for step in known},
        )
    except LamellaError as error:
        st.warning(literal(str(error)))
        return
    screen.chart(shift_figure(SHIFTS, curves, "difference / contrast"), "share_curves", height=430)
    st.caption(
        "The micrograph is shifted down and to the right by the same number of pixels. Difference: "
        "root mean square of shift-then-layer minus layer-then-shift; contrast: standard deviation "
        "of the map."
    )
    learn.lines(pooling_snippet())


def network(opened: Opened) -> None:
    """Shift the image of the chosen trained network, and feed it a constant grey image."""
    card = session.network_model()
    if card.weights is None:
        st.info(f"{card.title} is untrained; choose a trained model on the page Models.")
        return
    crop, grey = learn.middle(opened, CROP), constant_grey(GREY_SIDE)

    owner = session.owner()

    def work(progress: ProgressCallback) -> NetworkShift:
        from core.concepts.equivariance.network_shift import network_shift

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
            "Labels of the shifted image, shifted back, compared with those of the original, on "
            f"the central {CROP} x {CROP} px. With circular padding they agree at multiples of "
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
            "Probability of the last phase. The image is constant, so all structure is the effect "
            "of the padding, spreading inwards from the border."
        )

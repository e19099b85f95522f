"""The page Skip connections: the block, networks that learn live, and the layers' gradients."""

from __future__ import annotations

import streamlit as st

from core.concepts import counting
from core.concepts.depth import gradient_flow, residual
from core.concepts.depth.gradient_flow import Learning
from core.errors import LamellaError
from core.figures.lecture.pictures import Shown, pictures
from core.figures.networks import gradients as figures
from core.figures.networks.blocks import block_figure
from core.figures.networks.depths import depth_figure
from core.types.progress import ProgressCallback
from pages.components.frame import screen, stores
from pages.components.frame.memory import Opened
from pages.components.frame.words import literal
from pages.components.frame.work import background
from pages.components.learn import frame as learn

BLOCK_PX, FONT_PX, TASK_PX, CURVES_PX = 320, 16, 150, 420


def block(opened: Opened) -> None:
    """Draw the block with the way around it, and what that way does to very deep networks."""
    screen.chart(block_figure(FONT_PX), "block", BLOCK_PX)
    st.markdown(
        "Two convolutions in a row turn the input **x** into **F(x)**. The residual block adds x "
        "to F(x), so the convolutions only have to learn what should *change*."
    )
    st.subheader("20 and 56 layers, 640 steps")
    from models.lecture.depths import depth_runs

    runs = depth_runs()
    screen.chart(depth_figure(runs, counting.CHANCE_ERROR), "depths", CURVES_PX)
    ends = {(run.skip, run.layers): 100 * run.training[-1] for run in runs}
    st.markdown(
        f"**Degradation.** After {runs[0].steps[-1]} steps the plain network of 56 layers has a "
        f"*training* error of {ends[False, 56]:.1f} %, that of 20 layers {ends[False, 20]:.1f} %. "
        "The deeper network could compute whatever the shallower one does, yet training does not "
        f"get there. With skips: {ends[True, 56]:.1f} % and {ends[True, 20]:.1f} %; the deep "
        "network has nearly caught up."
    )
    shown = counting.particles(counting.MOST, seed=5).images
    grey = (shown - shown.min()) / (shown.max() - shown.min())
    screen.chart(pictures([Shown(image) for image in grey]), "task", TASK_PX)
    st.caption(
        "The task: how many particles are in the image? Here one to six, in 16 × 16 px; noisy, "
        "some touching, brighter or darker than the background. Dotted: the error of guessing, 5 "
        "in 6. Networks and training follow He et al. 2016, section 4.2, with batch norm, half the "
        "channels and a shorter schedule of 640 steps of 64 images; each network was trained once. "
        "Training error: over the last 80 steps, while the network learned. Test error: on 2,000 "
        "other images after that step; it jumps while the learning rate is high."
    )


def train(opened: Opened) -> None:
    """Train plain networks and a residual one live, then take out each block of each."""
    depth = _depth("train_depth", gradient_flow.TRAINED_DEPTH)
    st.markdown(
        "The task: was this patch of the micrograph blurred or not? A plain network, a residual "
        "one, and a plain one of a quarter of the depth, all with batch norm, see the same patches "
        "in the same order."
    )
    given = _patches(opened)
    if given is None:
        return
    seen: list[tuple[str, float]] = []

    def work(progress: ProgressCallback) -> tuple[Learning, ...]:
        return gradient_flow.learn(given, depth, True, progress=progress, seen=seen)

    found = background.run("skips", "Train all three", (opened.content, depth), work, seen=seen)
    if found is None:
        _live()
        return
    losses = [(result.kind, loss) for result in found for loss in result.losses]
    left, right = screen.parts(screen.HALF, screen.HALF)
    with left:
        st.subheader("Training")
        screen.chart(figures.loss_figure(losses), "losses")
    with right:
        st.subheader("Removing one block")
        screen.chart(figures.lesion_figure(found), "lesions")
    whole = ", ".join(f"{one.kind} {one.whole:.3f}" for one in found)
    st.caption(
        "Each block of a trained network is removed in turn; the rest stays as it is. Loss of the "
        f"whole network: {whole}; chance level: 0.693. A network near chance has learned nothing, "
        "so it has nothing to lose and is not drawn on the right. Without one block, the plain "
        "network passes on maps that the next block has never seen. In the residual network most "
        "blocks can be removed: each only adds a correction (Veit et al. 2016)."
    )


def gradients(opened: Opened) -> None:
    """Draw the gradient of each layer of two fresh networks."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        depth = _depth("depth", 16)
        norm = st.toggle("Batch norm", key="batch_norm", bind="query-params")
    given = _patches(opened)
    if given is None:
        return
    with st.spinner("One backward pass through both networks."):
        flows = stores.kept(
            ("learn gradients", opened.content, depth, norm),
            lambda: gradient_flow.gradient_flow(given, depth, norm),
        )
    screen.chart(figures.gradient_figure(flows), "gradients")
    with st.container(horizontal=True):
        for flow in flows:
            st.metric(f"First layer, {flow.kind}", learn.in_digits(flow.norms[0]), width="content")
            st.metric(f"Last layer, {flow.kind}", learn.in_digits(flow.norms[-1]), width="content")
    st.caption(
        "Batch norm preserves the size of the signal, not that of the gradient: in a deep plain "
        "network the gradient grows from each layer to the one before it."
        if norm
        else "Without batch norm and with PyTorch's default initialization, the plain network's "
        "signal shrinks on the forward pass and its gradient on the backward pass, so the "
        "gradients of all its weights are small, the more so the deeper it is."
    )
    st.markdown(
        "**Vanishing and exploding gradients**: in a plain network each layer multiplies the "
        "gradient, so it shrinks or grows with depth. A careful initialization (He et al. 2015) "
        "preserves its size. Batch norm preserves the size of the *signal*; at initialization it "
        "makes the gradients of a deep plain network explode (Yang et al. 2019). **Degradation**, "
        "the problem that residual networks address, is something else: see the training errors "
        "of 20 and 56 layers, both with batch norm."
    )


def _depth(key: str, usual: int) -> int:
    return st.select_slider(
        "Depth (convolutions)",
        residual.DEPTHS,
        usual,
        key=key,
        bind="query-params",
        width=320,
    )


def _patches(opened: Opened) -> gradient_flow.Patches | None:
    try:
        return gradient_flow.patches(learn.middle(opened))
    except LamellaError as error:
        st.warning(literal(str(error)))
        return None


@st.fragment(run_every=0.6)
def _live() -> None:
    job = background.running("skips")
    if job is not None:
        screen.chart(figures.loss_figure(list(job.seen)), "live-losses")

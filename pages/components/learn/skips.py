"""The page Skip connections: gradients, a short training, and blocks taken out."""

from __future__ import annotations

import streamlit as st

from core.concepts import gradient_flow, residual
from core.concepts.gradient_flow import Learning
from core.errors import LamellaError
from core.figures import learn_gradients as figures
from core.types import ProgressCallback
from pages.components.frame import background, screen, stores
from pages.components.frame.memory import Opened
from pages.components.frame.words import literal
from pages.components.learn import frame as learn


def lesson(opened: Opened) -> None:
    """Draw the choice of the networks and everything that follows from it."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        depth = st.select_slider(
            "Depth (convolutions)",
            residual.DEPTHS,
            16,
            key="depth",
            bind="query-params",
            width=320,
        )
        norm = st.toggle("Batch norm", key="batch_norm", bind="query-params")
    try:
        given = gradient_flow.patches(learn.middle(opened))
    except LamellaError as error:
        st.warning(literal(str(error)))
        return
    name = opened.content
    with st.spinner("One backward pass through both networks."):
        flows = stores.kept(
            ("learn gradients", name, depth, norm),
            lambda: gradient_flow.gradient_flow(given, depth, norm),
        )
    st.subheader("Gradients at initialization")
    screen.chart(figures.gradient_figure(flows), "gradients")
    with st.container(horizontal=True):
        for flow in flows:
            st.metric(f"First layer, {flow.kind}", learn.in_digits(flow.norms[0]), width=200)
            st.metric(f"Last layer, {flow.kind}", learn.in_digits(flow.norms[-1]), width=200)
    st.caption(
        "Batch norm keeps the size of the signal, not that of the gradient: in a deep plain "
        "network the gradient grows from each layer to the one before it."
        if norm
        else "Without batch norm and with PyTorch's default initialization, the plain network's "
        "signal shrinks on the forward pass and its gradient on the backward pass, so the "
        "gradients of all its weights are small, and smaller the deeper it is."
    )
    st.subheader("Training both")
    st.markdown("The task: was this patch of the micrograph blurred, or not?")
    _training(name, given, depth, norm)


def _training(name: str, given: gradient_flow.Patches, depth: int, norm: bool) -> None:
    seen: list[tuple[str, float]] = []

    def work(progress: ProgressCallback) -> tuple[Learning, ...]:
        return gradient_flow.learn(given, depth, norm, progress=progress, seen=seen)

    found = background.run("skips", "Train both", (name, depth, norm), work, seen=seen)
    if found is None:
        _live()
        return
    losses = [(result.kind, loss) for result in found for loss in result.losses]
    screen.chart(figures.loss_figure(losses), "losses")
    st.subheader("Removing one block")
    screen.chart(figures.lesion_figure(found), "lesions")
    st.caption(
        "Each block of the trained networks is removed in turn; the rest stays as it is. Loss of "
        f"the whole network: {', '.join(f'{one.kind} {one.whole:.3f}' for one in found)}; chance "
        "level: 0.693. A network near it has learned nothing, and removing blocks from it says "
        "nothing."
    )


@st.fragment(run_every=0.6)
def _live() -> None:
    job = background.running("skips")
    if job is not None:
        screen.chart(figures.loss_figure(list(job.seen)), "live-losses")

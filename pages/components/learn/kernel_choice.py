"""The choice of the kernel: a preset, a filter of a trained network, or typed into a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.concepts.convolution import kernels
from core.errors import LamellaError
from pages.components.frame import session, stores
from pages.components.frame.words import literal
from pages.components.frame.work import networks

if TYPE_CHECKING:
    import pandas as pd

    from core.types.arrays import Array

TRAINED = "From the trained network"
TABLE_WIDTH = 340
KERNEL = "conv_kernel"


def kernel_choice() -> tuple[Array, str]:
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


def kernel_table(base: Array, name: str) -> pd.DataFrame:
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

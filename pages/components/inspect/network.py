"""Network: its drawing, and the table of its layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.image_size import width_x_height
from pages.components.frame import session
from pages.components.frame.words import capital
from pages.components.inspect import layers as inspect_layers
from pages.components.inspect import subject as inspect_subject
from pages.components.inspect.link import LINK, OF_LAYER
from pages.components.inspect.subject import Inspected

if TYPE_CHECKING:
    from core.inspection.layers.layers import LayerRow, LayerTable

TABLE_HEIGHT = 430


def draw(inspected: Inspected) -> None:
    """Draw the view."""
    from core.inspection.layers.layers import timed_layer_table

    subject = inspected.subject
    table = inspect_subject.kept(
        subject,
        "timed table",
        make=lambda: timed_layer_table(subject),
        words="Timing the layers in four runs.",
    )
    layer = inspect_layers.asked(inspected)
    _drawing(inspected, layer)
    _totals(inspected, table)
    _table(inspected, table, layer)
    chosen = next((row for row in table.rows if row.layer.name == layer), None)
    if chosen is None:
        st.caption("Select a block of the drawing or a row of the table to inspect that layer.")
    else:
        _chosen(inspected, chosen)


def _drawing(inspected: Inspected, layer: str | None) -> None:
    from core.figures.inspection.network import network_figure
    from core.inspection.layers.network_map import network_map

    drawing = inspect_subject.kept(
        inspected.subject, "map", make=lambda: network_map(inspected.subject.trace)
    )
    key = f"inspect-drawing-{inspected.title}-{layer}"

    def select() -> None:
        points = session.component_state(key).get("selection", {}).get("points", [])
        name = points[0].get("customdata") if points else None
        name = name[0] if isinstance(name, list | tuple) else name
        if name:
            LINK.change(layer=name, **dict.fromkeys(OF_LAYER))

    st.plotly_chart(
        network_figure(drawing, layer),
        key=key,
        on_select=select,
        selection_mode="points",
        config={"displayModeBar": False},
        alt=f"Drawing of {inspected.title}: blocks in the order in which they run",
    )


def _totals(inspected: Inspected, table: LayerTable) -> None:
    parts = [f"**{table.parameters:,}** parameters"]
    if table.unused_parameters:
        parts.append(f"{table.unused_parameters:,} of them unused")
    parts.append(f"**{table.macs:,}** MACs for {width_x_height(inspected.subject.shape, '×')} px")
    if table.seconds is not None:
        milliseconds = 1000 * table.seconds
        digits = 0 if milliseconds >= 100 else 2
        parts.append(f"**{milliseconds:,.{digits}f} ms** per forward pass on this server")
        parts.append(f"{100 * (table.share_between or 0):.0f} % of it outside the layers")
    st.markdown(", ".join(parts) + ".")
    scale = inspected.px_per_network_px
    if scale != 1:
        st.caption(f"One network pixel covers {scale:.3g} px of this micrograph.")


def _table(inspected: Inspected, table: LayerTable, layer: str | None) -> None:
    names = [row.layer.name for row in table.rows]
    known = {row.layer.name for row in table.rows if row.is_module}
    key = f"inspect-layers-{LINK.turn('layer')}-{LINK.turn('network')}-{len(names)}"

    def select() -> None:
        rows = session.component_state(key).get("selection", {}).get("rows", [])
        name = names[rows[0]] if rows else None
        LINK.note("layer", name if name in known else None, **dict.fromkeys(OF_LAYER))

    st.dataframe(
        _columns(inspected, table.rows),
        height=TABLE_HEIGHT,
        hide_index=True,
        key=key,
        on_select=select,
        selection_mode="single-row",
        selection_default={"selection": {"rows": [names.index(layer)]}} if layer in names else None,
        column_config={
            "Layer": st.column_config.TextColumn(width=275),
            "Kind": st.column_config.TextColumn(width=150),
            "Output": st.column_config.TextColumn(width=105),
            "Parameters": st.column_config.NumberColumn(format="localized", width=80),
            "MACs": st.column_config.NumberColumn(format="compact", width=60),
            "Receptive field (px)": st.column_config.TextColumn(width=125),
            "Stride (px)": st.column_config.TextColumn(width=75),
            "Run time": st.column_config.ProgressColumn(
                width=80,
                format="percent",
                min_value=0,
                max_value=max(0.01, *(row.share or 0 for row in table.rows)),
                color="primary",
            ),
        },
        alt="One row per layer, in order of execution",
    )


def _columns(inspected: Inspected, rows: tuple[LayerRow, ...]) -> dict[str, list[object]]:
    return {
        "Layer": [inspect_layers.title(inspected, row.layer.name) for row in rows],
        "Kind": [row.layer.kind for row in rows],
        "Output": [" × ".join(map(str, row.layer.shape)) for row in rows],
        "Parameters": [row.layer.parameters for row in rows],
        "MACs": [row.layer.macs for row in rows],
        "Receptive field (px)": [
            "whole field" if row.field.sees_everything else str(row.field) for row in rows
        ],
        "Stride (px)": [_jump(row) for row in rows],
        "Run time": [row.share for row in rows],
        "Exact name": [row.layer.name for row in rows],
    }


def _jump(row: LayerRow) -> str:
    sides = [f"{step:g}" for step in row.field.jump]
    return sides[0] if len(set(sides)) == 1 else width_x_height(sides, "×")


def _chosen(inspected: Inspected, row: LayerRow) -> None:
    """Draw the ways from the chosen layer to the other views."""
    with st.container(horizontal=True, vertical_alignment="center"):
        name = capital(inspect_layers.title(inspected, row.layer.name))
        st.markdown(f"**{name}**, {row.layer.kind}:", help=f"`{row.layer.name}`")
        views = {"maps": "Feature maps", "field": "Receptive field"}
        if row.layer.parameters and "convolution" in row.layer.kind:
            views["kernels"] = "Kernels"
        for view, label in views.items():
            st.button(
                label,
                key=f"inspect-go-{view}",
                on_click=LINK.change,
                kwargs={"view": view, "show": None},
            )

"""Feature maps of a first, a middle and a deep layer, one above the other."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

import streamlit as st

from pages.components.inspect import colors as inspect_colors
from pages.components.inspect import layers as inspect_layers
from pages.components.inspect import subject as inspect_subject
from pages.components.inspect.subject import Inspected

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

HIERARCHY = (
    "From the first layer to the deepest, each unit sees more of the micrograph. What the channels "
    "of this network respond to is what the maps show; no more was measured. Hover over one for "
    "its receptive field."
)


def draw(inspected: Inspected) -> None:
    from core.figures.inspection_feature_maps import hierarchy_figure
    from core.inspection.feature_maps import record_feature_maps
    from core.inspection.receptive_field import field_sizes

    subject, size = inspected.subject, inspected.opened.micrograph.pixel_size
    names, per_px = _levels(inspected), inspected.px_per_network_px
    with st.container(width=260):
        scale = inspect_colors.choose().plotly

    rows = inspect_layers.layers(inspected)
    maps = inspect_subject.kept(
        subject,
        "hierarchy",
        make=lambda: record_feature_maps(subject, names),
        words="Running the network on the field.",
        size_bytes=sum(4 * prod(rows[name].layer.shape) for name in names),
    )

    def make() -> Figure:
        sizes = [field_sizes(subject.trace, name) for name in names]
        return hierarchy_figure(maps, sizes, size, px_per_network_px=per_px, scale=scale)

    figure = inspect_subject.kept(subject, "hierarchy figure", size and size.nm, scale, make=make)
    st.markdown(HIERARCHY)
    st.plotly_chart(
        figure,
        key="inspect-hierarchy",
        config={"displayModeBar": False},
        alt="Channels of a first, a middle and a deep layer",
    )
    if inspected.cut:
        st.caption(inspected.cut)


def _levels(inspected: Inspected) -> list[str]:
    """Return the first layer, a middle and the deepest one on the way down."""
    rows = inspect_layers.layers(inspected)
    heights = {name: rows[name].layer.shape[1] for name in inspect_layers.with_maps(inspected)}
    heights = {name: height for name, height in heights.items() if height > 1}
    names = list(heights)
    lowest = min(heights.values())
    deepest = next(
        index for index, name in reversed(list(enumerate(names))) if heights[name] == lowest
    )
    way = names[: deepest + 1]
    wanted = (heights[way[0]] * lowest) ** 0.5
    nearest = min((heights[name] for name in way), key=lambda height: abs(height - wanted))
    middle = next(name for name in reversed(way) if heights[name] == nearest)
    return list(dict.fromkeys([way[0], middle, way[-1]]))

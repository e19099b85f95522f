"""Feature maps of a first, a middle and a deep layer, and what can be read off each depth."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

import streamlit as st

from pages.components.inspect import colors as inspect_colors
from pages.components.inspect import layers as inspect_layers
from pages.components.inspect import probes as inspect_probes
from pages.components.inspect import subject as inspect_subject
from pages.components.inspect.subject import Inspected

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

HIERARCHY = (
    "From the first layer to the deepest, each unit sees more of the micrograph. Shown are the "
    "channels that vary most. *Top-activating patches* shows what excites a channel most; below, "
    "linear probes measure what can be read off each depth."
)


def draw(inspected: Inspected) -> None:
    from core.figures.inspection.feature_maps import hierarchy_figure
    from core.inspection.feature_maps import record_feature_maps
    from core.inspection.layers.depths import first_middle_deepest, layers_with_maps
    from core.inspection.receptive_field.receptive_field import field_sizes

    subject, size = inspected.subject, inspected.opened.micrograph.pixel_size
    names = first_middle_deepest(layers_with_maps(inspect_subject.table(subject)))
    per_px = inspected.px_per_network_px
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
        return hierarchy_figure(
            maps,
            sizes,
            size,
            px_per_network_px=per_px,
            scale=scale,
            names=inspect_layers.readable(inspected),
        )

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
    inspect_probes.draw(inspected)

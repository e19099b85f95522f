"""Measure: from a segmentation to the numbers that are reported, with their intervals."""

from functools import partial

import streamlit as st

from pages.components.frame import session
from pages.components.frame.images import scale_bar
from pages.components.frame.serving import publish
from pages.components.measure import agreement, choices, export, measured, shown, view
from pages.components.measure.link import LINK
from pages.components.viewer.viewer import ViewerSettings, viewer

PAGE = {"group": "Analyse", "title": "Measure", "order": 4}

st.title("Measure")
LINK.read()
opened = choices.micrograph()
if opened is None:
    st.stop()
st.caption(
    "Particle size, grain size or phase fractions after the standards, each with its interval "
    "and the method in words."
)
result = choices.segmentation(opened)
session.show_notice()
if result is None:
    viewer(
        publish.micrograph(opened.micrograph),
        ViewerSettings(bar_rows=opened.micrograph.bar_rows),
        key="viewer",
        ruler=scale_bar.ruler(opened),
    )
    choices.next_step()
    st.stop()

analysis, reference = result.analysis, result.reference
settings = choices.settings(analysis.card, measured.removed_hits(analysis))
found = measured.measured(analysis, settings)
if found is None:
    viewer(publish.micrograph(opened.micrograph), view.while_measuring(analysis), key="viewer")
    st.stop()
shown.headline(found.headline, found.warnings)
compared = agreement.draw(analysis)
viewer(
    publish.micrograph(opened.micrograph),
    view.settings(analysis, found, compared),
    key="viewer",
    on_click=partial(measured.toggle_hit, reference, settings),
    ruler=scale_bar.ruler(opened),
)
view.legend(analysis, found)
if compared is not None:
    agreement.table(compared)
    agreement.note(analysis, compared)
shown.body(analysis, found)
with st.sidebar:
    export.draw(reference, found)

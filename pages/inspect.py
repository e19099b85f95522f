"""Inspect: kernels, feature maps and receptive field behind the label of a pixel."""

import streamlit as st

from core.errors import LamellaError
from pages.components import (
    inspect_field,
    inspect_kernels,
    inspect_label,
    inspect_link,
    inspect_maps,
    inspect_network,
    inspect_subject,
)

PAGE = {"group": "Analyse", "title": "Inspect", "order": 2}
SECTIONS = {
    "network": inspect_network.draw,
    "kernels": inspect_kernels.draw,
    "maps": inspect_maps.draw,
    "field": inspect_field.draw,
    "label": inspect_label.draw,
}

st.title("Inspect")
st.caption(
    "How a network comes to its answer on your micrograph: click a pixel, and see what decides."
)
link = inspect_link.read()
opened = inspect_subject.micrograph()
if opened is None:
    st.stop()
try:
    name = inspect_subject.choose_network(link)
    analysis = inspect_subject.segmentation(opened)
    view = inspect_link.chooser("View", "view", inspect_link.VIEWS, inspect_link.FIRST, show=None)
    inspected = inspect_subject.look(opened, name, link, analysis)
    inspect_subject.introduce(inspected)
    SECTIONS[view](inspected)
except LamellaError as error:
    st.warning(str(error))

"""Inspect: kernels, feature maps and receptive field behind the label of a pixel."""

import streamlit as st

from core.errors import LamellaError
from pages.components.frame import presenter
from pages.components.frame.words import literal
from pages.components.inspect import choices as inspect_choices
from pages.components.inspect import field as inspect_field
from pages.components.inspect import kernels as inspect_kernels
from pages.components.inspect import label as inspect_label
from pages.components.inspect import link as inspect_link
from pages.components.inspect import maps as inspect_maps
from pages.components.inspect import network as inspect_network
from pages.components.inspect import subject as inspect_subject
from pages.components.inspect.link import LINK

PAGE = {"group": "Analyse", "title": "Inspect", "order": 6}
SECTIONS = {
    "network": inspect_network.draw,
    "kernels": inspect_kernels.draw,
    "maps": inspect_maps.draw,
    "field": inspect_field.draw,
    "label": inspect_label.draw,
}

presenter.heading(
    "Inspect",
    "How a network reaches its answer on your micrograph: click a pixel to see what decides it.",
)
request = inspect_link.read()
opened = inspect_choices.micrograph()
if opened is None:
    st.stop()
try:
    name = inspect_choices.choose_network()
    if name is None:
        st.info(inspect_choices.cannot_be_inspected())
        st.stop()
    analysis = inspect_choices.segmentation(opened)
    with st.container(key=presenter.WAY):
        view = LINK.choose(
            "View",
            "view",
            inspect_link.VIEWS,
            inspect_link.FIRST,
            drops=("show",),
            label_visibility="collapsed",
        )
    inspected = inspect_subject.look(opened, name, request, analysis)
    inspect_subject.introduce(inspected)
    SECTIONS[view](inspected)
except LamellaError as error:
    st.warning(literal(str(error)))

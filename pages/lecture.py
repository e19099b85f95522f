"""Lecture: all of it as a talk, one idea and one picture a screen."""

import streamlit as st

from pages.components.lecture import contents, stage

PAGE = {"group": "Learn", "title": "Lecture", "order": 0}

stage.LINK.read()
stage.go_live()
opened, note = stage.micrograph()
st.title("Lecture")
if st.query_params.get("present") == stage.PRESENT:
    stage.present(opened, note)
    st.stop()
st.markdown(
    "From pixels to the U-Net in one talk: one idea, one picture and one sentence a screen, drawn "
    "of your micrograph."
)
contents.begin()
contents.all_steps()

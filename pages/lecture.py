"""Lecture: the whole course as a talk, one idea and one picture per screen."""

import streamlit as st

from pages.components.lecture import contents, stage

PAGE = {"group": "Learn", "title": "Lecture", "order": 0}

stage.LINK.read()
stage.go_elsewhere()
opened, note = stage.micrograph()
if stage.is_presented():
    st.title("Lecture")
    stage.present(opened, note)
    st.stop()
contents.heading(opened)
contents.begin(opened)
contents.all_steps()

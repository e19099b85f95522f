"""Segment: a micrograph in, a measured segmentation out."""

from functools import partial

import streamlit as st

from pages.components.correct.link import correct_link
from pages.components.frame import presenter, session, sidebar
from pages.components.frame.images import scale_bar
from pages.components.frame.serving import publish
from pages.components.segment import cards, choices, files, marking, objects, results, run
from pages.components.viewer.viewer import ViewerSettings, viewer

PAGE = {"group": "Analyse", "title": "Segment", "order": 1}

presenter.heading(
    "Segment", "Segment the phases of a micrograph, then count and measure its objects."
)
opened = sidebar.choose_micrograph()
if opened is None:
    cards.first_screen()
    st.stop()
chosen = choices.choose(opened)
card, marked, found = chosen.card, chosen.marked, chosen.found
brush = marking.brush(opened, marked)
analysis = found.analysis if found else None
overlay = marking.mask_overlay(opened, marked)
with st.sidebar:
    shown = sidebar.view(card) if analysis else None

session.show_notice()
if analysis is None:
    viewer(
        publish.micrograph(opened.micrograph),
        ViewerSettings(
            overlay=overlay,
            bar_rows=opened.micrograph.bar_rows,
        ),
        key="viewer",
        brush=brush,
        ruler=scale_bar.ruler(opened),
    )
    run.next_step(marked)
    chosen.look_for_another_model(opened)
    st.stop()

results.warn(analysis)
uncertain = shown == sidebar.UNCERTAINTY
seen = () if uncertain else (publish.labels_of_objects(analysis), publish.objects(analysis))
labels, ids = seen or (None, None)
viewer(
    publish.micrograph(opened.micrograph),
    ViewerSettings(
        labels=labels,
        phases=() if uncertain else analysis.segmentation.phases,
        objects=ids,
        overlay=publish.uncertainty(analysis) if uncertain else overlay,
        selected=results.selected(analysis),
        bar_rows=opened.micrograph.bar_rows,
        boxes=results.annotation_boxes(analysis),
    ),
    key="viewer",
    on_click=partial(results.select_at, found.reference),
    brush=brush,
    ruler=scale_bar.ruler(opened),
)
if uncertain:
    results.uncertainty_legend()
publish.wait_until_seen(*seen)
with st.sidebar:
    results.summary(analysis, opened.truth)
    correct_link(chosen.kept)
    files.export(found.reference)
objects.selection_line(analysis)
results.details(analysis)
chosen.look_for_another_model(opened)

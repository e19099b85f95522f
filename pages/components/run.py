"""Segmenting in the background: a button, tile progress, cancel, and results that are kept."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from core.errors import Cancelled, LamellaError
from core.segmentation.settings import ObjectSettings
from core.types import ModelCard, ProgressCallback
from pages.components import jobs, session
from pages.components.session import Opened

if TYPE_CHECKING:
    from core.analysis import Analysis

POLL_SECONDS = 0.7


def network_key(opened: Opened, card: ModelCard) -> tuple[object, ...]:
    """Return what decides the labels: image, model and the user's changes."""
    shown = opened.micrograph
    weights = card.weights.sha256 if card.weights else None
    return (shown.digest, card.name, weights, shown.pixel_size, shown.info_bar_rows)


def kept_analysis(opened: Opened, card: ModelCard, settings: ObjectSettings) -> Analysis | None:
    """Return the analysis where it is kept; other object settings need no new run."""
    results = session.results()
    labels_key = network_key(opened, card)
    found = results.get((*labels_key, settings))
    if found is None and (other := results.get(labels_key)) is not None:
        from core.analysis import regroup

        with st.spinner("Grouping pixels into objects."):
            found = regroup(other, settings)
        results.put((*labels_key, settings), found, found.objects.nbytes)
    if found is None:
        return None
    # Another file may hold the same pixels: its own name goes into the exports.
    return replace(found, micrograph=opened.micrograph)


def segment(opened: Opened, card: ModelCard, settings: ObjectSettings) -> Analysis | None:
    """Draw the button or the progress of a run, and return the analysis once there is one."""
    _collect()
    found = kept_analysis(opened, card, settings)
    mine = session.memory()
    running = mine.job is not None and mine.job.key == network_key(opened, card)
    wish = session.take_wish()
    if found is not None:
        return found
    place = st.empty()
    if not running:
        pressed = place.button("Segment", type="primary", width="stretch", shortcut="Ctrl+Enter")
        if not pressed and not wish:
            return None
        _start(opened, card, settings)
    with place.container():
        _progress()
    return None


def _start(opened: Opened, card: ModelCard, settings: ObjectSettings) -> None:
    mine = session.memory()
    if mine.job is not None:
        mine.job.cancel()

    def work(progress: ProgressCallback) -> Analysis:
        from core.analysis import analyse

        network = session.engine(card.name)
        return analyse(opened.micrograph, network, object_settings=settings, progress=progress)

    mine.notice = ""
    mine.job = jobs.start(network_key(opened, card), work)


def _collect() -> None:
    """Put the result of a finished job where every page finds it, or its error into words."""
    mine = session.memory()
    job = mine.job
    if job is None or not job.finished:
        return
    mine.job = None
    try:
        made = jobs.result_of(job)
    except Cancelled as stopped:
        mine.notice = str(stopped)
    except LamellaError as error:
        mine.notice = str(error)
    else:
        arrays = (made.objects, made.segmentation.labels, made.segmentation.probabilities)
        size = sum(array.nbytes for array in arrays)
        session.results().put(job.key, made, size)
        session.results().put((*job.key, made.object_settings), made, 0)


@st.fragment(run_every=POLL_SECONDS)
def _progress() -> None:
    job = session.memory().job
    if job is None or job.finished:
        st.rerun()
    if not job.started:
        st.progress(0.0, text="Waiting for another segmentation to end.")
    elif not job.total:
        st.progress(0.0, text="Getting the network ready.")
    else:
        st.progress(job.done / job.total, text=f"Tile {job.done} of {job.total}.")
    if job.cancelled.is_set():
        st.caption("Stopping at the end of this tile.")
    else:
        st.button("Cancel", on_click=job.cancel, width="stretch")


def next_step() -> None:
    """Draw what became of the last run, or what to do next."""
    mine = session.memory()
    if mine.notice:
        st.warning(mine.notice)
    elif mine.job is not None:
        st.caption("The network is at work; you may look around in the image meanwhile.")
    else:
        st.caption("Check the pixel size and the info bar, then press Segment.")

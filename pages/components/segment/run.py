"""Segmenting in the background: a button, tile progress, cancel, and results that are kept."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from core.errors import Cancelled, LamellaError
from core.segmentation.settings import ObjectSettings
from core.types import ModelCard, ProgressCallback
from pages.components.frame import jobs, session
from pages.components.frame.session import Opened
from pages.components.segment.marking import Marking

if TYPE_CHECKING:
    from core.analysis import Analysis
    from core.segmentation.forest_engine import ForestEngine

POLL_SECONDS = 0.7
# A forest answers within a second or two, and somebody with a brush waits for it; but not while
# its libraries are imported, since every look costs the import some time.
QUICK_POLL_SECONDS = 0.4


def network_key(
    opened: Opened, card: ModelCard, marking: Marking | None = None
) -> tuple[object, ...]:
    """Return what decides the labels: image, model, marks and the user's changes."""
    shown = opened.micrograph
    weights = card.weights.sha256 if card.weights else None
    marks = marking.marks.digest if marking else None
    return (shown.digest, card.name, weights, shown.pixel_size, shown.info_bar_rows, marks)


def kept_analysis(
    opened: Opened, labels_key: tuple[object, ...], settings: ObjectSettings
) -> Analysis | None:
    """Return the analysis where it is kept; other object settings need no new run."""
    results = session.results()
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


def segment(
    opened: Opened, card: ModelCard, settings: ObjectSettings, marking: Marking | None = None
) -> Analysis | None:
    """Draw the button or the progress of a run, and return the analysis once there is one.

    With marks a run begins by itself, and until it ends the analysis of the marks before is
    returned.
    """
    _collect()
    key = network_key(opened, card, marking)
    found = kept_analysis(opened, key, settings)
    mine = session.memory()
    running = mine.job is not None and mine.job.key == key
    wish = session.take_wish()
    if found is not None:
        return found
    if marking is not None and not marking.is_ready:
        return None
    earlier = mine.taught.get(opened.micrograph.digest) if marking else None
    place = st.empty()
    if not running:
        by_itself = marking is not None and mine.stopped != key
        pressed = not by_itself and place.button(
            "Segment", type="primary", width="stretch", shortcut="Ctrl+Enter"
        )
        if pressed or wish or by_itself:
            _start(opened, card, settings, marking)
            running = True
    if running:
        with place.container():
            if marking and mine.taught:
                _quick_progress()
            else:
                _progress("forest" if marking else "network", "Row" if marking else "Tile")
    return kept_analysis(opened, earlier, settings) if earlier else None


def _start(
    opened: Opened, card: ModelCard, settings: ObjectSettings, marking: Marking | None
) -> None:
    mine = session.memory()
    if mine.job is not None:
        mine.job.cancel()

    def work(progress: ProgressCallback) -> Analysis:
        from core.analysis import analyse

        is_taught = marking is not None
        engine = (
            _taught(opened, card, marking, progress) if is_taught else session.engine(card.name)
        )
        return analyse(opened.micrograph, engine, object_settings=settings, progress=progress)

    mine.notice, mine.stopped = "", None
    mine.job = jobs.start(network_key(opened, card, marking), work)


def _taught(
    opened: Opened, card: ModelCard, marking: Marking, progress: ProgressCallback
) -> ForestEngine:
    """Return a forest that learned from the marks; the image's features are kept."""
    session.import_torch()
    from core.segmentation.forest_engine import features_of, teach

    shown, kept = opened.micrograph, session.features()
    key = (shown.digest, shown.info_bar_rows)
    bands = kept.get(key) or features_of(shown)
    kept.put(key, bands, bands.nbytes)
    return teach(card, shown, marking.marks, bands=bands, progress=progress)


def _collect() -> None:
    """Put the result of a finished job where every page finds it, or its error into words."""
    mine = session.memory()
    job = mine.job
    if job is None or not job.finished:
        return
    mine.job, mine.stopped = None, job.key
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
        mine.stopped = None
        if made.teaching:
            mine.taught[made.micrograph.digest] = job.key


@st.fragment(run_every=POLL_SECONDS)
def _progress(what: str, step: str) -> None:
    _show_progress(f"Getting the {what} ready.", step)


@st.fragment(run_every=QUICK_POLL_SECONDS)
def _quick_progress() -> None:
    _show_progress("The forest learns from the marks.", "Row")


def _show_progress(first: str, step: str) -> None:
    job = session.memory().job
    if job is None or job.finished:
        st.rerun()
    if not job.started:
        st.progress(0.0, text="Waiting for another segmentation to end.")
    elif not job.total:
        st.progress(0.0, text=first)
    else:
        st.progress(job.done / job.total, text=f"{step} {job.done} of {job.total}.")
    if job.cancelled.is_set():
        st.caption(f"Stopping at the end of this {step.lower()}.")
    else:
        st.button("Cancel", on_click=job.cancel, width="stretch")


def next_step(marking: Marking | None = None) -> None:
    """Draw what became of the last run, or what to do next."""
    mine = session.memory()
    if mine.notice:
        st.warning(mine.notice)
    elif mine.job is not None:
        what = "forest" if marking else "network"
        st.caption(f"The {what} is at work; you may look around in the image meanwhile.")
    elif marking is not None:
        st.caption(marking.next_step)
    else:
        st.caption("Check the pixel size and the info bar, then press Segment.")

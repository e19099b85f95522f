"""Segmenting: a button, progress, cancel, and results that are kept.

A network runs in the workspace's queue, so a run goes on when its tab is closed or the server
starts again, and its page finds it. A forest runs here, beside the features of its image; so does
a network where nothing can be kept.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from core.errors import Cancelled, LamellaError
from core.evaluation.overview import expected_time
from core.execution import USUAL, RunChoice
from core.jobs import result_key
from core.segmentation.settings import ObjectSettings
from core.types.model_card import ModelCard
from core.types.progress import ProgressCallback, no_progress
from models.measured import measured
from pages.components.frame import screen, session, stores
from pages.components.frame.memory import Opened
from pages.components.frame.work import background, networks
from pages.components.frame.work.background import Display
from pages.components.segment import advanced, image_class, kept, saving
from pages.components.segment.kept import Reference
from pages.components.segment.marking import Marking

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from core.analysis.analysis import Analysis
    from core.segmentation.engines.forest_engine import ForestEngine

PLACE = "segment"
"""Of the job in the background."""
TAKES = "Takes {} on two processor cores, as measured with the model's scores."
NOT_CORRECTED = "This is the model's own result, without what you corrected by hand."
NETWORK = Display(
    "Tile",
    "Loading the network; the first time takes longer.",
    "Measuring.",
    poll_seconds=1.0,
    width="stretch",
)
FOREST = Display(
    "Row", "Loading the forest's libraries.", "Measuring.", poll_seconds=0.7, width="stretch"
)
# A forest answers within a second or two, and somebody with a brush waits for it; but not while
# its libraries are imported, since every look costs the import some time.
WARM_FOREST = Display(
    "Row", "Training the forest on the annotations.", "Measuring.", width="stretch"
)


def labels_key(
    opened: Opened,
    card: ModelCard,
    marking: Marking | None = None,
    choice: RunChoice = USUAL,
) -> tuple[object, ...]:
    """Return what decides the labels: image, model, how it runs, marks and the user's changes."""
    marks = marking.marks.digest if marking else None
    return result_key.labels_key(opened.micrograph, card, marks, choice)


@dataclass(frozen=True, eq=False)
class Result:
    """An analysis to show now, and the ``reference`` to it for what happens later."""

    analysis: Analysis
    reference: Reference


def segment(
    opened: Opened, card: ModelCard, settings: ObjectSettings, marking: Marking | None = None
) -> Result | None:
    """Draw the button or the progress of a run, and return the result once there is one.

    With marks a run begins by itself, and until it ends the result of the marks before is
    returned.
    """
    _collect()
    choice = advanced.choose(card)
    key = labels_key(opened, card, marking, choice)
    mine = session.memory()
    found = _result(opened, card, key, settings)
    if found is None and marking is None:
        _return_to(key)
    job = background.running(PLACE)
    is_running = job is not None and job.key == key
    requested = session.take_run_request()
    if found is not None:
        return found
    if marking is not None and not marking.is_ready:
        return None
    earlier = mine.from_marks.get(opened.micrograph.digest) if marking else None
    place = st.empty()
    if not is_running:
        by_itself = marking is not None and mine.stopped != key
        pressed = not by_itself and _button(place.container(), opened, card, choice)
        if pressed or requested or by_itself:
            _start(opened, card, settings, marking, choice)
            is_running = True
    if is_running:
        with place.container():
            forest = WARM_FOREST if mine.from_marks else FOREST
            background.show(PLACE, forest if marking else NETWORK)
    return _result(opened, card, earlier, settings) if earlier else None


def _button(place: DeltaGenerator, opened: Opened, card: ModelCard, choice: RunChoice) -> bool:
    pressed = place.button(
        "Segment", key="segment", type="primary", width="stretch", shortcut="Ctrl+Enter"
    )
    if time := expected_time(measured(card.name, choice.careful), opened.micrograph.shape):
        place.caption(TAKES.format(time))
    return pressed


def _result(
    opened: Opened, card: ModelCard, key: tuple[object, ...], settings: ObjectSettings
) -> Result | None:
    shown = opened.micrograph
    found = kept.find(key, settings, shown)
    if found is None:
        _load(opened, card, key)
        found = kept.find(key, settings, shown)
    if found is None:
        return None
    saving.save_once(opened, key, found)
    # Another file may hold the same pixels: its own name goes into the exports.
    corrected = saving.corrected(opened, key)
    reference = Reference(key, settings, shown.name, shown.pixel_size, corrected)
    doubts = found.doubts or image_class.doubts(opened, card, compute=False)
    found = replace(found, micrograph=shown, doubts=doubts)
    if corrected is not None:
        try:
            with st.spinner("Measuring what was corrected."):
                found = corrected.of(found)
        except LamellaError as error:
            st.warning(f"{NOT_CORRECTED} {error}")
    return Result(found, reference)


def _load(opened: Opened, card: ModelCard, key: tuple[object, ...]) -> None:
    """Take a result from the workspace into memory, where there is one."""
    found = saving.load(opened, card, key)
    if found is not None:
        doubts = found.doubts or image_class.doubts(opened, card, compute=False)
        kept.keep(key, replace(found, doubts=doubts))


def _return_to(key: tuple[object, ...]) -> None:
    """Follow a run that an earlier session began, or another tab; say once why it failed."""
    mine = session.memory()
    job = background.running(PLACE)
    if job is not None and job.key == key:
        return
    found = saving.last_job(mine, key)
    if found is None:
        return
    if not found.finished:
        background.follow(PLACE, found)
    elif key not in mine.seen_ends:
        mine.seen_ends.add(key)
        try:
            found.check()
        except Cancelled:
            return
        except LamellaError as error:
            mine.notice = str(error)
        else:
            # It ended after its result was looked for.
            st.rerun()


def _start(
    opened: Opened,
    card: ModelCard,
    settings: ObjectSettings,
    marking: Marking | None,
    choice: RunChoice,
) -> None:
    key, mine = labels_key(opened, card, marking, choice), session.memory()

    def work(progress: ProgressCallback) -> Analysis:
        from core.analysis.analyse import analyse

        uses_marks = marking is not None
        engine = (
            fitted(opened, card, marking, progress)
            if uses_marks
            else networks.of_owner(card.name, mine.owner, choice)
        )
        made = analyse(opened.micrograph, engine, object_settings=settings, progress=progress)
        return replace(made, doubts=image_class.doubts(opened, card))

    # They were about the choice of the image, which is made.
    mine.refused = ()
    if mine.stopped is not None:
        mine.notice, mine.stopped = "", None
    mine.seen_ends.add(key)
    queued = None if marking else saving.enqueue(opened, card, key, settings, choice)
    if queued is not None:
        background.follow(PLACE, queued)
    else:
        background.begin(PLACE, key, work, partial(kept.keep, key))


def fitted(
    opened: Opened, card: ModelCard, marking: Marking, progress: ProgressCallback = no_progress
) -> ForestEngine:
    """Return a forest that learned from the marks; the image's features are kept."""
    from core.pixels.resampling import square_shape
    from core.segmentation.engines.forest_engine import features_of, fit

    shown, features = opened.micrograph, stores.features()
    key = (shown.digest, shown.bar_rows, square_shape(shown.shape, shown.pixel_size))
    bands = features.get(key) or features_of(shown)
    features.put(key, bands, bands.nbytes)
    return fit(card, shown, marking.marks, bands=bands, progress=progress)


def _collect() -> None:
    """Note the end of a job: the result that it left for every page, or its error in words."""
    mine = session.memory()
    job = background.take_finished(PLACE)
    if job is None:
        return
    digest, *_, marks = job.key
    try:
        job.check()
    except LamellaError as error:
        mine.notice, mine.stopped = str(error), job.key
    else:
        if marks is not None:
            mine.from_marks[digest] = job.key


def next_step(marking: Marking | None = None) -> None:
    """Say what to do next; on stage, where the sidebar is away, draw what begins a run."""
    if background.running(PLACE) is not None:
        st.caption("Segmenting. You can zoom and pan in the meantime.")
        return
    if marking is not None:
        st.caption(marking.next_step)
    else:
        st.caption("Check the pixel size and the info bar, then press Segment.")
    if screen.presenting():
        st.button("Segment", key="segment-on-stage", type="primary", on_click=session.request_run)

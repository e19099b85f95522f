"""The measurement of a result, made once for its settings, and the hits that a user removes."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from concurrent.futures import wait
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from core.errors import Cancelled, LamellaError
from core.fields.settings import MeasureSettings
from core.types.progress import ProgressCallback
from models.measured import measurand_errors
from pages.components.frame import session, stores
from pages.components.frame.words import literal
from pages.components.frame.work import background
from pages.components.frame.work.background import Display
from pages.components.frame.work.jobs import Job
from pages.components.segment.kept import Reference
from pages.components.viewer.viewer import ViewerEvent

if TYPE_CHECKING:
    from core.analysis.analysis import Analysis
    from core.fields.result import FieldMeasurement

TABLE_BYTES = 2_000_000
PLACE = "measure"
"""Of the measurement in the background."""
AT_ONCE_S = 0.5
SHOWN = Display("Step", "Measuring.")
REMOVED, STOPPED = "measure_removed_hits", "measure_stopped"


def measured(analysis: Analysis, settings: MeasureSettings) -> FieldMeasurement | None:
    """Return the measurement; None while it is made, with its progress drawn, and where it could
    not be made or was stopped, with a sentence."""
    key = _key(analysis, settings)
    found: FieldMeasurement | None = stores.results().get(key)
    if found is not None or not _may_begin(key):
        return found
    job = background.running(PLACE)
    if job is None or job.key != key:
        job = background.begin(PLACE, key, _work(analysis, settings), partial(_keep, key))
    # Most are done before anything of them could be read.
    if isinstance(job, Job) and job.future is not None:
        wait([job.future], AT_ONCE_S)
    if job.finished:
        return stores.results().get(key) if _ended_well(key) else None
    background.show(PLACE, SHOWN)
    return None


def _may_begin(key: stores.Key) -> bool:
    """Return whether this is to be measured; draw what became of it where it is not."""
    if not _ended_well(key):
        return False
    if session.value_of(STOPPED) != key:
        return True
    st.caption("Measuring was stopped.")
    st.button("Measure", type="primary", on_click=session.remember, args=(STOPPED, None))
    return False


def _ended_well(key: stores.Key) -> bool:
    """Take the end of the last measurement; False, with a sentence, where this one failed."""
    ended = background.take_finished(PLACE)
    if ended is None:
        return True
    try:
        ended.check()
    except Cancelled:
        session.remember(STOPPED, ended.key)
    except LamellaError as error:
        if ended.key == key:
            st.warning(literal(str(error)))
            return False
    return True


def _work(
    analysis: Analysis, settings: MeasureSettings
) -> Callable[[ProgressCallback], FieldMeasurement]:
    def work(progress: ProgressCallback) -> FieldMeasurement:
        from core.fields.field import measure_field

        return measure_field(analysis, settings, measurand_errors(analysis.card), progress)

    return work


def _keep(key: stores.Key, found: FieldMeasurement) -> None:
    stores.results().put(key, found, TABLE_BYTES)


def identity(analysis: Analysis) -> tuple[Hashable, ...]:
    """Return what names all that is measured; a correction by hand gives the objects another
    digest."""
    shown = analysis.micrograph
    # First what identifies the image, so that it is dropped with it.
    return (shown.digest, "measured", analysis.objects_digest, shown.name, shown.pixel_size)


def removed_hits(analysis: Analysis) -> tuple[int, ...]:
    """Return the hits that this session removed from this result."""
    found: tuple[int, ...] = _removed().get(identity(analysis), ())
    return found


def restore_hits(named: tuple[Hashable, ...]) -> None:
    """Count all hits again; ``named``: see :func:`identity`."""
    session.remember(REMOVED, {**_removed(), named: ()})


def toggle_hit(reference: Reference, settings: MeasureSettings, event: ViewerEvent) -> None:
    """Remove the hit that was clicked, or count it again."""
    from core.figures.measured_overlay import nearest_hit

    analysis = reference.analysis()
    found: FieldMeasurement | None = stores.results().get(_key(analysis, settings))
    if found is None or found.kind != "grains":
        return
    hit = nearest_hit(found.drawing, event.row, event.column, analysis.micrograph.shape)
    if hit is not None:
        kept = set(removed_hits(analysis)) ^ {hit}
        session.remember(REMOVED, {**_removed(), identity(analysis): tuple(sorted(kept))})


def _removed() -> dict[tuple[Hashable, ...], tuple[int, ...]]:
    return session.value_of(REMOVED) or {}


def _key(analysis: Analysis, settings: MeasureSettings) -> stores.Key:
    return (*identity(analysis), settings)

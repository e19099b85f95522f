"""The measurement of a result, made once for its settings, and the hits that a user removes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.fields.settings import MeasureSettings
from models.measured import measurand_errors
from pages.components.frame import session, stores
from pages.components.segment.kept import Reference
from pages.components.viewer.viewer import ViewerEvent

if TYPE_CHECKING:
    from core.analysis import Analysis
    from core.fields.result import FieldMeasurement

TABLE_BYTES = 2_000_000
REMOVED = "measure_removed_hits"


def measured(
    reference: Reference, analysis: Analysis, settings: MeasureSettings
) -> FieldMeasurement:
    """Return the measurement, from memory where it was made already.

    Raises:
        LamellaError: settings that do not suit the image.
    """
    from core.fields.field import measure_field

    def make() -> FieldMeasurement:
        with st.spinner("Measuring."):
            return measure_field(analysis, settings, measurand_errors(analysis.card))

    return stores.kept(_key(reference, settings), make, TABLE_BYTES)


def removed_hits(reference: Reference) -> tuple[int, ...]:
    """Return the hits that this session removed from this result."""
    found: tuple[int, ...] = _removed().get(reference, ())
    return found


def restore_hits(reference: Reference) -> None:
    """Count all hits again."""
    session.remember(REMOVED, {**_removed(), reference: ()})


def toggle_hit(reference: Reference, settings: MeasureSettings, event: ViewerEvent) -> None:
    """Remove the hit that was clicked, or count it again."""
    from core.figures.measured_overlay import nearest_hit

    found: FieldMeasurement | None = stores.results().get(_key(reference, settings))
    if found is None or found.kind != "grains":
        return
    shape = reference.analysis().micrograph.shape
    hit = nearest_hit(found.drawing, event.row, event.column, shape)
    if hit is not None:
        kept = set(removed_hits(reference)) ^ {hit}
        session.remember(REMOVED, {**_removed(), reference: tuple(sorted(kept))})


def _removed() -> dict[Reference, tuple[int, ...]]:
    return session.value_of(REMOVED) or {}


def _key(reference: Reference, settings: MeasureSettings) -> stores.Key:
    # First what identifies the image, so that it is dropped with it.
    return (*reference.key[:1], "measured", reference, settings)

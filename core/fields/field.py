"""From an analysis to what is reported of one field of view."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from core.analysis.analysis import Analysis
from core.fields.measurands import cracks, fibres, layer
from core.fields.measurands.cracks import measure_cracks
from core.fields.measurands.fibres import measure_fibres
from core.fields.measurands.grains import measure_grains
from core.fields.measurands.layer import measure_layer
from core.fields.measurands.particles import measure_particles
from core.fields.measurands.phases import measure_phases
from core.fields.result import FieldMeasurement
from core.fields.settings import Kind, MeasureSettings
from core.fields.view import View, usual_phase
from core.measurement.uncertainty import ModelError
from core.types.model_card import ModelCard
from core.types.progress import ProgressCallback, no_progress

MEASURES: dict[Kind, Callable[[View], FieldMeasurement]] = {
    "particles": measure_particles,
    "grains": measure_grains,
    "phases": measure_phases,
    "layer": measure_layer,
    "fibres": measure_fibres,
    "cracks": measure_cracks,
}
WORDS: dict[Kind, tuple[str, ...]] = {
    "layer": layer.WORDS,
    "fibres": fibres.WORDS,
    "cracks": cracks.WORDS,
}
"""Words in a phase's name that tell what is measured of it."""


def measure_field(
    analysis: Analysis,
    settings: MeasureSettings | None = None,
    model_errors: Sequence[ModelError] = (),
    progress: ProgressCallback = no_progress,
) -> FieldMeasurement:
    """Measure one field of view.

    ``model_errors``: how far the model is off, of ``models.measured.measurand_errors``. Nothing
    found, no pixel size or all cut by the edge is no error: the measurement says so in words.

    Raises:
        DataError: settings out of range.
        Cancelled: ``progress`` stopped it.
    """
    settings = settings or MeasureSettings()
    kind = settings.kind or kind_of(analysis.card)
    progress(0, 1)
    found = MEASURES[kind](View(analysis, settings, tuple(model_errors), progress))
    progress(1, 1)
    if analysis.by_hand is None:
        return found
    return replace(found, notes=(f"The segmentation was {analysis.by_hand}.", *found.notes))


def phase_of(card: ModelCard, kind: Kind) -> int:
    """Return the index of the phase that is measured where none is chosen."""
    return usual_phase(card, WORDS.get(kind, ()))


def kind_of(card: ModelCard) -> Kind:
    """Return what is measured of a model's results where nothing else is asked for."""
    return kinds_of(card)[0]


def kinds_of(card: ModelCard) -> tuple[Kind, ...]:
    """Return what can be measured of a model's results, what it is for first."""
    names = [phase.name.lower() for phase in card.phases]
    fitting: list[Kind] = [
        kind
        for kind, words in WORDS.items()
        if any(word in name for name in names for word in words)
    ]
    if card.boundary_phase is not None:
        fitting.insert(0, "grains")
    elif card.objects_phase is not None:
        fitting.append("particles")
    fitting.append("phases")
    return (*fitting, *(kind for kind in MEASURES if kind not in fitting))

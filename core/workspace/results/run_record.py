"""What a kept result holds beside its arrays, as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from core import typed
from core.analysis.analysis import Analysis
from core.execution import Execution
from core.measurement.grains.grain_size import Intercepts
from core.segmentation.forest.pixel_forest import ForestSettings
from core.segmentation.objects.selection import Selection
from core.segmentation.settings import ObjectSettings, TileSettings
from core.types.model_card import ModelCard, ModelOrigin, Weights
from core.types.pixel_size import PixelSize
from core.types.segmentation import Phase
from core.workspace.lab.lab_card import LabCard, check, lab_card, model_card


@dataclass(frozen=True)
class ForestRecord:
    """Of a :class:`core.segmentation.engines.forest_engine.ForestTraining`.

    ``shape``: (H, W) of its marks, which are a file."""

    image_name: str
    image_digest: str
    bar_rows: tuple[int, int]
    settings: ForestSettings
    shape: tuple[int, int]


@dataclass(frozen=True)
class RunRecord:
    """Of a :class:`core.analysis.analysis.Analysis`. ``digest``: of its segmentation.

    ``card_pixel_size_nm``: that of a forest is its image's. ``pixel_size``: of the micrograph.
    ``object_outputs``, ``objects_phase``: of its card then. ``is_careful``: with the ensemble of
    its card. ``lab``: the card of a model that users made and may remove, ``lab_origin`` and
    ``lab_weights``, a SHA-256, of it.
    """

    digest: str
    phases: tuple[Phase, ...]
    card_pixel_size_nm: float | None
    objects: ObjectSettings
    tiles: TileSettings
    execution: Execution
    seconds: float
    selection: Selection
    intercepts: Intercepts | None
    forest: ForestRecord | None
    pixel_size: PixelSize | None = None
    warnings: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    object_outputs: bool = False
    objects_phase: int | None = None
    is_careful: bool = False
    lab: LabCard | None = None
    lab_origin: ModelOrigin = "zoo"
    lab_weights: str = ""

    def lab_model_card(self) -> ModelCard | None:
        """Return the card of the model that users made, as it was; None of one of the zoo."""
        if self.lab is None:
            return None
        weights = Weights(Path(self.lab_weights), self.lab_weights)
        card = model_card(self.lab, weights, self.lab_origin)
        return replace(card, is_careful=self.is_careful)


def to_json(analysis: Analysis) -> str:
    """Return the record of ``analysis``."""
    record = RunRecord(
        digest=analysis.segmentation.digest,
        phases=analysis.card.phases,
        card_pixel_size_nm=analysis.card.pixel_size_nm,
        objects=analysis.object_settings,
        tiles=analysis.tile_settings,
        execution=analysis.segmentation.execution,
        seconds=analysis.seconds,
        selection=analysis.selection,
        intercepts=analysis.intercepts,
        forest=_forest(analysis),
        pixel_size=analysis.micrograph.pixel_size,
        warnings=analysis.warnings,
        doubts=analysis.doubts,
        object_outputs=analysis.card.object_outputs,
        objects_phase=analysis.card.objects_phase,
        is_careful=analysis.card.is_careful,
        lab=None if analysis.card.origin == "zoo" else lab_card(analysis.card),
        lab_origin=analysis.card.origin,
        lab_weights=analysis.card.weights.sha256 if analysis.card.weights else "",
    )
    return json.dumps(asdict(record))


def _forest(analysis: Analysis) -> ForestRecord | None:
    made = analysis.forest_training
    if made is None:
        return None
    height, width = made.marks.values.shape
    image = made.image_name, made.image_digest, made.bar_rows
    return ForestRecord(*image, made.settings, (height, width))


def from_json(text: str) -> RunRecord:
    """Return the record in ``text``.

    Raises:
        ValueError: it is none.
    """
    record: RunRecord = typed.read(RunRecord, json.loads(text))
    if record.lab is not None:
        check(record.lab)
    return record

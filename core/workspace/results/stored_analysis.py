"""An analysis as the files and the record of a kept result, and back with the very same numbers."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from core.analysis.analysis import Analysis
from core.analysis.remeasure import recalibrate, remeasure
from core.correction.blank import BLANK
from core.errors import WorkspaceError
from core.export.provenance import run_json
from core.segmentation.forest.marks import marks_of, mask_png, read_marks
from core.types.micrograph import Micrograph
from core.types.model_card import ModelCard
from core.types.segmentation import Phase, Segmentation
from core.workspace.corrections import corrections
from core.workspace.corrections.open_correction import open_correction
from core.workspace.results import result_arrays, run_record
from core.workspace.results.run_record import ForestRecord
from core.workspace.results.stored import Stored
from core.workspace.workspace import Workspace

if TYPE_CHECKING:
    from core.segmentation.engines.forest_engine import ForestTraining

SEGMENTATION, OBJECTS, MARKS = "segmentation", "objects", "marks"


@dataclass(frozen=True)
class Written:
    """The files of an analysis, on disk and not yet named by a row; fields as of `Stored`.

    ``contents``: of the files, since equal ones may be deleted elsewhere before the row is there.
    """

    model: str
    title: str
    run: str
    provenance: str
    files: Mapping[str, str]
    contents: Mapping[str, bytes] = field(default_factory=dict)


def write(workspace: Workspace, analysis: Analysis) -> Written:
    """Write the files of an analysis; :func:`core.workspace.results.results.insert` names them,
    so that others who write to the database need not wait for the disk.

    Raises:
        WorkspaceError: the disk is full, or cannot be written to.
    """
    made, card = analysis.segmentation, analysis.card
    # Its owner waits for it.
    with ThreadPoolExecutor(2) as pool:
        provenance = pool.submit(run_json, analysis)
        objects = pool.submit(_packed, analysis.objects)
        segmentation = result_arrays.encode(made, card.objects_phase)
        contents = {SEGMENTATION: segmentation, OBJECTS: objects.result()}
        if analysis.forest_training is not None:
            contents[MARKS] = mask_png(analysis.forest_training.marks.values)
        digests = pool.map(workspace.blobs.add, contents.values())
        files = dict(zip(contents, digests, strict=True))
        run, text = run_record.to_json(analysis), provenance.result().decode()
    return Written(card.name, card.title, run, text, files, contents)


def _packed(objects: np.ndarray) -> bytes:
    return result_arrays.pack(objects.astype("<u4", copy=False), shuffle=False)


def load(
    workspace: Workspace,
    stored: Stored,
    micrograph: Micrograph,
    card: ModelCard,
    *,
    with_corrections: bool = True,
) -> Analysis:
    """Return the analysis as it was, its labels, objects and numbers, with what was corrected.

    ``micrograph``: with the user's changes; of another pixel size than that of the run only where
    :func:`core.analysis.remeasure.scale_is_free` holds. ``card``: of the model; that of a forest
    gets the phases that were marked. ``with_corrections``: False for what the model made of it. The
    table is measured anew, by the same function.

    Raises:
        WorkspaceError: a file is missing, damaged, or of another image or model.
    """
    try:
        found = _analysis(workspace, stored, micrograph, card)
    except (ValueError, KeyError) as error:
        raise WorkspaceError(
            f"The kept result of {micrograph.name} cannot be read by this Lamella; run again."
        ) from error
    if not with_corrections or corrections.find(workspace, stored.owner, stored.id) is None:
        return found
    opened = open_correction(workspace, stored.owner, stored.id)
    return opened.corrected(found) if opened.is_changed else found


def _analysis(
    workspace: Workspace, stored: Stored, micrograph: Micrograph, card: ModelCard
) -> Analysis:
    run = run_record.from_json(stored.run)
    if run.is_careful and not card.is_careful:
        if card.careful is None:
            raise ValueError("an ensemble that is no longer there")
        card = card.careful
    card = replace(
        card,
        phases=run.phases,
        pixel_size_nm=run.card_pixel_size_nm,
        object_outputs=run.object_outputs,
    )
    if stored.model == BLANK:
        card = replace(card, objects_phase=run.objects_phase)
    data = workspace.blobs.read(stored.files[SEGMENTATION])
    shape = micrograph.shape
    arrays = result_arrays.decode(
        data,
        shape,
        len(card.phases),
        card.objects_phase,
        run.pixel_size,
        card.object_outputs,
    )
    objects = result_arrays.unpack(
        workspace.blobs.read(stored.files[OBJECTS]), np.dtype("<u4"), shape
    )
    segmentation = Segmentation(
        labels=arrays.labels,
        probabilities=arrays.probabilities,
        phases=card.phases,
        pixel_size=run.pixel_size,
        model=card.name,
        digest=run.digest,
        contact=arrays.contact,
        distance=arrays.distance,
        execution=run.execution,
    )
    made = Analysis(
        micrograph=replace(micrograph, pixel_size=run.pixel_size),
        card=card,
        segmentation=segmentation,
        objects=objects,
        table=pd.DataFrame(),
        object_settings=run.objects,
        seconds=run.seconds,
        tile_settings=run.tiles,
        warnings=run.warnings,
        intercepts=run.intercepts,
        forest_training=_forest(workspace, stored, run.forest, card.phases),
        selection=run.selection,
        doubts=run.doubts,
    )
    return recalibrate(remeasure(made), micrograph)


def _forest(
    workspace: Workspace, stored: Stored, record: ForestRecord | None, phases: tuple[Phase, ...]
) -> ForestTraining | None:
    if record is None:
        return None
    from core.segmentation.engines.forest_engine import ForestTraining

    values = read_marks(workspace.blobs.read(stored.files[MARKS]), "kept", record.shape)
    marks = marks_of(values, phases)
    image = record.image_name, record.image_digest, record.bar_rows
    return ForestTraining(marks, *image, record.settings)

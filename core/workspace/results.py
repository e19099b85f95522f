"""Results of a user: the arrays and the settings of each analysis, and what made it."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import apsw
import numpy as np
import pandas as pd

from core.analysis.analysis import Analysis
from core.analysis.remeasure import recalibrate, remeasure
from core.by_hand import ByHand
from core.correction.blank import BLANK
from core.errors import WorkspaceError
from core.export.provenance import run_json
from core.segmentation.forest.marks import marks_of, mask_png, read_marks
from core.segmentation.settings import ObjectSettings
from core.types.micrograph import Micrograph
from core.types.model_card import ModelCard
from core.types.segmentation import Phase, Segmentation
from core.workspace import corrections, quota, result_arrays, run_record
from core.workspace.micrographs import NOT_THERE
from core.workspace.open_correction import open_correction
from core.workspace.run_record import ForestRecord
from core.workspace.workspace import Workspace

if TYPE_CHECKING:
    from core.segmentation.engines.forest_engine import ForestTraining

SEGMENTATION, OBJECTS, MARKS = "segmentation", "objects", "marks"
_COLUMNS = "id, owner, micrograph, key, model, title, run, provenance, bytes, created, used"
_SELECT = f"""
SELECT {_COLUMNS}, (SELECT counts FROM correction WHERE result = result.id AND revision > 0),
    (SELECT json_group_object(name, blob) FROM result_file WHERE result = result.id)
FROM result
"""


@dataclass(frozen=True)
class Stored:
    """A result in the library of ``owner``.

    ``key``: of all that decides its labels. ``run``: what :func:`load` needs beside the files, as
    JSON. ``provenance``: its run.json. ``files``: SHA-256 by name. ``created``, ``used``: seconds
    since 1970. ``by_hand``: what was corrected in it since.
    """

    id: str
    owner: str
    micrograph: str
    key: str
    model: str
    title: str
    run: str
    provenance: str
    bytes: int
    created: float
    used: float
    by_hand: ByHand | None
    files: Mapping[str, str]

    @property
    def object_settings(self) -> ObjectSettings:
        """How its objects were found."""
        return run_record.from_json(self.run).objects

    @property
    def lab_card(self) -> ModelCard | None:
        """The card of the model of this lab that made it, which may be removed since; None of a
        model of the zoo."""
        return run_record.from_json(self.run).lab_model_card()


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


def add(workspace: Workspace, owner: str, micrograph: str, key: str, analysis: Analysis) -> Stored:
    """Keep an analysis in place of one with the same ``key``, and return it.

    Raises:
        WorkspaceError: ``owner`` has no such micrograph; the quota or the disk is full.
    """
    written = write(workspace, analysis)
    with workspace.database.write() as db:
        return insert(db, workspace, owner, micrograph, key, written)


def write(workspace: Workspace, analysis: Analysis) -> Written:
    """Write the files of an analysis; :func:`insert` names them, so that others who write to the
    database need not wait for the disk.

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


def insert(
    db: apsw.Connection,
    workspace: Workspace,
    owner: str,
    micrograph: str,
    key: str,
    written: Written,
) -> Stored:
    """Keep what was written, in the open transaction ``db``, and return it; a result that was
    corrected by hand is not replaced, and is returned instead.

    Raises:
        WorkspaceError: as of :func:`add`.
    """
    row = db.execute(f"{_SELECT} WHERE owner = ? AND key = ?", (owner, key)).fetchone()
    if row is not None and (found := _stored(row)).by_hand is not None:
        return found
    size = _keep_files(db, workspace, written)
    db.execute("DELETE FROM result WHERE owner = ? AND key = ?", (owner, key))
    quota.check_owner(db, workspace, owner, size)
    new, now = secrets.token_hex(8), time.time()
    db.execute(
        f"INSERT INTO result ({_COLUMNS}) SELECT ?, owner, id, ?, ?, ?, ?, ?, ?, ?, ?"
        " FROM micrograph WHERE owner = ? AND id = ?",
        (
            *(new, key, written.model, written.title, written.run, written.provenance),
            *(size, now, now, owner, micrograph),
        ),
    )
    if not db.changes():
        raise WorkspaceError(NOT_THERE)
    db.executemany(
        "INSERT INTO result_file VALUES (?, ?, ?)",
        [(new, name, digest) for name, digest in written.files.items()],
    )
    (made,) = db.execute(f"{_SELECT} WHERE id = ?", (new,))
    return _stored(made)


def _keep_files(db: apsw.Connection, workspace: Workspace, written: Written) -> int:
    """Note that a row names the files, those anew that were deleted meanwhile; return their bytes.

    While this transaction is open nobody can delete them again.
    """
    for name, data in written.contents.items():
        if not workspace.blobs.path(written.files[name]).is_file():
            workspace.blobs.add(data)
    return sum(workspace.blobs.keep(db, digest) for digest in written.files.values())


def find(workspace: Workspace, owner: str, key: str) -> Stored | None:
    """Return the result with this key; None where ``owner`` has none."""
    with workspace.database.read() as db:
        row = db.execute(f"{_SELECT} WHERE owner = ? AND key = ?", (owner, key)).fetchone()
    return None if row is None else _stored(row)


def listed(workspace: Workspace, owner: str, micrograph: str) -> tuple[Stored, ...]:
    """Return the results of a micrograph of ``owner``, the newest first."""
    with workspace.database.read() as db:
        rows = list(
            db.execute(
                f"{_SELECT} WHERE owner = ? AND micrograph = ? ORDER BY created DESC, rowid DESC",
                (owner, micrograph),
            )
        )
    return tuple(map(_stored, rows))


def delete(workspace: Workspace, owner: str, ids: Collection[str]) -> int:
    """Delete results; return the bytes freed. Ids that ``owner`` does not have are passed over."""
    return workspace.remove([partial(_delete_row, owner=owner, result=one) for one in ids])


def _delete_row(db: apsw.Connection, owner: str, result: str) -> None:
    db.execute("DELETE FROM result WHERE owner = ? AND id = ?", (owner, result))


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


def _stored(row: tuple[Any, ...]) -> Stored:
    *own, counted, files = row
    by_hand = corrections.read_counts(counted) if counted else None
    return Stored(*(*own, by_hand, json.loads(files)))

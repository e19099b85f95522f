"""What users drew on their images: strokes over a mask, and the names of the phases."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import apsw

from core.errors import WorkspaceError
from core.segmentation.forest.strokes import Stroke
from core.workspace.disk.blobs import DamagedError
from core.workspace.micrographs import NOT_THERE
from core.workspace.workspace import Workspace


@dataclass(frozen=True)
class Drawing:
    """Strokes over a ``mask``, PNG or TIFF as it came, b"" without one.

    ``revision``: raised whenever anything but the brush changed the strokes.
    """

    strokes: tuple[Stroke, ...] = ()
    mask: bytes = b""
    revision: int = 0
    phase_names: tuple[str, ...] = ()


def save(workspace: Workspace, owner: str, micrograph: str, image: str, drawing: Drawing) -> None:
    """Keep what is drawn on the page of digest ``image``, in place of what was.

    Raises:
        WorkspaceError: ``owner`` has no such micrograph; the workspace cannot be written to.
    """
    now, names = time.time(), json.dumps(drawing.phase_names)

    def insert(db: apsw.Connection, digests: Mapping[str, str]) -> None:
        values = image, _text(drawing.strokes), digests.get("mask"), drawing.revision, names, now
        db.execute(
            "INSERT OR REPLACE INTO drawing SELECT id, ?, ?, ?, ?, ?, ? FROM micrograph"
            " WHERE owner = ? AND id = ?",
            (*values, owner, micrograph),
        )
        if not db.changes():
            raise WorkspaceError(NOT_THERE)

    contents = {"mask": drawing.mask} if drawing.mask else {}
    workspace.blobs.save(workspace.database, contents, insert)


def find(workspace: Workspace, owner: str, micrograph: str, image: str) -> Drawing | None:
    """Return what is drawn on the page of digest ``image``; None where ``owner`` has none.

    Raises:
        WorkspaceError: its mask is missing or damaged.
    """
    with workspace.database.read() as db:
        row = db.execute(
            "SELECT strokes, mask, revision, phase_names FROM drawing JOIN micrograph ON id ="
            " micrograph WHERE owner = ? AND id = ? AND image = ?",
            (owner, micrograph, image),
        ).fetchone()
    if row is None:
        return None
    strokes, mask, revision, names = row
    data = workspace.blobs.read(mask) if mask else b""
    return Drawing(_strokes(strokes), data, revision, tuple(json.loads(names)))


def listed(workspace: Workspace, owner: str, micrograph: str) -> dict[str, Drawing]:
    """Return what is drawn on the pages of a micrograph of ``owner``, by their digest."""
    images = _images(workspace, micrograph)
    found = {image: find(workspace, owner, micrograph, image) for image in images}
    return {image: drawing for image, drawing in found.items() if drawing is not None}


def sound(workspace: Workspace, owner: str, micrograph: str) -> tuple[dict[str, Drawing], int]:
    """Return what is drawn on the pages of a micrograph of ``owner``, by their digest, and how many
    are not among it as their masks are missing or damaged."""
    found, lost = {}, 0
    for image in _images(workspace, micrograph):
        try:
            drawing = find(workspace, owner, micrograph, image)
        except DamagedError:
            lost += 1
            continue
        if drawing is not None:
            found[image] = drawing
    return found, lost


def _images(workspace: Workspace, micrograph: str) -> tuple[str, ...]:
    with workspace.database.read() as db:
        rows = list(db.execute("SELECT image FROM drawing WHERE micrograph = ?", (micrograph,)))
    return tuple(image for (image,) in rows)


def _text(strokes: Sequence[Stroke]) -> str:
    return json.dumps([(one.phase, one.width_px, one.points) for one in strokes])


def _strokes(text: str) -> tuple[Stroke, ...]:
    return tuple(
        Stroke(phase, width, tuple((row, column) for row, column in points))
        for phase, width, points in json.loads(text)
    )

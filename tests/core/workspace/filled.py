"""A library with everything that may hang on an image, and what an owner has of it."""

from __future__ import annotations

import json

from core.segmentation.forest.strokes import Stroke
from core.segmentation.settings import ObjectSettings
from core.types.pixel_size import PixelSize
from core.workspace import drawings, micrographs
from core.workspace.archive import archive
from core.workspace.drawings import Drawing
from core.workspace.micrographs import Changes, Kept
from core.workspace.results import results
from core.workspace.results.stored_analysis import Written
from core.workspace.workspace import Workspace

RUN = json.dumps(
    {
        "digest": "d",
        "phases": [{"name": "matrix", "color": "#000000"}],
        "card_pixel_size_nm": None,
        "objects": {},
        "tiles": {},
        "execution": {"device": "cpu", "backend": "openvino", "precision": "float32"},
        "seconds": 1.5,
        "selection": {},
        "intercepts": None,
        "forest": None,
    }
)
DRAWING = Drawing((Stroke(1, 7.5, ((0.25, 1.5), (2.0, 3.0))),), b"mask", 3, ("matrix", "disc"))


def filled(workspace: Workspace, owner: str = "anna") -> Kept:
    """Keep an upload with everything that may hang on it, and a sample with a drawing."""
    kept = micrographs.add(workspace, owner, "", "a.tif", b"pixels", {"a.txt": b"scale"})
    source = micrographs.source_of("a.tif", b"pixels", {"a.txt": b"scale"})
    with workspace.database.write() as db:
        db.execute("UPDATE micrograph SET source = ? WHERE id = ?", (source, kept.id))
    kept = micrographs.change(
        workspace,
        owner,
        kept.id,
        title="Fe/C, as cast",
        notes="etched",
        tags=["steel"],
        model="particles",
        object_settings=ObjectSettings(split=0.25),
        changes=Changes(1, PixelSize(0.5, "typed by user"), None, 3),
    )
    drawings.save(workspace, owner, kept.id, "d1", DRAWING)
    add_result(workspace, kept)
    micrographs.add(workspace, owner, "sample:gold-tem", "gold", None)
    return kept


def add_result(workspace: Workspace, kept: Kept, key: str = "key") -> None:
    files = {
        name: workspace.blobs.add(f"{name} of {key}".encode())
        for name in ("segmentation", "objects")
    }
    written = Written("particles", "Particles", RUN, '{"schema": 1}', files)
    with workspace.database.write() as db:
        results.insert(db, workspace, kept.owner, kept.id, key, written)


def told(workspace: Workspace, owner: str) -> list[tuple]:
    """Return everything that an owner has, but for ids and times."""
    found = []
    for kept in micrographs.listed(workspace, owner, order="name"):
        files = micrographs.contents(workspace, kept) if kept.blob else None
        own = results.listed(workspace, owner, kept.id)
        found.append(
            (
                *(kept.source, kept.name, kept.title, kept.notes, kept.tags, kept.model),
                *(kept.object_settings, kept.changes, files),
                drawings.listed(workspace, owner, kept.id),
                [(one.key, one.model, one.title, one.run, one.provenance) for one in own],
                [workspace.blobs.read(digest) for one in own for digest in one.files.values()],
            )
        )
    return found


def exported(workspace: Workspace, owner: str = "anna") -> bytes:
    return b"".join(archive.export(workspace, owner))

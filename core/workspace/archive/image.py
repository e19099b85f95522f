"""What of one image of a library can be exported, and what cannot."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.errors import WorkspaceError
from core.workspace import drawings
from core.workspace.archive import correction_log
from core.workspace.archive.manifest import KeptCorrection, KeptDrawing, KeptImage, KeptResult
from core.workspace.corrections import corrections
from core.workspace.drawings import Drawing
from core.workspace.micrographs import Kept
from core.workspace.results import results
from core.workspace.results.stored import Stored
from core.workspace.workspace import Workspace

FILE_LOST = (
    "The file of {} is missing or damaged in the library, so this image is not exported; upload it "
    "again."
)
PARTS_LOST = (
    "A result, a mask or corrections of {} are missing or damaged in the library and are not "
    "exported; run, load or correct it again."
)


@dataclass(frozen=True)
class LeftOut:
    """An image that is not exported, or not with all that hangs on it.

    ``image``: its id. ``all``: nothing of it is exported. ``sentence``: for users.
    """

    image: str
    all: bool
    sentence: str


@dataclass(frozen=True, eq=False)
class SoundImage:
    """``image``: None where nothing of it can be exported. ``corrections``: contents by SHA-256;
    the other files are the workspace's own. ``left_out``: what cannot."""

    image: KeptImage | None
    corrections: Mapping[str, bytes]
    left_out: LeftOut | None


def sound_image(workspace: Workspace, owner: str, kept: Kept) -> SoundImage:
    """Return what of an image can be exported, and what cannot.

    Every file is read for it, and again to be packed: a damaged one must not be in the zip.
    """
    state = workspace.blobs.state
    if any(map(state, (*([kept.blob] if kept.blob else ()), *kept.sidecars.values()))):
        return SoundImage(None, {}, LeftOut(kept.id, True, FILE_LOST.format(kept.title)))
    # The drawings come with their masks, and are read one by one.
    drawn, lost = drawings.sound(workspace, owner, kept.id)
    stored = results.listed(workspace, owner, kept.id)
    whole = tuple(one for one in stored if not any(map(state, one.files.values())))
    corrected: dict[str, KeptCorrection] = {}
    contents: dict[str, bytes] = {}
    for one in whole:
        head = corrections.find(workspace, owner, one.id)
        try:
            packed = correction_log.packed(workspace, head) if head else None
        except WorkspaceError:
            lost += 1
            continue
        if packed is not None:
            corrected[one.id] = packed.correction
            contents |= packed.contents
    parts = len(stored) - len(whole) + lost
    left_out = LeftOut(kept.id, False, PARTS_LOST.format(kept.title)) if parts else None
    return SoundImage(_image(kept, drawn, whole, corrected), contents, left_out)


def _image(
    kept: Kept,
    drawn: Mapping[str, Drawing],
    stored: Sequence[Stored],
    corrected: Mapping[str, KeptCorrection],
) -> KeptImage:
    return KeptImage(
        name=kept.name,
        title=kept.title,
        source=kept.source if kept.blob is None else "",
        notes=kept.notes,
        tags=kept.tags,
        model=kept.model,
        object_settings=kept.object_settings,
        changes=kept.changes,
        file=kept.blob,
        sidecars=dict(kept.sidecars),
        drawings=tuple(
            KeptDrawing(
                image,
                one.strokes,
                hashlib.sha256(one.mask).hexdigest() if one.mask else None,
                one.revision,
                one.phase_names,
            )
            for image, one in drawn.items()
        ),
        results=tuple(
            KeptResult(
                *(one.key, one.model, one.title, one.run, one.provenance, dict(one.files)),
                correction=corrected.get(one.id),
            )
            for one in stored
        ),
    )

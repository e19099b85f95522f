"""Corrections in the zip of a library: how they began, and every step since."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from core.correction import codec
from core.correction.codec import Step
from core.correction.replay import replay
from core.correction.state import CorrectionState
from core.errors import CorrectionError
from core.segmentation.settings import ObjectSettings
from core.workspace.archive.manifest import MOST_LOG_BYTES, KeptCorrection
from core.workspace.corrections import corrections, snapshot
from core.workspace.corrections.corrections import Head
from core.workspace.corrections.open_correction import open_correction
from core.workspace.workspace import Workspace


@dataclass(frozen=True, eq=False)
class Packed:
    """Corrections to be exported. ``contents``: by their SHA-256."""

    correction: KeptCorrection
    contents: Mapping[str, bytes]


def packed(workspace: Workspace, head: Head) -> Packed:
    """Return the corrections of a result as they are exported.

    Where they cannot be made again from the first step on, as what they began with is damaged or
    the log is too large, they are exported as they are now, without a way back.

    Raises:
        WorkspaceError: they cannot be read.
    """
    first = _beginning(workspace, head)
    steps = corrections.steps_after(workspace, head.result, 0)
    log = b"".join(map(codec.encode_step, steps)) if first else b""
    if not first or len(log) > MOST_LOG_BYTES:
        opened = open_correction(workspace, head.owner, head.result)
        first, log = snapshot.encode(opened.state), b""
    contents = {hashlib.sha256(data).hexdigest(): data for data in (first, log)}
    begun, went_on = (hashlib.sha256(data).hexdigest() for data in (first, log))
    return Packed(KeptCorrection(head.object_settings, begun, went_on), contents)


def _beginning(workspace: Workspace, head: Head) -> bytes:
    """Return the snapshot of revision 0; b"" where it is missing or damaged."""
    found = dict(corrections.snapshots(workspace, head.result))
    digest = found.get(0)
    if digest is None or workspace.blobs.state(digest):
        return b""
    return workspace.blobs.read(digest)


@dataclass(frozen=True, eq=False)
class Checked:
    """Corrections that were imported and made again. ``state``: where ``steps`` led."""

    object_settings: ObjectSettings
    first: bytes
    steps: tuple[Step, ...]
    state: CorrectionState


def checked(correction: KeptCorrection, read: Callable[[str], bytes]) -> Checked:
    """Return corrections of anybody, once each step was made again from the first on.

    ``read``: returns the content of a SHA-256.

    Raises:
        ValueError: a step does not follow from what was before it.
        WorkspaceError: what they begin with is none of a Lamella.
    """
    first, log = read(correction.first), read(correction.log)
    state = snapshot.decode(first)
    try:
        steps = codec.decode_steps(log, MOST_LOG_BYTES) if log else ()
        replay(state, steps)
    except CorrectionError as error:
        raise ValueError(str(error)) from error
    return Checked(correction.object_settings, first, steps, state)


def insert(workspace: Workspace, owner: str, result: str, found: Checked) -> None:
    """Keep imported corrections of a result that has none.

    Raises:
        WorkspaceError: the quota or the disk is full.
    """
    settings = found.object_settings
    corrections.insert(workspace, owner, result, settings, found.first, found.state, found.steps)

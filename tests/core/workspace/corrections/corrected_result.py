"""A result that is corrected, and its steps as a browser sends them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np

from core.analysis.analysis import Analysis
from core.correction import codec
from core.correction.changes import Change, repainted
from core.correction.codec import Step
from core.correction.state import CorrectionState, ObjectRecord
from core.workspace import micrographs
from core.workspace.corrections import corrections
from core.workspace.corrections.open_correction import OpenCorrection, open_correction
from core.workspace.results import results
from core.workspace.results.stored import Stored
from core.workspace.workspace import Workspace
from tests.core.correction.edits import pixels_of
from tests.core.workspace.results.test_results import discs, made


@cache
def analysis() -> Analysis:
    return made("objects", discs())


def kept_result(workspace: Workspace, owner: str = "anna") -> Stored:
    kept = micrographs.add(
        workspace, owner, micrographs.source_of("discs.tif", b"pixels", {}), "discs.tif", b"pixels"
    )
    return results.add(workspace, owner, kept.id, "key", analysis())


def begun(workspace: Workspace, owner: str = "anna") -> OpenCorrection:
    stored = kept_result(workspace, owner)
    corrections.begin(workspace, owner, stored.id, analysis())
    return open_correction(workspace, owner, stored.id)


def again(opened: OpenCorrection, folder: Path | None = None) -> OpenCorrection:
    """Return the corrections as another process reads them."""
    head = opened.head
    place = Workspace(folder or opened.workspace.folder)
    return open_correction(place, head.owner, head.result)


def step(opened: OpenCorrection, change: Change, kind: str = "brush", serial: str = "") -> bytes:
    base = opened.revision
    return codec.encode_step(Step(serial or f"{kind} {base}", base, kind, change))


def deleted(state: CorrectionState, number: int) -> Change:
    return repainted(state, pixels_of(state, number), 0, 0)


def drawn(state: CorrectionState) -> Change:
    """Return a new object of 5 x 6 px where there was none."""
    rows, columns = np.mgrid[100:105, 5:11]
    new = state.next_id
    record = ObjectRecord(1, "drawn", confirmed=True)
    return repainted(state, (rows * 160 + columns).ravel(), new, 1, {new: record})

"""The job that segments a micrograph and keeps the result in its owner's library."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from core.analysis.analyse import analyse
from core.errors import LamellaError
from core.execution import USUAL, RunChoice
from core.formats import read_isolated
from core.formats.reading.transfer import facts_of, micrograph_of
from core.jobs import queue
from core.jobs.job import Job
from core.jobs.worker import Handler, Keep
from core.segmentation.settings import ObjectSettings, TileSettings
from core.types.arrays import Array
from core.types.micrograph import Micrograph
from core.types.progress import ProgressCallback
from core.workspace import micrographs, quota
from core.workspace.results import results, stored_analysis
from core.workspace.workspace import Workspace

if TYPE_CHECKING:
    import apsw

    from core.analysis.analysis import Analysis
    from core.segmentation.segment import AnyEngine

    Load: TypeAlias = Callable[[Workspace, str, str, RunChoice], AnyEngine]

KIND = "segment"


def enqueue(
    workspace: Workspace,
    owner: str,
    micrograph_id: str,
    key: str,
    micrograph: Micrograph,
    model: str,
    object_settings: ObjectSettings | None = None,
    tile_settings: TileSettings | None = None,
    priority: int = queue.INTERACTIVE,
    choice: RunChoice = USUAL,
) -> Job:
    """Ask for a segmentation; its result will be kept for ``owner`` under ``key``.

    ``micrograph_id``: in the owner's library. ``micrograph``: as the user sees it, with what was
    changed about it. ``choice``: how the network is to run.

    Raises:
        WorkspaceError: the owner's quota is full, or the workspace cannot be written to.
    """
    params = {
        "micrograph": micrograph_id,
        "facts": facts_of(micrograph),
        "model": model,
        "objects": asdict(object_settings or ObjectSettings()),
        "tiles": tile_settings and asdict(tile_settings),
        "choice": asdict(choice),
    }
    # What it will keep, about a byte a pixel, must fit before somebody waits for it.
    quota.check(workspace, owner, micrograph.pixels.size)
    workspace.cache.put(_input(params), _packed(micrograph))
    return queue.enqueue(workspace, owner, KIND, key, params, priority)


def handler(load: Load, pass_on: Callable[[str, Analysis], None] | None = None) -> Handler:
    """Return what does such jobs. ``load``: from the workspace, an owner, the name of a model that
    the owner finds and how it is to run, to the model, held by it. ``pass_on``: takes the id of a
    result that is about to be kept, with the result itself."""

    def segment(workspace: Workspace, job: Job, progress: ProgressCallback) -> Keep:
        params = job.params
        analysis = analyse(
            _micrograph(workspace, job),
            # Jobs of an earlier Lamella may wait still; they asked for nothing.
            load(workspace, job.owner, params["model"], RunChoice(**params.get("choice", {}))),
            object_settings=ObjectSettings(**params["objects"]),
            tile_settings=params["tiles"] and TileSettings(**params["tiles"]),
            progress=progress,
        )
        written = stored_analysis.write(workspace, analysis)

        def keep(db: apsw.Connection) -> None:
            asked = workspace, job.owner, params["micrograph"], job.key
            kept = results.insert(db, *asked, written)
            # Else it is an earlier one, which was corrected by hand.
            if pass_on is not None and kept.run == written.run:
                pass_on(kept.id, analysis)

        return keep

    return segment


def _input(params: Mapping[str, Any]) -> str:
    """Return the name of the pixels in the cache, which goes with all that begins with the id."""
    return f"{params['micrograph']}-page{params['facts']['page']}.npz"


def _packed(micrograph: Micrograph) -> bytes:
    buffer = io.BytesIO()
    digest, valid = np.array(micrograph.digest), micrograph.valid
    if valid is None:
        np.savez(buffer, digest=digest, pixels=micrograph.pixels)
    else:
        np.savez(buffer, digest=digest, pixels=micrograph.pixels, valid=valid)
    return buffer.getvalue()


def _micrograph(workspace: Workspace, job: Job) -> Micrograph:
    facts = job.params["facts"]
    pixels, valid = _cached(workspace, job) or _read_anew(workspace, job)
    return micrograph_of(facts, pixels, valid)


def _cached(workspace: Workspace, job: Job) -> tuple[Array, Array | None] | None:
    """Return pixels and validity; None where they had to make room, or are of another version of
    the image."""
    path = workspace.cache.find(_input(job.params))
    if path is None:
        return None
    try:
        with np.load(path, allow_pickle=False) as arrays:
            if str(arrays["digest"]) != job.params["facts"]["digest"]:
                return None
            return arrays["pixels"], arrays.get("valid")
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile):
        # What was written as the machine went down.
        return None


def _read_anew(workspace: Workspace, job: Job) -> tuple[Array, Array | None]:
    facts = job.params["facts"]
    kept = micrographs.find(workspace, job.owner, job.params["micrograph"])
    if kept is None:
        raise LamellaError(micrographs.NOT_THERE)
    if kept.blob is None:
        raise LamellaError(
            f"{facts['name']} had to make room before its turn came; press Segment again."
        )
    data, sidecars = micrographs.contents(workspace, kept)
    found = read_isolated(data, kept.name, sidecars=sidecars, page=facts["page"])
    return found.pixels, found.valid

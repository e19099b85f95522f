"""Micrographs of the library, read from their files as their owner sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.errors import LamellaError
from core.formats import read_isolated
from core.workspace import micrographs

if TYPE_CHECKING:
    from core.types.micrograph import Micrograph
    from core.workspace.workspace import Workspace


def opened(workspace: Workspace, owner: str, micrograph: str) -> Micrograph:
    """Return a micrograph of the library with what its owner changed about it.

    Raises:
        LamellaError: ``owner`` has none of this id, or its file cannot be read.
    """
    kept = micrographs.find(workspace, owner, micrograph)
    if kept is None:
        raise LamellaError(micrographs.NOT_THERE)
    data, sidecars = micrographs.contents(workspace, kept)
    as_read = read_isolated(data, kept.name, sidecars=sidecars, page=kept.changes.page)
    return kept.changes.applied(as_read)

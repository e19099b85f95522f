"""Corrections that are open on this server, for the page and for the route alike."""

from __future__ import annotations

import threading
from functools import cache

from core.bounded_store import BoundedStore
from core.workspace.corrections.open_correction import OpenCorrection, open_correction
from core.workspace.workspace import Workspace

CAPACITY_BYTES = 800_000_000
_opening = threading.Lock()


@cache
def _store() -> BoundedStore[tuple[str, str], OpenCorrection]:
    return BoundedStore(CAPACITY_BYTES)


def opened(workspace: Workspace, owner: str, result: str) -> OpenCorrection:
    """Return the corrections of a result, as one object for all who go on with them.

    Raises:
        WorkspaceError: ``owner`` has none of it, or they are damaged.
    """
    with _opening:
        found = _store().get((owner, result))
        if found is None:
            found = open_correction(workspace, owner, result)
            _store().put((owner, result), found, found.nbytes)
    return found


def close(owner: str, result: str) -> None:
    """Forget corrections that were discarded."""
    _store().discard((owner, result).__eq__)

"""The micrograph of a class: its instructor's, for whoever has the code and as long as it lasts."""

from __future__ import annotations

from collections.abc import Callable

from core.errors import LamellaError
from core.types.micrograph import Micrograph
from core.workspace import micrographs
from core.workspace.micrographs import Kept
from lecture.classroom import Shown
from pages.components.frame import keeping, session, stores
from pages.components.frame.images import images
from pages.components.frame.memory import Opened


def open_shown(shown: Shown) -> Opened | None:
    """Return the micrograph of a class with its instructor's changes; None where it cannot be had,
    as when it was deleted since.
    """
    if shown.owner == session.owner() or keeping.sample_name(shown.source) is not None:
        return _or_none(lambda: images.open_source(shown.source))
    return _or_none(lambda: _of_another(shown))


def can_be_shown(source: str) -> bool:
    """Return whether an image of this session is kept, so that a class can be shown it."""
    return keeping.sample_name(source) is not None or _kept(session.owner(), source) is not None


def _or_none(opening: Callable[[], Opened | None]) -> Opened | None:
    try:
        return opening()
    except LamellaError:
        return None


def _kept(owner: str, source: str) -> Kept | None:
    place = keeping.workspace()
    return None if place is None else micrographs.find_source(place, owner, source)


def _of_another(shown: Shown) -> Opened | None:
    kept = _kept(shown.owner, shown.source)
    if kept is None:
        return None
    as_read = _read(shown, kept)
    return Opened(shown.source, kept.changes.applied(as_read), as_read)


def _read(shown: Shown, kept: Kept) -> Micrograph:
    """Return the page that the instructor chose, read once for the class."""
    from core.formats import read_isolated

    page = kept.changes.page
    key = (shown.owner, shown.source, page)
    found = stores.micrographs().get(key)
    if found is None:
        place = keeping.workspace()
        if place is None:
            raise LamellaError("The workspace cannot be used.")
        data, sidecars = micrographs.contents(place, kept)
        found = read_isolated(data, kept.name, sidecars=sidecars, page=page), None
        stores.micrographs().put(key, found, found[0].pixels.nbytes)
    return found[0]

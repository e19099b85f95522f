"""The micrographs of a session: files that come in, what the user says about them, the open one."""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import PurePath

from core.errors import LamellaError
from core.types.arrays import Array
from core.types.micrograph import Micrograph
from core.workspace.micrographs import Changes
from pages.components.frame import keeping, session, stores
from pages.components.frame.images import samples, uploads
from pages.components.frame.memory import Opened, Upload

LONGEST_LOOK_S = 3.0


def add(files: Iterable[tuple[str, bytes]]) -> None:
    """Keep uploaded files, sidecars with their image, and choose the first that can be read.

    Why another one cannot be read is said beside it; where none can, the first is chosen, and the
    page says why. Of a large drop only as many are tried as a user waits for.
    """
    found = [source for batch in uploads.batches(files) for source in _keep(batch)]
    found = [source for source in found if source in session.memory().uploads]
    good: list[str] = []
    refusals: dict[str, str] = {}
    until = time.monotonic() + LONGEST_LOOK_S
    for source in found:
        if good and time.monotonic() > until:
            break
        if reason := _refusal(source):
            refusals[source] = reason
        else:
            good.append(source)
    for source in found:
        if source not in refusals:
            _save(source)
    if found:
        session.choose((good or found)[0])
    if good:
        session.memory().refused = tuple(refusals.values())


def _keep(files: Mapping[str, bytes]) -> list[str]:
    """Keep files that came together; return the ids of their images."""
    mine = session.memory()
    beginnings = {_begin(name) for name in files}
    # Only an image of the same name can belong to what came now.
    alike = [one for one, title in mine.uploads.items() if _begin(title) in beginnings]
    earlier = {source: _files_of(source) for source in alike}
    held = {source: upload for source, upload in earlier.items() if upload is not None}
    found = uploads.arrivals(files, held)
    for one in found:
        _put(one.source, one.upload)
        for source in one.replaced:
            mine.uploads.pop(source, None)
            keeping.replace_upload(mine, source)
        others = {title for source, title in mine.uploads.items() if source != one.source}
        mine.uploads[one.source] = uploads.title_of(one.upload, others)
    return [one.source for one in found]


def _begin(name: str) -> str:
    """Return what the names of an image and of its sidecars have in common."""
    return unicodedata.normalize("NFC", PurePath(name).name).casefold().partition(".")[0]


def _save(source: str) -> None:
    mine = session.memory()
    upload = stores.uploads().get((mine.owner, source))
    if upload is not None:
        keeping.add(mine, source, upload, mine.uploads[source])


def _put(source: str, upload: Upload) -> None:
    size = len(upload.data) + sum(map(len, upload.sidecars.values()))
    stores.uploads().put((session.owner(), source), upload, size)


def _files_of(source: str) -> Upload | None:
    """Return the files of an upload, from memory or from the workspace; None where neither has it.

    Raises:
        WorkspaceError: the workspace holds them damaged.
    """
    mine = session.memory()
    found = stores.uploads().get((mine.owner, source))
    if found is None:
        found = keeping.upload(mine, source)
        if found is not None:
            _put(source, found)
    return found


def _refusal(source: str) -> str:
    """Return why an upload cannot be read, "" where it can."""
    try:
        _read(source, 0)
    except LamellaError as error:
        return str(error)
    return ""


def change(source: str, **values: object) -> None:
    """Note what the user changed about a micrograph: fields of :class:`Changes`."""
    mine = session.memory()
    mine.changes[source] = replace(mine.changes.get(source, Changes()), **values)
    keeping.save_changes(mine, source)


def opened() -> Opened | None:
    """Return the chosen micrograph with the user's changes, or None where none is chosen.

    Raises:
        LamellaError: it cannot be read, or is no longer kept.
    """
    source = session.memory().source
    return None if source is None else open_source(source)


def open_source(source: str) -> Opened:
    """Return a micrograph with the user's changes.

    Raises:
        LamellaError: it cannot be read, or is no longer kept.
    """
    mine = session.memory()
    keeping.restore(mine, source)
    changes = mine.changes.get(source, Changes())
    as_read, truth = _read(source, changes.page)
    return Opened(source, changes.applied(as_read), as_read, truth)


def _read(source: str, page: int) -> tuple[Micrograph, Array | None]:
    """Return one page of a source as its file says, and its truth when it is synthetic."""
    mine = session.memory()
    private = mine.owner if source.startswith("upload:") else ""
    kept = stores.micrographs()
    found = kept.get((private, source, page))
    if found is None:
        found = _read_anew(source, page)
        kept.put((private, source, page), found, found[0].pixels.nbytes)
    return found


def sample(offer: samples.Offer) -> Micrograph:
    """Return the first page of a micrograph on offer, read once for all sessions."""
    return _read(f"sample:{offer.name}", 0)[0]


def _read_anew(source: str, page: int) -> tuple[Micrograph, Array | None]:
    sample = keeping.sample_name(source)
    if sample is not None:
        offer = samples.offer_of(sample)
        if offer is None:
            raise LamellaError(
                f"The sample {sample!r} is no longer available; choose another image."
            )
        return offer.open_page(page)
    upload = _files_of(source)
    if upload is None:
        name = session.memory().uploads.pop(source, "The image")
        raise LamellaError(f"{name} is no longer here; upload it again.")
    from core.formats import read_isolated

    return read_isolated(upload.data, upload.name, sidecars=upload.sidecars, page=page), None

"""The images of a user's library: the files as they came, and what the user changed and noted."""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Literal

import apsw

from core.errors import WorkspaceError
from core.segmentation.settings import ObjectSettings
from core.workspace import quota
from core.workspace.kept import SELECT, Changes, Kept, from_row
from core.workspace.workspace import Workspace

NOT_THERE = "That image is not in your library: it was deleted, or it belongs to somebody else."


@dataclass(frozen=True)
class Filter:
    """Which micrographs are looked for; what is empty or None lets all through.

    ``text``: in title, name, notes or a tag, in any case. ``model``: chosen, or has a result.
    ``since``, ``until``: when it was added, seconds since 1970.
    """

    text: str = ""
    tag: str = ""
    model: str = ""
    since: float | None = None
    until: float | None = None


_WANTED = """
WHERE owner = :owner
  AND (:text = '' OR instr(casefold(title || char(10) || name || char(10) || notes), :text)
       OR EXISTS (SELECT 1 FROM tag WHERE micrograph = micrograph.id
                  AND instr(casefold(tag), :text)))
  AND (:tag = '' OR EXISTS (SELECT 1 FROM tag WHERE micrograph = micrograph.id AND tag = :tag))
  AND (:model IN ('', model) OR EXISTS (SELECT 1 FROM result WHERE micrograph = micrograph.id
                                        AND result.model = :model))
  AND (:since IS NULL OR created >= :since) AND (:until IS NULL OR created <= :until)
"""
_ORDER = {"used": "used DESC, id", "created": "created DESC, id", "name": "casefold(title), id"}
Order = Literal["used", "created", "name"]


def source_of(name: str, data: bytes, sidecars: Mapping[str, bytes]) -> str:
    """Return the source of an upload: of its name and of every byte that came with it."""
    digest = hashlib.sha256(name.encode() + b"\0" + data)
    for other, content in sorted(sidecars.items()):
        digest.update(b"\0" + other.encode() + b"\0" + content)
    return f"upload:{digest.hexdigest()[:32]}"


def owners(workspace: Workspace) -> tuple[str, ...]:
    """Return everybody who has a micrograph; for the administrator of the machine."""
    with workspace.database.read() as db:
        found = db.execute("SELECT DISTINCT owner FROM micrograph ORDER BY owner")
        return tuple(owner for (owner,) in found)


def add(
    workspace: Workspace,
    owner: str,
    source: str,
    name: str,
    data: bytes | None,
    sidecars: Mapping[str, bytes] | None = None,
    title: str = "",
) -> Kept:
    """Keep a file with its sidecars, and return it; one that is there already is only used again.

    ``data``: None of a sample. ``title``: what the library calls it; the name without one.

    Raises:
        WorkspaceError: the owner's quota or the disk is full, or cannot be written to.
    """
    found = find_source(workspace, owner, source)
    if found is not None and _is_whole(workspace, found):
        return use(workspace, owner, found.id)
    sidecars = sidecars or {}
    size = len(data or b"") + sum(map(len, sidecars.values()))
    quota.check(workspace, owner, size)
    contents = sidecars if data is None else {**sidecars, "": data}

    def insert(db: apsw.Connection, digests: Mapping[str, str]) -> Kept:
        quota.check_owner(db, workspace, owner, size)
        new, now = secrets.token_hex(8), time.time()
        db.execute(
            "INSERT INTO micrograph (id, owner, source, name, title, blob, bytes, created, used)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (new, owner, source, name, title or name, digests.get(""), size, now, now),
        )
        if db.changes():
            rows = [(new, other, digest) for other, digest in digests.items() if other]
            db.executemany("INSERT INTO sidecar VALUES (?, ?, ?)", rows)
        return _one(db, "owner = ? AND source = ?", (owner, source))

    return workspace.blobs.save(workspace.database, contents, insert)


def find(workspace: Workspace, owner: str, micrograph: str) -> Kept | None:
    """Return the micrograph of this id; None where ``owner`` has none of it."""
    return _first(workspace, "owner = ? AND id = ?", (owner, micrograph))


def find_source(workspace: Workspace, owner: str, source: str) -> Kept | None:
    """Return the micrograph from this source; None where ``owner`` has none of it."""
    return _first(workspace, "owner = ? AND source = ?", (owner, source))


def listed(
    workspace: Workspace,
    owner: str,
    wanted: Filter | None = None,
    order: Order = "used",
    limit: int = -1,
    offset: int = 0,
) -> tuple[Kept, ...]:
    """Return the micrographs of ``owner``: the one used or added last first, or by title.

    ``limit``, ``offset``: how many, and how many before them are left out; -1 = all.
    """
    page = {"limit": limit, "offset": offset}
    with workspace.database.read() as db:
        rows = list(
            db.execute(
                f"{SELECT} {_WANTED} ORDER BY {_ORDER[order]} LIMIT :limit OFFSET :offset",
                _values(owner, wanted) | page,
            )
        )
    return tuple(map(from_row, rows))


def count(workspace: Workspace, owner: str, wanted: Filter | None = None) -> int:
    """Return how many micrographs of ``owner`` are wanted."""
    with workspace.database.read() as db:
        return db.execute(f"SELECT count(*) FROM micrograph {_WANTED}", _values(owner, wanted)).get


def tags(workspace: Workspace, owner: str) -> tuple[str, ...]:
    """Return every tag of ``owner``, in alphabetical order."""
    return _offered(
        workspace,
        "SELECT DISTINCT tag FROM tag JOIN micrograph ON id = micrograph WHERE owner = ?1",
        owner,
    )


def models(workspace: Workspace, owner: str) -> tuple[str, ...]:
    """Return every model that a micrograph of ``owner`` has, chosen or with a result."""
    return _offered(
        workspace,
        "SELECT model FROM micrograph WHERE owner = ?1 AND model IS NOT NULL"
        " UNION SELECT model FROM result WHERE owner = ?1",
        owner,
    )


def contents(workspace: Workspace, kept: Kept) -> tuple[bytes, dict[str, bytes]]:
    """Return the file and its sidecars, by name.

    Raises:
        WorkspaceError: one is missing or damaged, or ``kept`` is a sample, which has none.
    """
    if kept.blob is None:
        raise WorkspaceError(f"{kept.title} is a sample and has no file; open it by its name.")
    read = workspace.blobs.read
    return read(kept.blob), {name: read(digest) for name, digest in kept.sidecars.items()}


def change(
    workspace: Workspace,
    owner: str,
    micrograph: str,
    *,
    title: str | None = None,
    notes: str | None = None,
    tags: Collection[str] | None = None,
    model: str | None = None,
    object_settings: ObjectSettings | None = None,
    changes: Changes | None = None,
) -> Kept:
    """Put what is not None in place of what was kept, and return the micrograph.

    Raises:
        WorkspaceError: ``owner`` has no such micrograph; the workspace cannot be written to.
    """
    given: dict[str, object] = {"title": title, "notes": notes, "model": model}
    values = {name: value for name, value in given.items() if value is not None}
    if object_settings is not None:
        values["object_settings"] = json.dumps(asdict(object_settings))
    if changes is not None:
        values |= asdict(changes) | {"pixel_size": json.dumps(asdict(changes)["pixel_size"])}
    with workspace.database.write() as db:
        _one(db, "owner = ? AND id = ?", (owner, micrograph))
        for name, value in values.items():
            db.execute(f"UPDATE micrograph SET {name} = ? WHERE id = ?", (value, micrograph))
        if tags is not None:
            db.execute("DELETE FROM tag WHERE micrograph = ?", (micrograph,))
            named = {tag.strip() for tag in tags} - {""}
            db.executemany("INSERT INTO tag VALUES (?, ?)", [(micrograph, tag) for tag in named])
        return _one(db, "owner = ? AND id = ?", (owner, micrograph))


def use(workspace: Workspace, owner: str, micrograph: str) -> Kept:
    """Note that a micrograph is used now, and return it; retention counts from the last time.

    Raises:
        WorkspaceError: as of :func:`change`.
    """
    with workspace.database.write(durable=False) as db:
        db.execute(
            "UPDATE micrograph SET used = max(used, ?), announced = NULL"
            " WHERE owner = ? AND id = ?",
            (time.time(), owner, micrograph),
        )
        return _one(db, "owner = ? AND id = ?", (owner, micrograph))


def delete(workspace: Workspace, owner: str, micrographs: Collection[str]) -> int:
    """Delete micrographs with their results, drawings, jobs and files; return the bytes freed.

    A content that another row names stays. Ids that ``owner`` does not have are passed over.

    Raises:
        WorkspaceError: the workspace cannot be written to.
    """
    delete_one = partial(delete_rows, workspace=workspace, owner=owner)
    return workspace.remove([partial(delete_one, micrograph=one) for one in micrographs])


def delete_rows(db: apsw.Connection, workspace: Workspace, owner: str, micrograph: str) -> None:
    """Delete the rows of a micrograph in the open transaction of :meth:`Workspace.remove`, and what
    of it is in the cache."""
    db.execute("DELETE FROM micrograph WHERE owner = ? AND id = ?", (owner, micrograph))
    if db.changes():
        of_it = "params ->> 'micrograph' = ?"
        db.execute(f"DELETE FROM job WHERE owner = ? AND {of_it}", (owner, micrograph))
        workspace.cache.remove(micrograph)


def _is_whole(workspace: Workspace, kept: Kept) -> bool:
    """Return whether every file is there: what `verify` took away as damaged is added again."""
    digests = filter(None, (kept.blob, *kept.sidecars.values()))
    return all(workspace.blobs.path(digest).is_file() for digest in digests)


def _first(workspace: Workspace, condition: str, values: tuple[str, str]) -> Kept | None:
    with workspace.database.read() as db:
        row = next(iter(db.execute(f"{SELECT} WHERE {condition}", values)), None)
    return None if row is None else from_row(row)


def _one(db: apsw.Connection, condition: str, values: tuple[str, str]) -> Kept:
    row = next(iter(db.execute(f"{SELECT} WHERE {condition}", values)), None)
    if row is None:
        raise WorkspaceError(NOT_THERE)
    return from_row(row)


def _offered(workspace: Workspace, query: str, owner: str) -> tuple[str, ...]:
    with workspace.database.read() as db:
        return tuple(sorted((name for (name,) in db.execute(query, (owner,))), key=str.casefold))


def _values(owner: str, wanted: Filter | None) -> dict[str, object]:
    wanted = wanted or Filter()
    return {**asdict(wanted), "owner": owner, "text": wanted.text.casefold()}

"""Models of this lab: networks that users trained, forests that they taught, what they imported.

A model is for its owner alone, or for everybody; only its owner removes it. Of two models that one
owner finds none has the name of the other.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Literal, TypeAlias

import apsw

from core.errors import ModelError, WorkspaceError
from core.types.model_card import Score
from core.workspace import quota
from core.workspace.lab import lab_card
from core.workspace.lab.lab_card import LabCard
from core.workspace.maintenance.retention import SESSION
from core.workspace.workspace import Workspace

Kind: TypeAlias = Literal["trained", "forest", "foreign"]
MOST_CARDS = 256
NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
MOST_TESTS = 20
GONE = (
    "There is no model {!r} of yours in this lab: it was removed, or it belongs to somebody else, "
    "who alone can change it."
)
TAKEN = "A model {!r} is in the list of this lab already; choose another name."
NO_COOKIE = (
    "This browser keeps no cookie, so nobody could remove the model again: it can be kept only for "
    "you. Allow cookies to keep it for everybody."
)


@dataclass(frozen=True)
class NewModel:
    """A model to be kept. ``weights``: of the file that ``card.weights_format`` says."""

    kind: Kind
    everyone: bool
    card: LabCard
    weights: bytes = field(repr=False)


@dataclass(frozen=True)
class LabModel:
    """A model of this lab. ``everyone``: whether all owners find it. ``weights``: SHA-256 of its
    file, which lies at ``path``. ``created``: seconds since 1970."""

    id: str
    owner: str
    name: str
    kind: Kind
    everyone: bool
    card: LabCard
    weights: str
    bytes: int
    created: float
    path: Path


def check_name(name: str) -> None:
    """Refuse what is no name of a model.

    Raises:
        ModelError: other letters, or too long.
    """
    if not NAME.fullmatch(name):
        raise ModelError(
            f"{name!r:.60} is no name for a model; take 1 to 40 small letters, digits and hyphens, "
            "such as steel-tempered."
        )


def slug(text: str) -> str:
    """Return a name made of ``text``; "" where nothing of it can be in one."""
    return re.sub(r"[^a-z0-9]+", "-", text.casefold()).strip("-")[:40].rstrip("-")


def add(workspace: Workspace, owner: str, new: NewModel) -> LabModel:
    """Keep a model and return it.

    Raises:
        ModelError: its name is none, or taken in a list in which it would appear, or its card is
            one that this app could not work with.
        WorkspaceError: the quota or the disk is full; an owner without a cookie keeps one for all.
    """
    return workspace.blobs.save(
        workspace.database,
        {"weights": new.weights},
        lambda db, _: insert(db, workspace, owner, new),
    )


def insert(db: apsw.Connection, workspace: Workspace, owner: str, new: NewModel) -> LabModel:
    """Keep a model in the open transaction ``db``, as a worker does, and return it.

    Call ``workspace.blobs.add(new.weights)`` before, so that others who write need not wait for
    the disk; raises as :func:`add`.
    """
    name = new.card.name
    check_name(name)
    if new.everyone:
        _check_can_share(owner)
    _check_free(db, owner, name, new.everyone)
    try:
        card = lab_card.to_json(new.card)
    except ValueError as error:
        raise ModelError(f"The model {name!r} cannot be kept: {error}.") from error
    digest = workspace.blobs.add(new.weights)
    size = workspace.blobs.keep(db, digest)
    quota.check_owner(db, workspace, owner, size)
    model = secrets.token_hex(8)
    db.execute(
        "INSERT INTO lab_model VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (model, owner, name, new.kind, int(new.everyone), card, digest, size, time.time()),
    )
    (row,) = db.execute("SELECT * FROM lab_model WHERE id = ?", (model,))
    return _model(workspace, row)


def find(workspace: Workspace, owner: str, name: str) -> LabModel | None:
    """Return the model of this name that ``owner`` finds; None without one."""
    return next((one for one in listed(workspace, owner) if one.name == name), None)


def listed(workspace: Workspace, owner: str) -> tuple[LabModel, ...]:
    """Return the models that ``owner`` finds, the own ones and those for everybody, by name.

    A card that only a newer Lamella reads is passed over; :func:`unreadable` names it.
    """
    found = (_readable(workspace, row) for row in _rows(workspace, owner))
    return tuple(one for one in found if one is not None)


def unreadable(workspace: Workspace, owner: str) -> tuple[str, ...]:
    """Return the names of models that ``owner`` would find, whose cards only a newer Lamella
    reads."""
    rows = _rows(workspace, owner)
    return tuple(row[2] for row in rows if _readable(workspace, row) is None)


def _rows(workspace: Workspace, owner: str) -> list[tuple[Any, ...]]:
    query = "SELECT * FROM lab_model WHERE owner = ? OR everyone ORDER BY name"
    with workspace.database.read() as db:
        return list(db.execute(query, (owner,)))


def owners(workspace: Workspace) -> tuple[str, ...]:
    """Return all who own a model."""
    with workspace.database.read() as db:
        rows = list(db.execute("SELECT DISTINCT owner FROM lab_model ORDER BY owner"))
    return tuple(owner for (owner,) in rows)


def share(workspace: Workspace, owner: str, name: str, everyone: bool) -> None:
    """Let everybody find a model of ``owner``, or its owner alone.

    Raises:
        ModelError: another one of this name is in a list in which it would appear.
        WorkspaceError: ``owner`` has no such model, or no cookie.
    """
    with workspace.database.write() as db:
        if everyone:
            _check_can_share(owner)
            _check_free(db, owner, name, everyone, but_own=True)
        db.execute(
            "UPDATE lab_model SET everyone = ? WHERE owner = ? AND name = ?",
            (int(everyone), owner, name),
        )
        if not db.changes():
            raise WorkspaceError(GONE.format(name))


def note_test(workspace: Workspace, owner: str, name: str, tested: Sequence[Score]) -> None:
    """Keep on the card of a model of ``owner`` what was measured of it, in the place of earlier
    scores of the same metric and data; the last ``MOST_TESTS`` stay.

    Raises:
        WorkspaceError: ``owner`` has no such model.
    """
    with workspace.database.write() as db:
        row = db.execute(
            "SELECT card FROM lab_model WHERE owner = ? AND name = ?", (owner, name)
        ).fetchone()
        if row is None:
            raise WorkspaceError(GONE.format(name))
        card = lab_card.from_json(row[0])
        new = {(one.metric, one.data) for one in tested}
        others = [one for one in card.tested if (one.metric, one.data) not in new]
        card = replace(card, tested=(*tested, *others)[:MOST_TESTS])
        db.execute(
            "UPDATE lab_model SET card = ? WHERE owner = ? AND name = ?",
            (lab_card.to_json(card), owner, name),
        )


def remove(workspace: Workspace, owner: str, name: str) -> int:
    """Remove a model of ``owner`` and return the bytes freed; results made with it stay.

    Raises:
        WorkspaceError: ``owner`` has no such model.
    """
    return workspace.remove([partial(_remove_row, owner=owner, name=name)])


def _remove_row(db: apsw.Connection, owner: str, name: str) -> None:
    db.execute("DELETE FROM lab_model WHERE owner = ? AND name = ?", (owner, name))
    if not db.changes():
        raise WorkspaceError(GONE.format(name))


def _check_can_share(owner: str) -> None:
    if owner.startswith(SESSION):
        raise WorkspaceError(NO_COOKIE)


def _check_free(
    db: apsw.Connection, owner: str, name: str, everyone: bool, but_own: bool = False
) -> None:
    """Refuse a name that another model has in a list in which this one would appear."""
    others = db.execute(
        "SELECT count(*) FROM lab_model WHERE name = ?1"
        " AND (?3 OR everyone OR owner = ?2) AND NOT (?4 AND owner = ?2)",
        (name, owner, int(everyone), int(but_own)),
    ).get
    if others:
        raise ModelError(TAKEN.format(name))


@lru_cache(MOST_CARDS)
def _card(text: str) -> LabCard:
    """Return the card in ``text``, which every page asks for several times."""
    return lab_card.from_json(text)


def _readable(workspace: Workspace, row: tuple[Any, ...]) -> LabModel | None:
    try:
        return _model(workspace, row)
    except ValueError:
        return None


def _model(workspace: Workspace, row: tuple[Any, ...]) -> LabModel:
    model, owner, name, kind, everyone, card, weights, size, created = row
    return LabModel(
        *(model, owner, name, kind, bool(everyone), _card(card)),
        *(weights, size, created, workspace.blobs.path(weights)),
    )

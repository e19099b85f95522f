"""A micrograph in a library, as a row of the database and as a value."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

from core.segmentation.settings import ObjectSettings
from core.types.micrograph import Micrograph
from core.types.pixel_size import PixelSize


@dataclass(frozen=True)
class Changes:
    """What the user changed about a micrograph; None leaves what the file says.

    ``pixel_size``: "px" to measure in px. ``top_bar_rows``: of an info bar at the top.
    """

    page: int = 0
    pixel_size: PixelSize | Literal["px"] | None = None
    info_bar_rows: int | None = None
    top_bar_rows: int | None = None

    def applied(self, as_read: Micrograph) -> Micrograph:
        """Return a micrograph as its file says, with these changes."""
        size, bottom, top = as_read.pixel_size, self.info_bar_rows, self.top_bar_rows
        if self.pixel_size is not None:
            size = None if self.pixel_size == "px" else self.pixel_size
        return replace(
            as_read,
            pixel_size=size,
            info_bar_rows=as_read.info_bar_rows if bottom is None else bottom,
            top_bar_rows=as_read.top_bar_rows if top is None else top,
        )


@dataclass(frozen=True)
class Kept:
    """A micrograph in the library of ``owner``.

    ``source``: "upload:..." by content, or "sample:NAME". ``blob``: SHA-256 of the file; None of a
    sample, which is made or read anew. ``sidecars``: SHA-256 by name. ``bytes``: of all its files.
    ``model``, ``object_settings``: the chosen ones. ``results``: how many it has; ``segmented_by``:
    the model of the newest. ``created``, ``used``: seconds since 1970.
    """

    id: str
    owner: str
    source: str
    name: str
    title: str
    blob: str | None
    bytes: int
    created: float
    used: float
    notes: str
    model: str | None
    results: int
    segmented_by: str | None
    object_settings: ObjectSettings | None
    changes: Changes
    tags: tuple[str, ...]
    sidecars: Mapping[str, str]


_OWN = "id, owner, source, name, title, blob, bytes, created, used, notes, model"
_CHANGES = tuple(one.name for one in fields(Changes))
SELECT = f"""
SELECT {_OWN}, (SELECT count(*) FROM result WHERE micrograph = micrograph.id),
    (SELECT model FROM result WHERE micrograph = micrograph.id ORDER BY created DESC, rowid DESC),
    object_settings,
    {", ".join(_CHANGES)},
    (SELECT json_group_array(tag ORDER BY tag) FROM tag WHERE micrograph = micrograph.id),
    (SELECT json_group_object(sidecar.name, sidecar.blob) FROM sidecar
     WHERE micrograph = micrograph.id)
FROM micrograph
"""


def from_row(row: tuple[Any, ...]) -> Kept:
    """Return what a row of :data:`SELECT` holds."""
    *own, settings, page, size, bottom, top, tags, sidecars = row
    chosen = ObjectSettings(**json.loads(settings)) if settings else None
    changes = Changes(page, _size(size), bottom, top)
    own += [chosen, changes, tuple(json.loads(tags)), json.loads(sidecars)]
    return Kept(*own)


def _size(text: str | None) -> PixelSize | Literal["px"] | None:
    found = json.loads(text) if text else None
    return PixelSize(**found) if isinstance(found, dict) else found

"""What there is to remember of a session, as values.

:mod:`pages.components.frame.session` keeps them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.segmentation.settings import ObjectSettings
from core.types.arrays import Array
from core.types.micrograph import Micrograph
from core.workspace.drawings import Drawing
from core.workspace.micrographs import Changes
from pages.components.frame import identity
from pages.components.frame.work.jobs import Job
from pages.components.frame.work.queued import QueuedJob


@dataclass(frozen=True)
class Upload:
    """Files as they came: an image and what its instrument wrote beside it."""

    name: str
    data: bytes
    sidecars: Mapping[str, bytes]


@dataclass
class Memory:
    """One session's choices, and whose they are. ``uploads``: name by id, in the order they came.

    ``suggested``: name of the model that fits, by the id of the image. ``ids``: under which images
    are kept in the workspace. ``models``: chosen for images in earlier sessions. ``restored``: the
    images that were looked for in the workspace. ``unkept``: why an image is not kept, by id.
    ``page``: the one that is open. ``link_unread``: its link was not read yet since it opened.
    ``links``: each page's own part. ``replaced``: what its parameters were since it opened.
    ``turns``: how often a parameter was changed by anything but its own widget.
    ``link_refusals``: what the open page's link asked for and could not have, in one sentence, and
    of which parameters it was.
    ``jobs``: those that run, by place; ``shown_places``: whose progress is on the page. ``drawn``:
    marks by the image's digest; ``sources``: the id of the image by its digest, where marks were
    looked for. ``phase_names``: of what is marked. ``from_marks``: key of the newest result of
    marks, by the image's digest. ``stopped``: key of the job that ended without one. ``seen_ends``:
    keys of runs whose end needs no word any more. ``saved``: id of a result in the workspace by its
    key, "" while it is written. ``settings``: of objects, by the id of the image; ``settings_of``:
    the image whose settings the controls show, ``settings_page``: on which page.
    ``notice``, ``model_notice``: what became of the image or the model that was asked for last, in
    one sentence.
    """

    owner: str = field(default_factory=lambda: identity.who())
    source: str | None = None
    model: str | None = None
    suggested: dict[str, str] = field(default_factory=dict)
    uploads: dict[str, str] = field(default_factory=dict)
    changes: dict[str, Changes] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    models: dict[str, str] = field(default_factory=dict)
    restored: set[str] = field(default_factory=set)
    knows_recent: bool = False
    unkept: dict[str, str] = field(default_factory=dict)
    run_requested: bool = False
    jobs: dict[str, Job | QueuedJob] = field(default_factory=dict)
    shown_places: set[str] = field(default_factory=set)
    notice: str = ""
    model_notice: str = ""
    refused: tuple[str, ...] = ()
    selected: tuple[str, int] | None = None
    table_begins_with: tuple[str, int] | None = None
    turn: int = 0
    page: str = ""
    link_unread: bool = False
    links: dict[str, dict[str, str]] = field(default_factory=dict)
    replaced: dict[str, set[str | None]] = field(default_factory=dict)
    turns: dict[str, int] = field(default_factory=dict)
    link_refusals: dict[str, tuple[str, ...]] = field(default_factory=dict)
    drawn: dict[str, Drawing] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    phase_names: tuple[str, ...] = ("background", "object")
    marks_notice: str = ""
    from_marks: dict[str, tuple[object, ...]] = field(default_factory=dict)
    stopped: tuple[object, ...] | None = None
    seen_ends: set[tuple[object, ...]] = field(default_factory=set)
    saved: dict[tuple[object, ...], str] = field(default_factory=dict)
    settings: dict[str, ObjectSettings] = field(default_factory=dict)
    settings_of: str | None = None
    settings_page: str = ""


@dataclass(frozen=True)
class Opened:
    """The chosen micrograph as it will be measured. ``as_read``: before the user's changes.

    ``truth``: (H, W) phase indices of a synthetic sample.
    """

    source: str
    micrograph: Micrograph
    as_read: Micrograph
    truth: Array | None = None

    @property
    def content(self) -> str:
        """What names the image in keys: its digest and its info bars."""
        return f"{self.micrograph.digest} {self.micrograph.bar_rows}"

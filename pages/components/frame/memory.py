"""What there is to remember of a session, as values.

:mod:`pages.components.frame.session` keeps them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from core.segmentation.strokes import Stroke
from core.types import Array, Micrograph, PixelSize
from pages.components.frame import identity
from pages.components.frame.jobs import Job


@dataclass(frozen=True)
class Upload:
    """Files as they came: an image and what its instrument wrote beside it."""

    name: str
    data: bytes
    sidecars: Mapping[str, bytes]


@dataclass(frozen=True)
class Changes:
    """What the user changed about a micrograph; None leaves what the file says.

    ``pixel_size``: "px" to measure in px. ``top_bar_rows``: of an info bar at the top.
    """

    page: int = 0
    pixel_size: PixelSize | Literal["px"] | None = None
    info_bar_rows: int | None = None
    top_bar_rows: int | None = None


@dataclass(frozen=True)
class Drawn:
    """What the user marked on an image: strokes over a mask, PNG or TIFF as it came.

    ``revision``: raised whenever anything but the brush changed the strokes.
    """

    strokes: tuple[Stroke, ...] = ()
    mask: bytes = b""
    revision: int = 0


@dataclass
class Memory:
    """One session's choices, and whose they are. ``uploads``: name by id, in the order they came.

    ``suggested``: name of the model that fits, by the id of the image.
    ``page``: the one that is open. ``link_unread``: its link was not read yet since it opened.
    ``links``: each page's own part. ``replaced``: what its parameters were since it opened.
    ``turns``: how often a parameter was changed by anything but its own widget.
    ``jobs``: those that run, by place. ``drawn``: marks by the image's digest. ``phase_names``: of
    what is marked.
    ``from_marks``: key of the newest result of marks, by the image's digest. ``stopped``: key of
    the job that ended without one. ``notice``, ``model_notice``: what became of the image or the
    model that was asked for last, in one sentence.
    """

    owner: str = field(default_factory=identity.who)
    source: str | None = None
    model: str | None = None
    suggested: dict[str, str] = field(default_factory=dict)
    uploads: dict[str, str] = field(default_factory=dict)
    changes: dict[str, Changes] = field(default_factory=dict)
    run_requested: bool = False
    jobs: dict[str, Job] = field(default_factory=dict)
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
    drawn: dict[str, Drawn] = field(default_factory=dict)
    phase_names: tuple[str, ...] = ("background", "object")
    marks_notice: str = ""
    from_marks: dict[str, tuple[object, ...]] = field(default_factory=dict)
    stopped: tuple[object, ...] | None = None


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

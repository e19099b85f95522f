"""The one place for limits: what is read, and how much of it; and for the folder of data.

Each limit is an environment variable too, for the admin of a lab server:
``LAMELLA_MAX_FILE_BYTES=500000000 make run``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path

from core.errors import LamellaError

_POSITIVE = re.compile(r"0*[1-9][0-9]{0,17}")


def data_folder() -> Path:
    """Return where fetched and converted data lie: LAMELLA_DATA, or lamella in the user's folder
    for data."""
    if named := os.environ.get("LAMELLA_DATA"):
        return Path(named)
    return user_data_folder() / "lamella"


def user_data_folder() -> Path:
    """Return the user's own folder for the data of programs, as the desktop standard has it."""
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")


def workspace_folder() -> Path:
    """Return where the app keeps what its users did: LAMELLA_WORKSPACE, or lamella-workspace in
    the user's folder for data."""
    if named := os.environ.get("LAMELLA_WORKSPACE"):
        return Path(named)
    return user_data_folder() / "lamella-workspace"


@dataclass(frozen=True)
class Limits:
    """Limits on input files, checked before anything is decoded.

    ``file_bytes``: size of the file. ``pixels``: of one page. ``decoded_bytes``: of one decoded
    page. ``pages``: of a stack. ``channels``: of one page. ``expansion``: decoded bytes to file
    bytes, above ``expansion_floor_bytes`` decoded, so that small flat images still pass.
    ``seconds``: to read a file in a process of its own: uploads, and vendors' formats.
    """

    file_bytes: int = 200_000_000
    pixels: int = 100_000_000
    decoded_bytes: int = 512_000_000
    pages: int = 200
    channels: int = 64
    expansion: int = 200
    expansion_floor_bytes: int = 64_000_000
    seconds: int = 30

    @classmethod
    def from_environment(cls) -> Limits:
        """Return the limits with each ``LAMELLA_MAX_<NAME>`` of the environment put in.

        Raises:
            LamellaError: a variable that is not a positive whole number.
        """
        names = {limit.name: f"LAMELLA_MAX_{limit.name.upper()}" for limit in fields(cls)}
        return replace(cls(), **_typed(cls(), names))


@dataclass(frozen=True)
class WorkspaceLimits:
    """Limits on what is kept on disk.

    ``owner_bytes``: of one owner's uploads and results. ``free_bytes``: what must stay free on the
    disk. ``cache_bytes``: of what can be made again. ``keep_days``: after how many days without use
    an image goes, with its results; None = never.
    """

    owner_bytes: int = 20_000_000_000
    free_bytes: int = 1_000_000_000
    cache_bytes: int = 2_000_000_000
    keep_days: int | None = None

    @classmethod
    def from_environment(cls) -> WorkspaceLimits:
        """Return the limits with ``LAMELLA_MAX_WORKSPACE_BYTES``, ``LAMELLA_MIN_FREE_BYTES``,
        ``LAMELLA_MAX_CACHE_BYTES`` and ``LAMELLA_KEEP_DAYS`` of the environment put in.

        Raises:
            LamellaError: a variable that is not a positive whole number.
        """
        names = {
            "owner_bytes": "LAMELLA_MAX_WORKSPACE_BYTES",
            "free_bytes": "LAMELLA_MIN_FREE_BYTES",
            "cache_bytes": "LAMELLA_MAX_CACHE_BYTES",
            "keep_days": "LAMELLA_KEEP_DAYS",
        }
        return replace(cls(), **_typed(cls(), names))


@dataclass(frozen=True)
class WorkerLimits:
    """Limits on the processes that run jobs.

    ``count``: how many `lamella app` starts; 0 = none, the server runs jobs itself; None = one a
    GPU, without a GPU one for up to 4 cores. ``bytes``: of memory that one may keep between jobs.
    """

    count: int | None = None
    bytes: int = 4_000_000_000

    @classmethod
    def from_environment(cls) -> WorkerLimits:
        """Return the limits with ``LAMELLA_WORKERS`` and ``LAMELLA_MAX_WORKER_BYTES`` put in.

        Raises:
            LamellaError: a variable that is no whole number.
        """
        names = {"count": "LAMELLA_WORKERS", "bytes": "LAMELLA_MAX_WORKER_BYTES"}
        if os.environ.get("LAMELLA_WORKERS", "").strip() == "0":
            return replace(cls(count=0), **_typed(cls(), {"bytes": names["bytes"]}))
        return replace(cls(), **_typed(cls(), names))


def _typed(defaults: object, variables: Mapping[str, str]) -> dict[str, int]:
    """Return the numbers that the environment sets, by the name of the limit."""
    changed = {}
    for name, variable in variables.items():
        if (text := os.environ.get(variable)) is None:
            continue
        if not _POSITIVE.fullmatch(text):
            raise LamellaError(
                f"{variable} is {text[:40]!r}; it needs a positive whole number, such as "
                f"{getattr(defaults, name) or 365}."
            )
        changed[name] = int(text)
    return changed

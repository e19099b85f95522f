"""The files in a zip that a user sent, read into memory: nothing is unpacked to disk."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import BinaryIO

from core.errors import FormatError
from core.settings import Limits

MOST_MEMBERS = 2000
MOST_BYTES = 4_000_000_000
"""Of all members together, unpacked."""
_HIDDEN = ("__MACOSX", "Thumbs.db")
ZIP_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    RuntimeError,
)
"""What Python raises for a zip that is none, is damaged, or needs a password."""


def zip_members(
    file: BinaryIO, name: str, limits: Limits | None = None
) -> Iterator[tuple[str, bytes]]:
    """Yield the path in the zip, folders divided by "/", and the content of each file.

    Folders, links, hidden files and zips in it are left out.

    Raises:
        FormatError: it is no zip, needs a password, or holds more or larger files than allowed.
    """
    limits = limits or Limits.from_environment()
    try:
        with zipfile.ZipFile(file) as packed:
            members = [one for one in packed.infolist() if _is_wanted(one)]
            _check(members, name, limits)
            for member in members:
                yield "/".join(_parts(member)), _content(packed, member, limits)
    except ZIP_ERRORS as error:
        raise FormatError(
            f"{name} cannot be unpacked: it is no zip, is damaged, or needs a password; pack the "
            "images anew, or drop them as they are."
        ) from error


def _is_wanted(member: zipfile.ZipInfo) -> bool:
    is_link = (member.external_attr >> 16) & 0o170000 == 0o120000
    parts = _parts(member)
    hidden = any(part.startswith(".") or part in _HIDDEN for part in parts)
    is_zip = member.filename.lower().endswith(".zip")
    return bool(parts) and not (member.is_dir() or is_link or hidden or is_zip)


def _parts(member: zipfile.ZipInfo) -> list[str]:
    """Return the folders and the name of a member, none of which leads upwards."""
    path = PurePosixPath(member.filename.replace("\\", "/"))
    return [part for part in path.parts if part not in (".", "..", "/")]


def _check(members: list[zipfile.ZipInfo], name: str, limits: Limits) -> None:
    total = sum(member.file_size for member in members)
    if not members:
        raise FormatError(f"{name} holds no file; pack the images into it.")
    if len(members) > MOST_MEMBERS or total > MOST_BYTES:
        raise FormatError(
            f"{name} holds {len(members):,} files of {total / 1e9:.1f} GB together; up to "
            f"{MOST_MEMBERS:,} files of {MOST_BYTES / 1e9:g} GB are taken at once."
        )
    for member in members:
        if member.file_size > limits.file_bytes:
            raise FormatError(
                f"{member.filename[:80]} in {name} has {member.file_size / 1e6:,.0f} MB; a file "
                f"may have {limits.file_bytes / 1e6:,.0f} MB."
            )
        unpacked = member.file_size > limits.expansion_floor_bytes
        if unpacked and member.file_size > limits.expansion * member.compress_size:
            raise FormatError(
                f"{member.filename[:80]} in {name} unpacks to more than {limits.expansion} times "
                "its size, as no micrograph does."
            )


def _content(packed: zipfile.ZipFile, member: zipfile.ZipInfo, limits: Limits) -> bytes:
    with packed.open(member) as stream:
        # What the header says of the size may be a lie.
        content = stream.read(member.file_size + 1)
    if len(content) != member.file_size:
        raise zipfile.BadZipFile("a member is longer or shorter than its header says")
    return content

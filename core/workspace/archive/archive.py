"""Images of a library as one zip, and back, into any library: with changes, drawings and results.

``library.json`` holds what is known about each image; ``blobs/`` the contents by SHA-256.
"""

from __future__ import annotations

import hashlib
import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import IO, BinaryIO

from core.errors import WorkspaceError
from core.settings import Limits
from core.types.progress import ProgressCallback, no_progress
from core.workspace import drawings, micrographs, quota
from core.workspace.archive import correction_log
from core.workspace.archive.image import LeftOut, sound_image
from core.workspace.archive.manifest import MANIFEST, VERSION, KeptImage, Manifest, read_manifest
from core.workspace.disk.blobs import PIECE_BYTES
from core.workspace.drawings import Drawing
from core.workspace.micrographs import Kept
from core.workspace.results import results
from core.workspace.results.stored_analysis import Written
from core.workspace.workspace import Workspace

# What zipfile raises of a file that is damaged or has a password, and the checks of the manifest.
_REFUSED = (
    *(zipfile.BadZipFile, zlib.error, struct.error),
    *(KeyError, ValueError, EOFError, RuntimeError),
)

NOTHING = (
    "None of these {} images can be exported, as their files are missing or damaged in the "
    "library; upload them again."
)


# ---- out


def export(
    workspace: Workspace,
    owner: str,
    ids: Collection[str] | None = None,
    tell: Callable[[LeftOut], object] = lambda _: None,
) -> Iterator[bytes]:
    """Yield a zip, piece by piece, of the micrographs of ``owner`` with these ids; None = all.

    What is missing or damaged is left out and told to ``tell``, and in the zip in ``left-out.txt``.

    Raises:
        WorkspaceError: nothing that was chosen can be exported.
    """
    chosen = micrographs.listed(workspace, owner)
    chosen = tuple(kept for kept in chosen if ids is None or kept.id in ids)
    images: list[KeptImage] = []
    told: list[str] = []
    written: set[str] = set()
    out = _Pieces()
    with zipfile.ZipFile(out, "w") as packed:
        for kept in chosen:
            sound = sound_image(workspace, owner, kept)
            if sound.left_out is not None:
                tell(sound.left_out)
                told.append(sound.left_out.sentence)
            image, corrected = sound.image, sound.corrections
            if image is None:
                continue
            images.append(image)
            for digest in sorted(set(image.files) - written):
                written.add(digest)
                for _ in _pack(workspace, packed, digest):
                    yield out.take()
            for digest in sorted(corrected.keys() - written):
                written.add(digest)
                entry = zipfile.ZipInfo(f"blobs/{digest}")
                packed.writestr(entry, corrected[digest], zipfile.ZIP_DEFLATED)
                yield out.take()
        if chosen and not images:
            raise WorkspaceError(told[0] if len(told) == 1 else NOTHING.format(len(told)))
        # Last, as only now it is known what could be read.
        text = json.dumps(asdict(Manifest(VERSION, tuple(images))), ensure_ascii=False)
        packed.writestr(zipfile.ZipInfo(MANIFEST), text, zipfile.ZIP_DEFLATED)
        if told:
            packed.writestr(zipfile.ZipInfo("left-out.txt"), "\n".join(told))
    yield out.take()


def _pack(workspace: Workspace, packed: zipfile.ZipFile, digest: str) -> Iterator[None]:
    """Write a content into the zip, and pause after each piece."""
    entry = zipfile.ZipInfo(f"blobs/{digest}")
    entry.file_size = workspace.blobs.size(digest)
    with packed.open(entry, "w") as file:
        for piece in workspace.blobs.stream(digest):
            file.write(piece)
            yield


class _Pieces(io.RawIOBase):
    """What a zip file writes, until it is taken."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._pieces.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        taken, self._pieces = b"".join(self._pieces), []
        return taken


# ---- in


def load(
    workspace: Workspace,
    owner: str,
    file: Path | BinaryIO,
    limits: Limits | None = None,
    progress: ProgressCallback = no_progress,
) -> tuple[Kept, ...]:
    """Add the images of a zip of :func:`export` to the library of ``owner``, and return them.

    The zip may come from anybody. All that it says is checked before anything is kept, contents
    against their SHA-256; what the library has already stays as it is, and no path of the zip
    becomes one of this machine. Images come one after the other: where one fails, those before it
    are kept, and the zip can be loaded again.

    Raises:
        WorkspaceError: it is no such zip, or damaged; the quota or the disk is full.
    """
    limits = limits or Limits.from_environment()
    try:
        with zipfile.ZipFile(file) as packed:
            manifest = read_manifest(packed, limits)
            sizes = (packed.getinfo(f"blobs/{digest}").file_size for digest in manifest.files)
            quota.check(workspace, owner, sum(sizes))
            found = []
            for number, image in enumerate(manifest.images):
                progress(number, len(manifest.images))
                # Equal contents may be deleted elsewhere between their adding and their rows.
                with workspace.blobs.all_kept():
                    found.append(_load(workspace, owner, packed, image))
            return tuple(found)
    except _REFUSED as error:
        raise WorkspaceError(
            f"This is no library that Lamella exported, or it is damaged ({error}); export it anew."
        ) from error
    except OSError as error:
        raise WorkspaceError(
            f"The zip cannot be read ({error.strerror or error}); copy it again."
        ) from error


def _load(workspace: Workspace, owner: str, packed: zipfile.ZipFile, image: KeptImage) -> Kept:
    checked = {
        one.key: correction_log.checked(one.correction, partial(_content, packed))
        for one in image.results
        if one.correction
    }
    # Also what is there already: who knows the SHA-256 of somebody's file may not have the file.
    for digest in set(image.files):
        with packed.open(f"blobs/{digest}") as file:
            workspace.blobs.add_stream(_pieces(file), digest)
    read, source, data = workspace.blobs.read, image.source, None
    sidecars = {name: read(digest) for name, digest in image.sidecars.items()}
    if image.file is not None:
        data = read(image.file)
        source = micrographs.source_of(image.name, data, sidecars)
    known = micrographs.find_source(workspace, owner, source)
    kept = micrographs.add(workspace, owner, source, image.name, data, sidecars, image.title)
    if known is None:
        kept = micrographs.change(
            workspace,
            owner,
            kept.id,
            notes=image.notes,
            tags=image.tags,
            model=image.model,
            object_settings=image.object_settings,
            changes=image.changes,
        )
    _load_drawings(workspace, kept, image)
    for one in image.results:
        stored = results.find(workspace, owner, one.key)
        if stored is None:
            written = Written(one.model, one.title, one.run, one.provenance, one.files)
            with workspace.database.write() as db:
                stored = results.insert(db, workspace, owner, kept.id, one.key, written)
        if one.key in checked:
            correction_log.insert(workspace, owner, stored.id, checked[one.key])
    return kept


def _content(packed: zipfile.ZipFile, digest: str) -> bytes:
    """Return a content of the zip; the manifest's check knows how large it may be."""
    data = packed.read(f"blobs/{digest}")
    if hashlib.sha256(data).hexdigest() != digest:
        raise ValueError("a file is not what its SHA-256 says")
    return data


def _load_drawings(workspace: Workspace, kept: Kept, image: KeptImage) -> None:
    for one in image.drawings:
        if drawings.find(workspace, kept.owner, kept.id, one.image) is None:
            mask = workspace.blobs.read(one.mask) if one.mask else b""
            drawing = Drawing(one.strokes, mask, one.revision, one.phase_names)
            drawings.save(workspace, kept.owner, kept.id, one.image, drawing)


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(PIECE_BYTES):
        yield piece

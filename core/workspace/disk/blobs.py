"""Contents on disk, each under its SHA-256, so that equal ones are kept once.

A content is written under a temporary name, synced, renamed, its folder synced, and only then named
by a row: a row never names what is not there. A crash before the row leaves an orphan, which
:mod:`core.workspace.maintenance.verify` finds.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TypeVar

import apsw

from core.errors import WorkspaceError
from core.workspace.disk.database import Database
from core.workspace.disk.files import Files
from core.workspace.disk.trouble import in_words

Saved = TypeVar("Saved")
DIGEST = re.compile(r"[0-9a-f]{64}")
PIECE_BYTES = 2**22
TRIES = 10


class ContentGoneError(WorkspaceError):
    """A content was removed between its adding and its row."""

    def __init__(self) -> None:
        super().__init__(
            "The same file was deleted elsewhere while it was being saved; save it again."
        )


class DamagedError(WorkspaceError):
    """A content is missing or damaged."""

    def __init__(self) -> None:
        # Without the folder: it is also read by those whom the server's paths do not concern.
        super().__init__(
            "A file of the library is missing or damaged; `lamella library verify` says what is "
            "concerned."
        )


class Blobs:
    """The contents in a workspace's ``folder``."""

    def __init__(self, folder: Path, files: Files | None = None) -> None:
        """Make the folders that are missing.

        Raises:
            WorkspaceError: the folder cannot be written to.
        """
        self._workspace, self._files = folder, files or Files()
        self.folder, self.unfinished = folder / "blobs", folder / "tmp"
        self._lock = folder / "lock"
        with in_words(folder):
            for path in (folder, self.folder, self.unfinished):
                self._files.make_folder(path)

    def path(self, digest: str) -> Path:
        """Return where the content of this SHA-256, 64 hexadecimal digits, lies or would lie."""
        if not DIGEST.fullmatch(digest):
            raise ValueError(f"{digest!r} is no SHA-256.")
        return self.folder / digest[:2] / digest

    def add(self, data: bytes) -> str:
        """Return the SHA-256 of ``data``, which is on disk now.

        Raises:
            WorkspaceError: a full, read-only or failing disk; nothing is left of it then.
        """
        digest = hashlib.sha256(data).hexdigest()
        path = self.path(digest)
        if path.is_file() and path.stat().st_size == len(data):
            # Whoever wrote it may have been killed before its name was on the disk.
            with in_words(self._workspace):
                self._files.sync_folder(path.parent)
            return digest
        return self._place([data], lambda: digest)

    def add_stream(self, chunks: Iterable[bytes], expected: str | None = None) -> str:
        """Return the SHA-256 of all ``chunks`` together, which are on disk now.

        ``expected``: what it must be.

        Raises:
            WorkspaceError: as of :meth:`add`; another SHA-256 than expected. What ``chunks`` raise
                goes through, and nothing is left of them either.
        """
        hashed = hashlib.sha256()

        def seen() -> Iterator[bytes]:
            for chunk in chunks:
                hashed.update(chunk)
                yield chunk

        def digest() -> str:
            if expected not in (None, hashed.hexdigest()):
                raise WorkspaceError(
                    "A file is not what its SHA-256 says, so it was damaged on its way; copy or "
                    "export it again."
                )
            return hashed.hexdigest()

        return self._place(seen(), digest)

    def _place(self, chunks: Iterable[bytes], digest_of: Callable[[], str]) -> str:
        """Write ``chunks`` and give them their name; ``digest_of`` knows it after the last one."""
        unfinished = self.unfinished / secrets.token_hex(12)
        with in_words(self._workspace):
            try:
                self._written(unfinished, chunks)
                digest = digest_of()
                path = self.path(digest)
                if not path.parent.is_dir():
                    self._files.make_folder(path.parent)
                    self._files.sync_folder(self.folder)
                self._files.rename(unfinished, path)
            except BaseException:
                self._files.remove(unfinished)
                raise
            self._files.sync_folder(path.parent)
        return digest

    def _written(self, path: Path, chunks: Iterable[bytes]) -> None:
        descriptor = self._files.create(path)
        try:
            for chunk in chunks:
                self._files.write(descriptor, chunk)
            self._files.sync(descriptor)
        finally:
            self._files.close(descriptor)

    def keep(self, db: apsw.Connection, digest: str) -> int:
        """Note that a row of this transaction names a content that was added; return its bytes.

        Raises:
            ContentGoneError: it was removed since, as the last row that named it was.
        """
        try:
            size = self.path(digest).stat().st_size
        except FileNotFoundError as error:
            raise ContentGoneError from error
        db.execute(
            "INSERT INTO blob VALUES (?, ?, ?) ON CONFLICT DO NOTHING", (digest, size, time.time())
        )
        return size

    def read(self, digest: str) -> bytes:
        """Return a content.

        Raises:
            DamagedError: it is missing or damaged.
        """
        return b"".join(self.stream(digest))

    def stream(self, digest: str) -> Iterator[bytes]:
        """Yield a content piece by piece; that it is damaged is known after the last one.

        Raises:
            DamagedError: as of :meth:`read`.
        """
        path, hashed = self.path(digest), hashlib.sha256()
        with in_words(self._workspace), suppress(FileNotFoundError), path.open("rb") as file:
            while piece := file.read(PIECE_BYTES):
                hashed.update(piece)
                yield piece
        if hashed.hexdigest() != digest:
            raise DamagedError

    def size(self, digest: str) -> int:
        """Return the bytes of a content.

        Raises:
            DamagedError: it is missing.
        """
        try:
            return self.path(digest).stat().st_size
        except OSError as error:
            raise DamagedError from error

    def state(self, digest: str) -> str:
        """Read a content and return what is wrong with it, "missing" or "damaged"; "" for nothing.

        Raises:
            WorkspaceError: the disk failed.
        """
        with in_words(self._workspace):
            try:
                with self.path(digest).open("rb") as data:
                    found = hashlib.file_digest(data, "sha256").hexdigest()
            except FileNotFoundError:
                return "missing"
        return "" if found == digest else "damaged"

    def discard(self, digest: str) -> None:
        """Remove a content that is damaged, so that adding it again mends it."""
        with in_words(self._workspace):
            self._files.remove(self.path(digest))

    def save(
        self,
        database: Database,
        contents: Mapping[str, bytes],
        insert: Callable[[apsw.Connection, Mapping[str, str]], Saved],
    ) -> Saved:
        """Add contents, call ``insert`` in a transaction with the SHA-256 of each by its name, and
        return what it returns.

        Raises:
            WorkspaceError: as of :meth:`add`; what ``insert`` raises goes through.
        """
        for _ in range(TRIES):
            digests = {name: self.add(data) for name, data in contents.items()}
            with suppress(ContentGoneError), database.write() as db:
                for digest in digests.values():
                    self.keep(db, digest)
                return insert(db, digests)
        raise ContentGoneError

    @contextmanager
    def all_kept(self) -> Iterator[None]:
        """Let no content be removed while the body runs, also by other processes."""
        with in_words(self._workspace):
            held = self._files.lock(self._lock, alone=False)
        try:
            yield
        finally:
            if held is not None:
                self._files.close(held)

    def remove_unused(self, database: Database) -> int:
        """Remove the contents that no row names any more; return their bytes.

        The files go while nobody else can write a row: one that names them cannot come meanwhile.
        Within :meth:`all_kept` of anybody they stay until the next call.
        """
        with ExitStack() as stack, in_words(self._workspace), database.write() as db:
            held = self._files.lock(self._lock, alone=True)
            if held is None:
                return 0
            # Until the rows are gone too.
            stack.callback(self._files.close, held)
            query = "SELECT digest, bytes FROM blob WHERE digest IN unused_blob"
            unused = list(db.execute(query))
            for digest, _ in unused:
                self._files.remove(self.path(digest))
                db.execute("DELETE FROM blob WHERE digest = ?", (digest,))
        return sum(size for _, size in unused)

"""The database and the contents on disk: order, faults, versions, several processes."""

from __future__ import annotations

import errno
import hashlib
import multiprocessing
import os
import stat
import threading
from pathlib import Path

import apsw
import pytest

from core.errors import LamellaError, WorkspaceError
from core.settings import WorkspaceLimits
from core.workspace.disk.blobs import Blobs
from core.workspace.disk.cache import Cache
from core.workspace.disk.database import Database
from core.workspace.disk.schema import MIGRATIONS
from core.workspace.workspace import Workspace
from tests.core.workspace.disk.traced_files import TracedFiles

GOLD = hashlib.sha256(b"gold").hexdigest()


def keep(workspace: Workspace, data: bytes, source: str = "upload:1") -> str:
    """Add a content and the row that names it."""
    digest = workspace.blobs.add(data)
    with workspace.database.write() as db:
        size = workspace.blobs.keep(db, digest)
        db.execute(
            "INSERT INTO micrograph (id, owner, source, name, title, blob, bytes, created, used)"
            " VALUES (?, 'a', ?, 'n', 'n', ?, ?, 0, 0)",
            (source, source, digest, size),
        )
    return digest


def rows(database: Database, table: str) -> int:
    with database.read() as db:
        return db.execute(f"SELECT count(*) FROM {table}").get


def test_order_is_write_sync_rename_sync_folder_commit(tmp_path: Path) -> None:
    files = TracedFiles()
    workspace = Workspace(tmp_path, files=files)
    with workspace.database.read() as db:
        db.set_commit_hook(lambda: bool(files.done.append("commit")))
    files.done.clear()
    keep(workspace, b"gold")
    new_folder = ["make_folder", "sync_folder"]
    synced = ["create", "write", "sync", "close", *new_folder, "rename", "sync_folder"]
    assert files.done == [*synced, "commit"]


def test_commit_is_synced_unless_asked_otherwise(tmp_path: Path) -> None:
    database = Database(tmp_path / "workspace.db")
    with database.write() as db:
        assert db.pragma("synchronous") == 2
    with database.write(durable=False) as db:
        assert db.pragma("synchronous") == 1
        assert db.pragma("journal_mode") == "wal"
        assert db.pragma("mmap_size") == 0


@pytest.mark.parametrize(
    ("error", "words"),
    [(errno.ENOSPC, "is full"), (errno.EROFS, "cannot be written"), (errno.EIO, "disk of the")],
)
def test_every_failing_file_operation_is_one_sentence_and_loses_nothing(
    tmp_path: Path, error: int, words: str
) -> None:
    earlier = keep(Workspace(tmp_path), b"earlier")
    whole = TracedFiles()
    Blobs(tmp_path / "other", whole).add(b"gold")
    opening = 3
    assert len(whole.done) == opening + 8
    for number in range(opening, len(whole.done)):
        files = TracedFiles(number, error)
        folder = tmp_path / f"copy-{number}"
        blobs = Blobs(folder, files)
        with pytest.raises(WorkspaceError, match=words) as failure:
            blobs.add(b"gold")
        assert str(failure.value).count(". ") <= 1
        assert not list((folder / "tmp").iterdir())
        # Only the last sync came after the name, and then the content is whole.
        assert blobs.path(GOLD).is_file() == (number == len(whole.done) - 1)
        assert blobs.add(b"gold") == GOLD
        assert blobs.read(GOLD) == b"gold"
    assert Workspace(tmp_path).blobs.read(earlier) == b"earlier"


def test_equal_contents_are_kept_once_and_a_damaged_one_is_told(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    assert keep(workspace, b"gold") == keep(workspace, b"gold", "upload:2") == GOLD
    assert workspace.blobs.add_stream([b"go", b"ld"]) == GOLD
    assert rows(workspace.database, "blob") == 1
    workspace.blobs.path(GOLD).write_bytes(b"lead")
    with pytest.raises(WorkspaceError, match="lamella library verify"):
        workspace.blobs.read(GOLD)
    workspace.blobs.path(GOLD).write_bytes(b"go")
    workspace.blobs.add(b"gold")
    assert workspace.blobs.read(GOLD) == b"gold"
    with pytest.raises(ValueError, match="no SHA-256"):
        workspace.blobs.path("../../etc/passwd")


def test_a_content_goes_with_the_last_row_that_names_it(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    for source in ("upload:1", "upload:2"):
        keep(workspace, b"gold", source)
    for source, freed in (("upload:1", 0), ("upload:2", 4)):
        with workspace.database.write() as db:
            db.execute("DELETE FROM micrograph WHERE id = ?", (source,))
        assert workspace.blobs.remove_unused(workspace.database) == freed
    assert not workspace.blobs.path(GOLD).exists()
    with workspace.database.write() as db, pytest.raises(WorkspaceError, match="save it again"):
        workspace.blobs.keep(db, GOLD)


def test_no_row_names_a_content_that_is_not_there(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    keep(workspace, b"gold")
    with pytest.raises(apsw.ConstraintError), workspace.database.write() as db:
        db.execute("DELETE FROM blob")
    assert rows(workspace.database, "blob") == 1


def test_failed_transaction_leaves_nothing_and_the_next_one_works(tmp_path: Path) -> None:
    database = Database(tmp_path / "workspace.db")

    def insert(db: apsw.Connection) -> None:
        db.execute("INSERT INTO blob VALUES ('a', 1, 0)")

    with pytest.raises(LamellaError, match="midway"), database.write() as db:
        insert(db)
        raise LamellaError("midway")
    assert rows(database, "blob") == 0
    with database.write() as db:
        insert(db)
        with database.read() as same:
            assert same.execute("SELECT count(*) FROM blob").get == 1
    assert rows(database, "blob") == 1


def test_full_disk_of_the_database_is_one_sentence(tmp_path: Path) -> None:
    database = Database(tmp_path / "workspace.db")
    with database.read() as db:
        pages = db.pragma("page_count")
    with database.write() as db:
        db.pragma("max_page_count", pages)
    with pytest.raises(WorkspaceError, match=r"is full.*Free some space"), database.write() as db:
        for number in range(100):
            db.execute("INSERT INTO blob VALUES (?, 1, 0)", (f"{number}" * 2000,))
    assert rows(database, "blob") == 0


def test_read_only_database_is_one_sentence_and_is_still_read(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    keep(workspace, b"gold")
    with workspace.database.read() as db:
        db.pragma("query_only", True)
    with pytest.raises(WorkspaceError, match="cannot be written to; change its permissions"):
        keep(workspace, b"silver", "upload:2")
    assert rows(workspace.database, "micrograph") == 1


def test_locked_database_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "workspace.db"
    first, second = Database(path), Database(path, busy_seconds=0.05)
    failures = []

    def write() -> None:
        try:
            with second.write():
                pass
        except WorkspaceError as error:
            failures.append(str(error))

    with first.write() as db:
        db.execute("INSERT INTO blob VALUES ('a', 1, 0)")
        thread = threading.Thread(target=write)
        thread.start()
        thread.join()
        assert rows(second, "blob") == 0
    assert len(failures) == 1
    assert "kept busy by another program" in failures[0]
    write()
    assert len(failures) == 1


def test_damaged_newer_and_unreachable_workspaces_are_refused(tmp_path: Path) -> None:
    Database(tmp_path / "workspace.db", (*MIGRATIONS, "CREATE TABLE later (a)")).close()
    with pytest.raises(WorkspaceError, match=f"is of version {len(MIGRATIONS) + 1} and"):
        Workspace(tmp_path)
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "workspace.db").write_bytes(b"no database" * 1000)
    with pytest.raises(WorkspaceError, match="is damaged; put a backup in its place"):
        Workspace(tmp_path / "damaged")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(WorkspaceError):
        Workspace(tmp_path / "file" / "workspace")
    with pytest.raises(WorkspaceError, match="LAMELLA_WORKSPACE"):
        Workspace(tmp_path / "new", files=TracedFiles(0, errno.EACCES))


@pytest.mark.parametrize("lost", ["missing", "empty", "without tables"])
def test_lost_database_beside_contents_is_refused(tmp_path: Path, lost: str) -> None:
    workspace = Workspace(tmp_path)
    keep(workspace, b"gold")
    workspace.database.copy(tmp_path / "backup.db")
    workspace.close()
    database = tmp_path / "workspace.db"
    database.unlink()
    if lost == "empty":
        database.touch()
    elif lost == "without tables":
        apsw.Connection(str(database)).execute("CREATE TABLE a (b); DROP TABLE a")
    for _ in range(2):
        with pytest.raises(
            WorkspaceError, match="put a backup's workspace.db in its place"
        ) as told:
            Workspace(tmp_path)
        assert "1 file" in str(told.value)
        assert database.exists() == (lost != "missing")
    (tmp_path / "backup.db").replace(database)
    assert Workspace(tmp_path).blobs.read(GOLD) == b"gold"


def test_folder_of_an_older_version_is_migrated_with_what_is_in_it(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    keep(workspace, b"gold")
    workspace.close()
    step = "ALTER TABLE micrograph ADD COLUMN stars INTEGER NOT NULL DEFAULT 3"
    with pytest.raises(apsw.SQLError):
        Database(tmp_path / "workspace.db", (*MIGRATIONS, step, "no SQL"))
    database = Database(tmp_path / "workspace.db", (*MIGRATIONS, step))
    with database.read() as db:
        assert db.pragma("user_version") == len(MIGRATIONS) + 1
        assert db.execute("SELECT blob, stars FROM micrograph").get == (GOLD, 3)


def test_folder_is_the_users_own(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "new")
    digest = keep(workspace, b"gold")
    for path in (tmp_path / "new", workspace.blobs.folder, workspace.blobs.path(digest).parent):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
    assert stat.S_IMODE(workspace.blobs.path(digest).stat().st_mode) == 0o600


def _write_many(folder: Path, name: str) -> None:
    workspace = Workspace(folder)
    for number in range(20):
        keep(workspace, f"{number}".encode(), f"{name}:{number}")


def test_two_processes_make_and_fill_one_workspace(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    running = [context.Process(target=_write_many, args=(tmp_path, name)) for name in "ab"]
    for process in running:
        process.start()
    for process in running:
        process.join()
    assert [process.exitcode for process in running] == [0, 0]
    workspace = Workspace(tmp_path)
    assert rows(workspace.database, "micrograph") == 40
    assert rows(workspace.database, "blob") == 20
    with workspace.database.read() as db:
        assert db.pragma("integrity_check") == "ok"


def test_cache_forgets_what_was_used_longest_ago(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache", 11)
    for age, name in enumerate(("c", "a.npz", "b")):
        os.utime(cache.put(name, b"1234"[: 3 if name == "c" else 4]), (age, age))
    assert cache.find("c") is not None
    cache.put("d", b"1234")
    assert [name for name in ("c", "a.npz", "b", "d") if cache.find(name)] == ["c", "b", "d"]
    large = cache.put("large", b"1" * 12)
    assert large.is_file()
    assert cache.find("d") is None
    with pytest.raises(ValueError, match="no name"):
        cache.put("../outside", b"")


@pytest.mark.parametrize("text", ["0", "-1", "many", "1e9"])
def test_limits_come_from_the_environment(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("LAMELLA_KEEP_DAYS", "90")
    monkeypatch.setenv("LAMELLA_MAX_WORKSPACE_BYTES", "5")
    found = WorkspaceLimits.from_environment()
    assert (found.keep_days, found.owner_bytes) == (90, 5)
    monkeypatch.setenv("LAMELLA_KEEP_DAYS", text)
    with pytest.raises(LamellaError, match="LAMELLA_KEEP_DAYS is .* such as 365"):
        WorkspaceLimits.from_environment()

"""Work on many files that goes on when one is bad, and says so in one sentence each."""

from __future__ import annotations

import io
import json
import os
import sys
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from core.errors import Cancelled, LamellaError

if TYPE_CHECKING:
    from core.types.micrograph import Micrograph
    from core.types.progress import ProgressCallback

Read = TypeVar("Read")
Made = TypeVar("Made")
OnFailure: TypeAlias = Callable[[Path, str], None]


def nothing() -> None:
    """Have nothing to do."""


def unnoted(path: Path, message: str) -> None:
    """Keep no list of failures."""


def for_each(
    paths: Iterable[Path], work: Callable[[Path], None], on_failure: OnFailure = unnoted
) -> int:
    """Do the work for every path; return the exit code: 1 when anything failed, else 0.

    ``on_failure``: called with the path and the sentence that is said of it.
    """
    failed = 0
    for path in paths:
        try:
            work(path)
            continue
        except (Cancelled, BrokenPipeError):
            raise
        except LamellaError as error:
            message = str(error)
        except OSError as error:
            message = f"{error.strerror or error}; check the path and its permissions."
        except Exception as error:
            # A fault of ours in one file must not cost the user the rest of a night's batch.
            message = f"unexpected error ({type(error).__name__}: {error}); please report it."
        say(with_path(message, path))
        on_failure(path, " ".join(message.split()))
        failed = 1
    return failed


def in_stages(
    paths: Sequence[Path],
    read: Callable[[Path], Read],
    work: Callable[[Path, Read], Made],
    write: Callable[[Path, Made], None],
    on_failure: OnFailure = unnoted,
    before_writing: Callable[[], object] = nothing,
) -> int:
    """Read, work on and write every path; return the exit code as :func:`for_each` does.

    While one file is worked on, the next is read and the one before is written, each in a thread of
    its own, so that no more than three are in memory. ``work`` runs in the caller's thread.
    ``before_writing``: what the writer's thread does while the first file is worked on; what fails
    there would fail for every file, so nothing is written then and the batch ends with it.
    """
    following, failed = iter(paths), 0
    with ThreadPoolExecutor(1) as reader, ThreadPoolExecutor(1) as writer:
        prepared = writer.submit(before_writing)
        reading = deque(reader.submit(read, path) for path in islice(following, 1))
        writing: dict[Path, Future[None]] = {}

        def wait_for_writer() -> int:
            return for_each(list(writing), lambda path: writing.pop(path).result(), on_failure)

        def write_where_prepared(path: Path, made: Made) -> None:
            # The one thread of the writer has done that before.
            if prepared.exception() is None:
                write(path, made)

        def work_on(path: Path) -> None:
            made = work(path, reading.popleft().result())
            nonlocal failed
            failed |= wait_for_writer()
            writing[path] = writer.submit(write_where_prepared, path, made)

        for path in paths:
            reading.extend(reader.submit(read, other) for other in islice(following, 1))
            failed |= for_each([path], work_on, on_failure)
            if prepared.done():
                prepared.result()
        prepared.result()
        return failed | wait_for_writer()


def unforeseen(error: Exception) -> str:
    """Return one sentence for a fault of ours; with LAMELLA_TRACEBACK set, print where it was."""
    if os.environ.get("LAMELLA_TRACEBACK"):
        traceback.print_exception(error)
    what = f"{type(error).__name__}: {error}".strip(": ")
    return (
        f"stopped on a fault of Lamella ({what}); please report it, with what "
        "LAMELLA_TRACEBACK=1 shows."
    )


def with_path(message: str, path: Path) -> str:
    """Return one line with the whole path in it: two folders may hold files of one name."""
    message = " ".join(message.split())
    if str(path) in message:
        return message
    if message.startswith(path.name):
        return f"{path}{message.removeprefix(path.name)}"
    return f"{path}: {message}"


def read_image(path: Path, page: int = 1) -> Micrograph:
    """Read one page of a file, counted from 1, and say what was decided while reading."""
    from core.formats import read_file

    micrograph = read_file(path, page=page - 1)
    for note in micrograph.notes:
        say(with_path(note, path))
    return micrograph


def write_whole(path: Path, content: bytes) -> None:
    """Write a file that is either whole or not there."""
    unfinished = path.with_name(path.name + ".unfinished")
    try:
        unfinished.write_bytes(content)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def print_json(entries: object, indent: int = 2) -> None:
    """Print JSON, with letters outside ASCII as they are where standard output has them."""
    text = json.dumps(entries, indent=indent, ensure_ascii=False)
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        text = json.dumps(entries, indent=indent)
    print(text)


def print_what_can_be_printed() -> None:
    """Let standard output and error escape a letter that their encoding lacks.

    Windows writes files in cp1252, which has no gamma; a result must not fail for a letter.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def say(message: str) -> None:
    """Write to stderr, over a progress line if there is one."""
    clear = "\r\033[K" if sys.stderr.isatty() else ""
    print(f"{clear}lamella: {message}", file=sys.stderr, flush=True)


def progress_line(label: str) -> ProgressCallback:
    """Return a callback that keeps one line of a terminal up to date, and is silent in a log."""

    def show(done: int, total: int) -> None:
        if sys.stderr.isatty():
            line = f"{label} {done} of {total}" if done < total else ""
            print(f"\r\033[K{line}", end="", file=sys.stderr, flush=True)

    return show

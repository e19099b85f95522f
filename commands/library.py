"""Look after the images and results that the app keeps, also while it runs."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from commands.terminal.batch import print_json, progress_line, say
from commands.terminal.options import UsageError

if TYPE_CHECKING:
    from core.workspace.archive.image import LeftOut
    from core.workspace.micrographs import Kept
    from core.workspace.results.stored import Stored
    from core.workspace.workspace import Workspace

    Action: TypeAlias = Callable[[Workspace, argparse.Namespace], int]

HELP = "look after the images and results that the app keeps"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add what to do, and to whose images."""
    actions = parser.add_subparsers(required=True, metavar="ACTION")

    def action(name: str, run: Action, help_text: str) -> argparse.ArgumentParser:
        added = actions.add_parser(name, help=help_text, description=help_text)
        added.set_defaults(action=run)
        added.add_argument("--json", action="store_true", help="the answer as JSON")
        return added

    found = [action("list", list_images, "the images, the one used last first")]
    found.append(action("show", show_images, "what is known about images, and their results"))
    found[-1].add_argument("ids", nargs="+", metavar="ID")
    found.append(action("delete", delete_images, "delete images and all that hangs on them"))
    found[-1].add_argument("ids", nargs="+", metavar="ID")
    found.append(action("export", export_images, "write images with their results into one zip"))
    found[-1].add_argument("file", type=Path, metavar="FILE")
    found[-1].add_argument("ids", nargs="*", metavar="ID", help="default: all")
    found.append(action("import", import_images, "add the images of such a zip"))
    found[-1].add_argument("file", type=Path, metavar="FILE")
    for one in found:
        one.add_argument("--owner", help="whose; see `lamella library list`")
    verify = action("verify", verify_workspace, "compare the database with the files, all of them")
    verify.add_argument(
        "--repair",
        action="store_true",
        help="remove leftovers of a crash, damaged files and the results that need them; uploading "
        "again mends the rest",
    )
    backup = action("backup", back_up, "copy what is new into a folder, also while the app runs")
    backup.add_argument("folder", type=Path, metavar="DIR")


def run(options: argparse.Namespace) -> int:
    """Open the workspace that LAMELLA_WORKSPACE names, or the default one, and do it."""
    from core.settings import WorkspaceLimits, workspace_folder
    from core.workspace.workspace import DATABASE, Workspace

    folder = workspace_folder()
    is_one = (folder / DATABASE).is_file() or (folder / "blobs").is_dir()
    if not is_one and options.action is not import_images:
        raise UsageError(f"{folder} is no workspace; name the right one in LAMELLA_WORKSPACE.")
    workspace = Workspace(folder, WorkspaceLimits.from_environment())
    try:
        return options.action(workspace, options)
    finally:
        workspace.close()


def list_images(workspace: Workspace, options: argparse.Namespace) -> int:
    """Print one line or one entry an image."""
    found = _images(workspace, options.owner)
    if options.json:
        print_json([_entry(kept) for kept in found])
        return 0
    for kept in found:
        results = "1 result" if kept.results == 1 else f"{kept.results} results"
        size = f"{kept.bytes / 1e6:.1f} MB"
        print(f"{kept.id}  {_when(kept.used)}  {kept.owner}  {size}  {results}  {kept.title}")
    return 0


def show_images(workspace: Workspace, options: argparse.Namespace) -> int:
    """Print all that is known about images, with their results."""
    from core.workspace.results import results

    entries = []
    for kept in _chosen(workspace, options.owner, options.ids):
        stored = results.listed(workspace, kept.owner, kept.id)
        entries.append(_entry(kept) | {"results": [_result_entry(one) for one in stored]})
    if options.json:
        print_json(entries)
        return 0
    for entry in entries:
        for name, value in entry.items():
            for number, line in enumerate(value if name == "results" else [value]):
                print(f"{name if not number else '':<16} {line}")
        print()
    return 0


def delete_images(workspace: Workspace, options: argparse.Namespace) -> int:
    """Delete images with their results, drawings and files."""
    from core.workspace import micrographs

    chosen = _chosen(workspace, options.owner, options.ids)
    freed = sum(micrographs.delete(workspace, kept.owner, [kept.id]) for kept in chosen)
    _answer(
        options,
        {"deleted": [kept.id for kept in chosen], "freed_bytes": freed},
        f"{len(chosen)} deleted, {freed / 1e6:.1f} MB freed.",
    )
    return 0


def export_images(workspace: Workspace, options: argparse.Namespace) -> int:
    """Write one zip; the exit code is 1 where something damaged was left out of it."""
    from core.workspace.archive import archive

    images = _chosen(workspace, options.owner, options.ids) if options.ids else ()
    images = images or _images(workspace, options.owner)
    owners = sorted({kept.owner for kept in images})
    if len(owners) > 1:
        raise UsageError(f"Those images are of {', '.join(owners)}; name one with --owner.")
    left_out: list[LeftOut] = []
    unfinished = options.file.with_name(f"{options.file.name}.part")
    try:
        with unfinished.open("wb") as file:
            for owner in owners:
                ids = [kept.id for kept in images]
                file.writelines(archive.export(workspace, owner, ids, left_out.append))
        unfinished.replace(options.file)
    except OSError as error:
        raise UsageError(
            f"{options.file} cannot be written ({error.strerror}); name another file."
        ) from error
    finally:
        unfinished.unlink(missing_ok=True)
    gone = {one.image for one in left_out if one.all}
    written = [kept.id for kept in images if kept.id not in gone]
    problems = [one.sentence for one in left_out]
    entry = {"file": str(options.file), "images": written, "problems": problems}
    _answer(options, entry, f"{options.file}: {len(written)} images.")
    for problem in problems:
        say(problem)
    return 1 if problems else 0


def import_images(workspace: Workspace, options: argparse.Namespace) -> int:
    """Add the images of a zip to the library of --owner."""
    from core.workspace.archive import archive

    owner = options.owner or os.environ.get("LAMELLA_OWNER")
    if not owner:
        raise UsageError(
            "Whose the images will be is not said: name the owner with --owner; the page Library "
            "tells each user's under Import, and `lamella library list` those who have images."
        )
    report = progress_line("import: image")
    loaded = archive.load(workspace, owner, options.file, progress=report)
    _answer(options, [_entry(kept) for kept in loaded], f"{len(loaded)} images imported.")
    return 0


def verify_workspace(workspace: Workspace, options: argparse.Namespace) -> int:
    """Check rows against files; the exit code is 1 where something is wrong."""
    from core.workspace.maintenance.verify import verify

    report = verify(workspace, options.repair, progress_line("verify: file"))
    if options.json:
        print_json(asdict(report))
    else:
        print(
            f"{report.files} files ({report.bytes / 1e6:.1f} MB) are as their rows say; "
            f"{report.leftovers} leftovers, {report.removed} of them removed."
        )
        for problem in report.problems:
            say(problem)
    return 1 if report.problems else 0


def back_up(workspace: Workspace, options: argparse.Namespace) -> int:
    """Copy what is new since the last backup; the exit code is 1 where something was damaged."""
    from core.workspace.maintenance.backup import backup

    done = backup(workspace, options.folder, progress_line("backup: file"))
    _answer(
        options,
        asdict(done),
        f"{options.folder}: {done.files} files ({done.bytes / 1e6:.1f} MB), {done.copied} copied.",
    )
    for problem in done.problems:
        say(problem)
    return 1 if done.problems else 0


def _images(workspace: Workspace, owner: str | None) -> tuple[Kept, ...]:
    """Return the images of an owner, or of everybody."""
    from core.workspace import micrographs

    owners = micrographs.owners(workspace) if owner is None else (owner,)
    found = (kept for one in owners for kept in micrographs.listed(workspace, one))
    return tuple(sorted(found, key=lambda kept: -kept.used))


def _chosen(workspace: Workspace, owner: str | None, ids: Sequence[str]) -> tuple[Kept, ...]:
    known = {kept.id: kept for kept in _images(workspace, owner)}
    if unknown := [one for one in ids if one not in known]:
        raise UsageError(f"There is no image {', '.join(unknown)}; see `lamella library list`.")
    return tuple(known[one] for one in dict.fromkeys(ids))


def _entry(kept: Kept) -> dict:
    return asdict(kept) | {"created": _when(kept.created), "used": _when(kept.used)}


def _result_entry(stored: Stored) -> dict:
    return {
        "id": stored.id,
        "model": stored.model,
        "created": _when(stored.created),
        "bytes": stored.bytes,
        "by_hand": str(stored.by_hand) if stored.by_hand else None,
    }


def _when(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _answer(options: argparse.Namespace, entry: object, words: str) -> None:
    if options.json:
        print_json(entry)
    else:
        print(words)

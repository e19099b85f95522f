"""`lamella train BASE --pairs DIR`: a network is taught from a few images with masks, and kept."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING

from commands.terminal.batch import say
from commands.terminal.fields import time_left
from commands.terminal.lab import add_lab, owner_of
from commands.terminal.options import UsageError
from core.errors import DataError

if TYPE_CHECKING:
    from core.training.fine_tuning.images import TeachingImage
    from core.training.fine_tuning.mask_files import Meaning, ReadPair
    from core.training.fine_tuning.start import Start
    from core.types.progress import ProgressCallback
    from core.workspace.lab.training import Facts, Result, Training
    from core.workspace.workspace import Workspace

MINUTES = 15.0
TERMINAL = "terminal"
"""Owner of what is kept for everybody without a name."""
SECONDS_BETWEEN_LINES = 15.0
MOST_TOLD = 20


def add_teaching(parser: argparse.ArgumentParser) -> None:
    """Add what teaches NAME a user's own material."""
    taught = parser.add_argument_group("a model of your own, taught from a few images")
    taught.add_argument(
        "--pairs",
        type=Path,
        metavar="DIR",
        help="images/ and masks/ of the same names, PNG or TIFF; NAME is what is started from, or "
        "imagenet; index.csv may have a column `specimen` for each `stem`",
    )
    taught.add_argument("--name", dest="own_name", metavar="OWN", help="to keep the model as")
    taught.add_argument("--phases", metavar="A,B,...", help="names of the values in the masks")
    taught.add_argument(
        "--same-phases", action="store_true", help="they are those of NAME, in its order"
    )
    add_lab(parser)


def teach(options: argparse.Namespace) -> int:
    """Teach a network, print how it does on specimens that it did not see, and keep it.

    Raises:
        UsageError: options that do not fit.
        DataError: mistakes in the folder, all listed.
    """
    from core.settings import WorkspaceLimits, workspace_folder
    from core.workspace.lab import lab_models, trainings
    from core.workspace.workspace import Workspace
    from models import lab, teaching

    if not options.own_name:
        raise UsageError(
            "--pairs teaches a new model; name it with --name, such as steel-tempered."
        )
    lab.check_name(options.own_name)
    owner = owner_of(options) or TERMINAL
    workspace = Workspace(
        options.workspace or workspace_folder(), WorkspaceLimits.from_environment()
    )
    if lab_models.find(workspace, owner, options.own_name) is not None:
        raise UsageError(lab_models.TAKEN.format(options.own_name))
    start = teaching.start_for(workspace, owner, options.name)
    say(f"reading the pairs of {options.pairs}")
    training = begun(workspace, owner, options)
    result, data = _run(workspace, training, start)
    digest = workspace.blobs.add(data)
    with workspace.database.write() as db:
        trainings.finish(db, workspace, training.id, result, digest)
    return _kept(workspace, training, options, owner == TERMINAL)


def begun(workspace: Workspace, owner: str, options: argparse.Namespace) -> Training:
    """Return the training that the options ask for, kept; one of the same name that was stopped
    goes on.

    Raises:
        DataError: mistakes in the folder, all listed.
    """
    from core.training.fine_tuning.mask_files import likely_meaning, taught_images
    from core.workspace.lab import trainings
    from core.workspace.lab.training import Settings

    pairs, specimens = _pairs(options.pairs)
    meaning = likely_meaning(pairs)
    images = taught_images(pairs, meaning, specimens)
    facts = _facts(images, meaning, options.phases)
    minutes = MINUTES if options.max_minutes is None else options.max_minutes
    settings = Settings(
        options.name, facts.phases, options.same_phases, facts.objects_phase, minutes
    )
    for earlier in trainings.listed(workspace, owner):
        is_open = earlier.settings == settings and earlier.result is None
        if is_open and earlier.title == options.own_name and earlier.facts == facts:
            say("going on with the training that was stopped")
            return earlier
    made = trainings.add(workspace, owner, options.own_name, images, facts)
    return trainings.begin(workspace, made, settings)


def _pairs(folder: Path) -> tuple[tuple[ReadPair, ...], dict[str, str]]:
    """Return the pairs of a folder, and the specimen of each image by its name."""
    from core.training.dataset import read_index
    from core.training.fine_tuning.mask_files import read_pairs, specimen_of, stem

    files = {}
    for name in ("images", "masks"):
        place = folder / name
        if not place.is_dir():
            raise DataError(f"There is no folder {place}; it is needed, with one file an image.")
        paths = sorted(path for path in place.iterdir() if path.is_file())
        files[name] = {path.name: path.read_bytes() for path in paths}
    pairs, mistakes = read_pairs(files["images"], files["masks"])
    if mistakes:
        told = "\n".join(f"- {one}" for one in mistakes[:MOST_TOLD])
        raise DataError(f"{folder} has {len(mistakes)} to mend first:\n{told}")
    index = read_index(folder)
    named = {pair.name: index.get(stem(pair.name), {}).get("specimen") for pair in pairs}
    return pairs, {name: given or specimen_of(name) for name, given in named.items()}


def _facts(images: tuple[TeachingImage, ...], meaning: Meaning, names: str | None) -> Facts:
    from core.segmentation.forest.marks import named_phases
    from core.training.fine_tuning.mask_files import phases_of
    from core.workspace.lab.training import facts_of

    phases = phases_of(meaning)
    if names is not None:
        given = named_phases(names.split(","))
        if len(given) != len(phases):
            raise UsageError(f"--phases names {len(given)}; the masks hold {len(phases)} values.")
        phases = given
    return facts_of(images, phases, 1 if meaning.kind == "instances" else None)


def _run(workspace: Workspace, training: Training, start: Start) -> tuple[Result, bytes]:
    from core.jobs import training as jobs
    from models import teaching

    return jobs.run(workspace, training, start, teaching.packed, _told())


def _told() -> ProgressCallback:
    """Return a callback that says now and then how far it is."""
    last = [0.0]
    begun = time.monotonic()

    def progress(done: int, total: int) -> None:
        now = time.monotonic()
        if done and now - last[0] >= SECONDS_BETWEEN_LINES:
            last[0] = now
            left = (now - begun) / done * (total - done)
            say(f"{100 * done // total} %, {time_left(left)}")

    return progress


def _kept(
    workspace: Workspace, training: Training, options: argparse.Namespace, everyone: bool
) -> int:
    from core.training.fine_tuning.summary import groups
    from core.workspace.lab import trainings
    from models.lab import taught

    done = trainings.find(workspace, training.owner, training.id)
    assert done is not None and done.result is not None and done.settings is not None
    for group in groups(done.result.tested, [phase.name for phase in done.settings.phases]):
        print(f"{group.title}, {len(group.images)} images that it had not seen")
        for row in group.rows:
            before = "" if row.before is None else f"{row.before.value:.2f} -> "
            print(f"  {row.name}: {before}{row.after.value:.2f}")
    for sentence in taught.limits(done):
        print(sentence)
    kept = taught.keep(workspace, done, options.own_name, options.own_name, everyone)
    trainings.delete(workspace, training.owner, training.id)
    whose = "everybody" if everyone else training.owner
    print(f"kept as {kept.name} for {whose}: lamella segment IMAGE --model {kept.name}")
    return 0

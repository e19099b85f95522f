"""Train a model of the zoo on a folder of images and masks, by the recipe on its card."""

from __future__ import annotations

import argparse
import math
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from commands.terminal.batch import say
from commands.terminal.fields import time_left
from commands.terminal.lab import owner_of, workspace_of
from commands.terminal.options import UsageError, add_device, known_network, result_folder
from commands.terminal.teaching import add_teaching, teach
from core.errors import Cancelled, ModelError

if TYPE_CHECKING:
    from core.training.loop import TrainedNetwork
    from core.training.progress import Progress
    from core.training.recipe import Recipe
    from core.training.session import TrainingOptions
    from core.types.model_card import ModelCard

HELP = "train a model on images and masks, or teach one your own material"
SECONDS_BETWEEN_LINES = 15


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the data, where results go, and when to stop."""
    parser.add_argument("name", metavar="NAME", help="one of `lamella models`")
    parser.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        help="images/, masks/, index.csv; not for models that are trained on synthetic images; for "
        "micrograph-type a folder of such folders",
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="default runs/NAME; checkpoint, curves, weights"
    )
    parser.add_argument(
        "--max-minutes",
        type=float,
        metavar="M",
        help="stop after so long; the last validation comes on top",
    )
    parser.add_argument("--resume", action="store_true", help="go on with the run in --out")
    parser.add_argument(
        "--init",
        metavar="WEIGHTS",
        help="instead of the recipe's: scratch, imagenet, micronet (both may need a network), "
        "micrographs (five kinds of them, of the zoo), or a trained network of `lamella models`, "
        "also of your lab",
    )
    parser.add_argument("--seed", type=int, metavar="N", help="instead of the recipe's")
    add_device(parser)
    add_teaching(parser)


def run(options: argparse.Namespace) -> int:
    """Train, and write the best weights as safetensors; or teach a model of the user's own."""
    if options.max_minutes is not None and options.max_minutes <= 0:
        raise UsageError(f"--max-minutes is {options.max_minutes:g}; it must be above 0.")
    if options.pairs is not None:
        return teach(options)
    card = known_network(options.name)
    folder = options.out or Path("runs") / card.name
    result_folder(folder)

    from core.training.session import TrainingOptions
    from models.weights_file import save_weights

    recipe = chosen_recipe(options)
    seconds = float("inf") if options.max_minutes is None else 60 * options.max_minutes
    chosen = TrainingOptions(folder, options.device, seconds, options.resume)
    say(f"reading the images of {options.data}" if options.data else "making the images")
    with ctrl_c_noted() as stopped:
        report = reporter(chosen, stopped)
        result = training_of(card)(card, recipe, options.data, chosen, report)
    path = folder / f"{card.name}.safetensors"
    sha256 = save_weights(result.state, path)
    print(
        f"{path}: validation score {result.score:.4f} at step {result.step}, "
        f"{result.seconds / 60:.0f} min, SHA-256 {sha256}"
    )
    return 0


def training_of(card: ModelCard) -> Callable[..., TrainedNetwork]:
    """Return how such a network is trained: to segment, to name kinds, or to answer clicks."""
    from core.classification.session import run_classifier_training
    from core.interaction.training import run_click_training
    from core.training.session import run_training
    from models import classifiers, interactive

    if card.name in interactive.CARDS:
        return run_click_training
    if card.name not in classifiers.CARDS:
        return run_training
    return partial(run_classifier_training, earlier=classifiers.earlier(card.name))


def chosen_recipe(options: argparse.Namespace) -> Recipe:
    """Return the model's recipe, with another initialization and seed where they are asked for.

    Raises:
        UsageError: an unknown initialization, or a negative seed.
    """
    from models import catalogue, classifiers, lab, zoo
    from models.initializations import with_initialization

    recipe = catalogue.recipe(options.name)
    if options.name in classifiers.CARDS and options.init not in (None, "scratch"):
        raise UsageError(
            f"--init: {options.name} is initialized as in its recipe, or from scratch."
        )
    if options.seed is not None:
        if options.seed < 0:
            raise UsageError(f"--seed is {options.seed}; it must be 0 or more.")
        recipe = replace(recipe, seed=options.seed)
    if options.init is None:
        return recipe
    is_of_lab = options.init not in lab.RESERVED and options.init not in zoo.CARDS
    donors = lab.cards(workspace_of(options), owner_of(options)) if is_of_lab else zoo.CARDS
    try:
        return with_initialization(recipe, options.init, donors)
    except ModelError as error:
        raise UsageError(f"--init: {error}") from error


@contextmanager
def ctrl_c_noted() -> Iterator[list[bool]]:
    """Give a list that the first Ctrl-C fills; a second one stops at once."""
    noted: list[bool] = []

    def note(number: int, frame: object) -> None:
        noted.append(True)
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = signal.signal(signal.SIGINT, note)
    try:
        yield noted
    finally:
        signal.signal(signal.SIGINT, before)


def reporter(options: TrainingOptions, stopped: list[bool]) -> Callable[[str, Progress], None]:
    """Return a callback that shows where training stands, and stops it between two steps."""
    last, begun = [0.0], time.monotonic()

    def report(phase: str, progress: Progress) -> None:
        if stopped:
            say(f"the run is kept in {options.folder}; --resume goes on with it.")
            raise Cancelled
        now = time.monotonic()
        if now - last[0] < SECONDS_BETWEEN_LINES and progress.step < progress.steps:
            return
        last[0] = now
        allowed = options.max_seconds - (now - begun)
        print(f"lamella: {line(phase, progress, allowed)}", file=sys.stderr, flush=True)

    return report


def line(phase: str, progress: Progress, allowed_seconds: float = math.inf) -> str:
    """Return one line: a bar, the loss, the best score, the time left, at most what is allowed."""
    left = max(0.0, min(progress.seconds_left, allowed_seconds))
    filled = round(20 * progress.step / progress.steps)
    best = "" if progress.best is None else f", best score {progress.best:.4f}"
    return (
        f"{phase} [{'#' * filled}{'.' * (20 - filled)}] {progress.step}/{progress.steps}, loss "
        f"{progress.loss:.3f}{best}, {time_left(left)}"
    )

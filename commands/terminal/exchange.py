"""Models out of Lamella and into a lab, on the terminal."""

from __future__ import annotations

import argparse
from dataclasses import replace
from math import inf, isfinite
from pathlib import Path
from typing import TYPE_CHECKING

from commands.terminal.batch import say
from commands.terminal.lab import made_workspace_of, owner_of
from commands.terminal.options import UsageError

if TYPE_CHECKING:
    from core.exchange.opening import Opened
    from core.types.model_card import ModelCard

EVERYONE = "everyone"
FORMATS = ("safetensors", "onnx", "bioimage")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add what to export or to import."""
    out = parser.add_argument_group("a model as a file")
    out.add_argument("--export", metavar="NAME", help="write this model into a file")
    out.add_argument(
        "--format",
        choices=FORMATS,
        default="safetensors",
        help="safetensors with card (default), ONNX, or a BioImage.IO package",
    )
    out.add_argument("--out", type=Path, default=Path(), metavar="DIR", help="folder (default: .)")
    into = parser.add_argument_group("a model of somebody else")
    into.add_argument(
        "--import",
        dest="import_file",
        type=Path,
        metavar="FILE",
        help="keep a model in your lab: safetensors or ONNX by Lamella, any ONNX, or BioImage.IO",
    )
    into.add_argument("--name", help="under which it is kept (default: what it calls itself)")
    into.add_argument(
        "--phases", metavar="A,B", help="names of its outputs, where its file does not say them"
    )
    into.add_argument(
        "--grey",
        type=_mean_and_std,
        default=(0.0, 1.0),
        metavar="MEAN,STD",
        help="of the grey levels in 0 to 1 that it expects, where its file does not say them",
    )


def _mean_and_std(text: str) -> tuple[float, float]:
    """Return the numbers in "0.45,0.23"."""
    try:
        mean, std = map(float, text.split(","))
    except ValueError:
        mean = std = inf
    if not (isfinite(mean) and 0 < std < inf):
        raise argparse.ArgumentTypeError(
            f"{text!r:.40} is no mean and standard deviation; give two numbers, such as 0.45,0.23"
        )
    return mean, std


def export(card: ModelCard, options: argparse.Namespace) -> int:
    """Write a model into a file."""
    from models.lab import exchange
    from models.weights import read_weights

    if card.weights is None:
        raise UsageError(f"{card.title} has no weights that could be exported.")
    made = exchange.export(card, read_weights(card.weights), options.format)
    options.out.mkdir(parents=True, exist_ok=True)
    path = options.out / made.file_name
    path.write_bytes(made.data)
    print(path)
    for note in made.notes:
        say(note)
    return 0


def import_model(options: argparse.Namespace) -> int:
    """Keep a model that somebody else made, for everybody who uses the workspace."""
    from core.exchange.description import Description
    from core.workspace.lab.lab_models import NewModel
    from models import lab
    from models.lab import exchange

    path: Path = options.import_file
    if not path.is_file():
        raise UsageError(f"There is no file {path}.")
    phases = tuple(name.strip() for name in (options.phases or "").split(",") if name.strip())
    description = Description(phases, *options.grey)
    found = exchange.opened(path.read_bytes(), path.name, description)
    card = replace(found.card, name=options.name or found.card.name)
    new = NewModel("foreign", True, card, found.weights)
    lab.keep(made_workspace_of(options), owner_of(options) or EVERYONE, new)
    _say(found, card.name)
    return 0


def _say(found: Opened, name: str) -> None:
    print(name)
    card = found.card
    say(f"{card.title}: {', '.join(phase.name for phase in card.phases)}. {card.architecture}.")
    say(f"Trained, by its own account, on: {card.data.rstrip('.')}.")
    if found.difference is not None:
        say(f"Its test image gives its test output, to {found.difference:.1e}.")
    for note in found.notes:
        say(note)
    say("Not tested by Lamella: measure it on images of yours before you trust it.")

"""Options that several commands have, checked at the door: a wrong one is wrong usage."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import LamellaError, ModelError

if TYPE_CHECKING:
    from core.types import ModelCard, PixelSize


class UsageError(LamellaError):
    """An option whose value cannot be; the exit code is 2."""


def add_device(parser: argparse.ArgumentParser) -> None:
    """Add the option that says where the network runs."""
    parser.add_argument(
        "--device",
        choices=("auto", "cpu", "cuda"),
        default="auto",
        help="default auto: a GPU when there is one",
    )


def info_bar_rows(text: str) -> int | None:
    """Return the rows at the bottom that are not image; None = find them."""
    if text == "auto":
        return None
    if text == "none":
        return 0
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is neither auto nor none nor a number of rows")
    return int(text)


def known_card(name: str) -> ModelCard:
    """Return the card of a model.

    Raises:
        UsageError: there is none of that name; it lists those there are.
    """
    from models.zoo import card

    try:
        return card(name)
    except ModelError as error:
        raise UsageError(str(error)) from error


def known_network(name: str) -> ModelCard:
    """Return the card of a model or of a classifier.

    Raises:
        UsageError: there is none of that name; it lists those there are.
    """
    from models import classifiers

    return classifiers.CARDS[name] if name in classifiers.CARDS else known_card(name)


def typed_pixel_size(nm: float | None) -> PixelSize | None:
    """Return the pixel size that was typed; None = as in the file."""
    from core.types import PixelSize

    try:
        return None if nm is None else PixelSize(nm, "typed by user")
    except LamellaError as error:
        raise UsageError(f"--pixel-size: {error}") from error


def result_folder(path: Path, option: str = "--out") -> None:
    """Make the folder for results, named by ``option``, when it is missing."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"{option} {path} cannot be a folder for results ({error.strerror}); name another one."
        ) from error

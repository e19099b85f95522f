"""Options that several commands have, checked at the door: a wrong one is wrong usage."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
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


@dataclass(frozen=True)
class BarRows:
    """Rows at the top and at the bottom that are not image; None = as found."""

    top: int | None = None
    bottom: int | None = None


def add_info_bar(parser: argparse.ArgumentParser) -> None:
    """Add the option that says which rows are not image."""
    parser.add_argument(
        "--info-bar",
        type=bar_rows,
        default=BarRows(),
        metavar="auto|none|ROWS|top:ROWS",
        help="rows at the bottom, or at the top, that are not image; top:ROWS,ROWS for both "
        "(default auto: from the file, else found)",
    )


def bar_rows(text: str) -> BarRows:
    """Return the rows that are not image; a bar that is not named is none.

    Raises:
        argparse.ArgumentTypeError: neither auto nor none nor numbers of rows.
    """
    if text == "auto":
        return BarRows()
    rows = {"top": 0, "bottom": 0}
    for part in () if text == "none" else text.split(","):
        place, _, number = part.rpartition(":")
        if (place or "bottom") not in rows or not number.isdecimal():
            raise argparse.ArgumentTypeError(
                f"{text!r} is neither auto nor none nor a number of rows such as 60 or top:60"
            )
        rows[place or "bottom"] = int(number)
    return BarRows(**rows)


def add_pixel_size(parser: argparse.ArgumentParser) -> None:
    """Add the option that says how large a pixel is."""
    parser.add_argument(
        "--pixel-size",
        type=pixel_sides,
        metavar="NM",
        help="in nm, instead of the file's own; 10x16 for pixels 10 nm wide and 16 nm high",
    )


def pixel_sides(text: str) -> tuple[float, ...]:
    """Return width, and height where it was given, of a pixel.

    Raises:
        argparse.ArgumentTypeError: not one or two numbers.
    """
    try:
        sides = tuple(float(part) for part in text.lower().split("x"))
    except ValueError:
        sides = ()
    if not 1 <= len(sides) <= 2:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of nm, such as 2.5 or 10x16")
    return sides


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


def typed_pixel_size(sides: tuple[float, ...] | None) -> PixelSize | None:
    """Return the pixel size that was typed, width or width and height; None = as in the file."""
    from core.types import PixelSize

    try:
        if sides is None:
            return None
        width, height = sides[0], sides[-1]
        return PixelSize(width, "typed by user", None if height == width else height)
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

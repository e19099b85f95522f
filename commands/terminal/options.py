"""Options that several commands have, checked at the door: a wrong one is wrong usage."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import LamellaError, ModelError

if TYPE_CHECKING:
    from core.types.model_card import ModelCard
    from core.types.pixel_size import PixelSize


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


def add_precision(parser: argparse.ArgumentParser) -> None:
    """Add the option that says how precisely the network computes."""
    parser.add_argument(
        "--precision",
        choices=("auto", "exact", "fast"),
        default="auto",
        help="exact: float32; fast: bfloat16 where the processor or GPU has it (default auto: fast "
        "where it was measured to change neither labels nor score)",
    )


def add_careful(parser: argparse.ArgumentParser) -> None:
    """Add the option that asks for the ensemble of a model."""
    parser.add_argument(
        "--careful",
        action="store_true",
        help="average over mirror images and magnifications: better and several times slower, of "
        "models whose card says so",
    )


def engine_card(card: ModelCard, careful: bool) -> ModelCard:
    """Return ``card``, with its ensemble where that was asked for.

    Raises:
        UsageError: it has none.
    """
    from models.zoo import careful_card

    try:
        return careful_card(card) if careful else card
    except ModelError as error:
        raise UsageError(f"--careful: {error}") from error


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
        metavar="SIZE",
        help="instead of the file's own: 2.5 (nm), 1.2um, or 10x16 for pixels 10 nm wide and 16 "
        "nm high",
    )


def add_page(parser: argparse.ArgumentParser) -> None:
    """Add the option that says which page of a file is meant."""
    parser.add_argument(
        "--page",
        type=page_number,
        default=1,
        metavar="N",
        help="of files with several pages, from 1 (default 1)",
    )


def page_number(text: str) -> int:
    """Return the number of a page, from 1.

    Raises:
        argparse.ArgumentTypeError: not a whole number from 1.
    """
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not the number of a page, from 1")
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
    """Return the card of a model, of a classifier, or of a network that answers prompts.

    Raises:
        UsageError: there is none of that name; it lists those there are.
    """
    from models import classifiers, interactive

    return {**classifiers.CARDS, **interactive.CARDS}.get(name) or known_card(name)


def typed_size(text: str | None) -> PixelSize | None:
    """Return the pixel size that was typed; None = as in the file.

    Raises:
        UsageError: no length, or one that no pixel has.
    """
    if text is None:
        return None
    from core.formats.reading.typed import typed_pixel_size

    try:
        return typed_pixel_size(text)
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

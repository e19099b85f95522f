"""The options of every command that segments images: model, results, and what files do not know."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING

from commands.terminal.lab import add_lab
from commands.terminal.marks import add_marks
from commands.terminal.options import (
    add_careful,
    add_device,
    add_info_bar,
    add_page,
    add_pixel_size,
    add_precision,
)

if TYPE_CHECKING:
    from core.segmentation.settings import ObjectSettings


def add_segmenting(parser: argparse.ArgumentParser) -> None:
    """Add how images are segmented, and where the results go."""
    parser.add_argument("--model", required=True, metavar="NAME", help="one of `lamella models`")
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="made when missing")
    add_page(parser)
    add_pixel_size(parser)
    add_info_bar(parser)
    _add_objects(parser)
    add_marks(parser)
    add_device(parser)
    add_precision(parser)
    add_careful(parser)
    add_lab(parser)


def _add_objects(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--split",
        type=from_0_to_1,
        default=0.5,
        metavar="S",
        help="0 keeps touching objects together, 1 separates them at the slightest neck "
        "(default 0.5)",
    )
    parser.add_argument(
        "--min-area",
        type=minimum_area,
        default=20,
        metavar="PX",
        help="smaller objects are left out, in px² (default 20)",
    )
    parser.add_argument(
        "--keep-holes",
        action="store_true",
        help="holes inside an object do not belong to it (default: they do)",
    )
    parser.add_argument(
        "--min-confidence",
        type=from_0_to_1,
        default=0.35,
        metavar="C",
        help="objects below it are left out, of a model that tells its confidence (default 0.35); "
        "0 counts all, also where the image seems to hold none",
    )
    parser.add_argument(
        "--grey-edge",
        action="store_true",
        help="outline objects where the grey level changes fastest (default: as the model does)",
    )
    parser.add_argument(
        "--keep-annotations",
        action="store_true",
        help="count objects in burnt-in text and scale bars too (default: leave them out)",
    )
    parser.add_argument(
        "--keep-second-phase",
        action="store_true",
        help="of grains: count the outlines of particles as borders too (default: leave them out)",
    )


def object_settings(options: argparse.Namespace) -> ObjectSettings:
    """Return how regions become objects, as the options have it."""
    from core.segmentation.settings import ObjectSettings

    return ObjectSettings(
        split=options.split,
        minimum_area_px=options.min_area,
        fill_holes=not options.keep_holes,
        keep_annotations=options.keep_annotations,
        minimum_confidence=options.min_confidence,
        at_grey_edge=options.grey_edge,
        keep_second_phase=options.keep_second_phase,
    )


def from_0_to_1(text: str) -> float:
    """Return a number from 0 to 1.

    Raises:
        argparse.ArgumentTypeError: no number from 0 to 1.
    """
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 to 1")
    return value


def minimum_area(text: str) -> int:
    """Return the area in px² of the smallest object that counts.

    Raises:
        argparse.ArgumentTypeError: not a whole number from 1.
    """
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not an area in whole px², from 1")
    return int(text)

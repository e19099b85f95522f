"""The options of every command that segments images: model, results, and what files do not know."""

from __future__ import annotations

import argparse
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
    add_marks(parser)
    add_device(parser)
    add_precision(parser)
    add_careful(parser)
    add_lab(parser)


def object_settings(options: argparse.Namespace) -> ObjectSettings:
    """Return how regions become objects, as the options have it."""
    from core.segmentation.settings import ObjectSettings

    return ObjectSettings(
        keep_annotations=options.keep_annotations, keep_second_phase=options.keep_second_phase
    )

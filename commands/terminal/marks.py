"""The marks that a forest learns from, on the terminal."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from commands.terminal.batch import read_image, with_path
from commands.terminal.options import UsageError
from core.errors import DataError, LamellaError

if TYPE_CHECKING:
    from core.segmentation.engines.forest_engine import ForestEngine
    from core.types.model_card import ModelCard
    from core.types.pixel_size import PixelSize
    from core.types.segmentation import Phase


def add_marks(parser: argparse.ArgumentParser) -> None:
    """Add what a model that learns from marks needs."""
    parser.add_argument(
        "--marks",
        type=Path,
        metavar="MASK",
        help="for --model random-forest: PNG or TIFF as large as an image, "
        "0 = not marked, 1 = first phase, 2 = second",
    )
    parser.add_argument(
        "--marks-phases", metavar="NAMES", help='such as "background,particle" (default: numbers)'
    )
    parser.add_argument(
        "--marks-image",
        type=Path,
        metavar="IMAGE",
        help="the image that is marked (default: that of the mask's stem, else the first)",
    )


def check_marks(card: ModelCard, options: argparse.Namespace) -> None:
    """Hold that marks are given to a model that learns from them, and to no other.

    Raises:
        UsageError: they are not.
    """
    if card.needs_marks and options.marks is None:
        raise UsageError(
            f"{card.name} is trained on marked pixels; give it a mask with --marks MASK.png, "
            "0 = not marked, 1 = first phase, 2 = second."
        )
    given = (options.marks, options.marks_phases, options.marks_image)
    if not card.needs_marks and any(one is not None for one in given):
        raise UsageError(f"{card.name} is not trained on marks; leave the --marks options out.")


def fitted(
    card: ModelCard,
    images: Sequence[Path],
    options: argparse.Namespace,
    pixel_size: PixelSize | None,
) -> ForestEngine:
    """Return a forest fitted to the marks that the options name, and say so.

    Raises:
        LamellaError: the mask or the marked image cannot be used.
    """
    from core.analysis.analyse import prepare
    from core.segmentation.engines.forest_engine import fit
    from core.segmentation.forest.marks import marks_of, read_marks

    mask = options.marks
    image = options.marks_image or marked_image(mask, images)
    micrograph = prepare(
        read_image(image, options.page if image in images else 1),
        pixel_size,
        options.info_bar.bottom,
        options.info_bar.top,
    )
    try:
        values = read_marks(mask.read_bytes(), mask.name, micrograph.shape)
        marks = marks_of(values, _phases(options.marks_phases, int(values.max())))
        engine = fit(card, micrograph, marks)
    except OSError as error:
        raise LamellaError(f"{mask}: {error.strerror}; check the path of --marks.") from error
    except DataError as error:
        raise DataError(with_path(str(error), mask)) from error
    counts = ", ".join(f"{n} px of {name}" for name, n in marks.pixels_of_phases().items())
    print(f"{image}: random forest trained on {mask} ({counts})", flush=True)
    return engine


def marked_image(mask: Path, images: Sequence[Path]) -> Path:
    """Return the image of the mask's stem, STEM.png or STEM.marks.png, else the first."""
    stem = mask.stem.removesuffix(".marks")
    return next((path for path in images if path.stem == stem), images[0])


def _phases(names: str | None, highest: int) -> tuple[Phase, ...]:
    from core.segmentation.forest.marks import named_phases

    wanted = [f"phase {value}" for value in range(1, max(2, highest) + 1)]
    if names is not None:
        wanted = names.split(",")
        if len(wanted) < highest:
            raise DataError(
                f"The mask holds the value {highest} and --marks-phases names {len(wanted)} "
                "phases; name one for each value."
            )
    return named_phases(wanted)

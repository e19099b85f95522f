"""Label every pixel of each image, measure the objects and write the results, named by its stem."""

from __future__ import annotations

import argparse
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from commands.terminal.batch import in_stages, progress_line, read_image, say, write_whole
from commands.terminal.lab import known_model, load_model
from commands.terminal.marks import check_marks, fitted
from commands.terminal.options import (
    engine_card,
    result_folder,
    typed_size,
)
from commands.terminal.segmenting import add_segmenting, object_settings
from core.errors import LamellaError

if TYPE_CHECKING:
    from core.analysis.analyse import Segmented
    from core.analysis.analysis import Analysis
    from core.segmentation.segment import AnyEngine
    from core.types.micrograph import Micrograph
    from core.types.model_card import ModelCard
    from core.types.pixel_size import PixelSize

HELP = "label every pixel and measure the objects"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the files, the model and what the files may not know."""
    parser.add_argument("images", nargs="+", type=Path, metavar="IMAGE")
    add_segmenting(parser)


def run(options: argparse.Namespace) -> int:
    """Segment each image; a bad one stops none of the others."""
    from core.formats import without_sidecars

    card = engine_card(known_model(options.model, options), options.careful)
    pixel_size = typed_size(options.pixel_size)
    check_marks(card, options)
    result_folder(options.out)
    if card.untrained:
        say(f"the model {card.name!r} is untrained; its labels mean nothing yet.")

    from core.analysis.analyse import measure, prepare, segmented

    images = without_sidecars(options.images)
    engine: AnyEngine = (
        fitted(card, images, options, pixel_size)
        if card.needs_marks
        else load_model(card, options, options.device, options.precision, options.careful)
    )
    unlike = doubting(card)
    taken: dict[str, Path] = {}
    bars = options.info_bar

    def read(path: Path) -> Micrograph:
        take_stem(path, taken)
        return read_image(path, options.page)

    def segment(path: Path, micrograph: Micrograph) -> Segmented:
        say_what_is_open(micrograph, path, options)
        micrograph = prepare(micrograph, pixel_size, bars.bottom, bars.top)
        return segmented(micrograph, engine, progress=progress_line(f"{path.name}: tile"))

    def write(path: Path, found: Segmented) -> None:
        # Meanwhile the network is at the next image.
        analysis = measure(found, object_settings(options))
        analysis = replace(analysis, doubts=unlike(analysis.micrograph))
        for reason in analysis.reasons_to_doubt:
            say(f"{path}: check the result by eye. {reason}")
        if analysis.few_pixels:
            say(f"{path}: {analysis.few_pixels}")
        stem = path.stem if options.page == 1 else f"{path.stem}.page{options.page}"
        write_results(analysis, options.out, stem)
        print(f"{path}: {counted(analysis)} -> {options.out / stem}.*", flush=True)

    return in_stages(images, read, segment, write, before_writing=import_what_writes)


def import_what_writes() -> None:
    """Import what the network does not need: tables and their files."""
    import core.export.archive
    import core.segmentation.out_of_distribution  # noqa: F401


def doubting(card: ModelCard) -> Callable[[Micrograph], tuple[str, ...]]:
    """Return what tells why an image is unlike the training images of a network."""
    from core.classification.doubt import class_of, doubts_about
    from models import classifiers

    classifier = classifiers.CARDS[classifiers.MICROGRAPH_TYPE]
    if card.weights is None or classifier.weights is None or class_of(card, classifier) is None:
        return lambda _: ()
    engine = classifiers.micrograph_classifier()
    return lambda micrograph: doubts_about(micrograph, card, classifier, engine)


def say_what_is_open(micrograph: Micrograph, path: Path, options: argparse.Namespace) -> None:
    """Name the options that choose where the file leaves a choice and none was made."""
    if micrograph.pages > 1 and not micrograph.page:
        say(f"{path}: page 1 of {micrograph.pages} is segmented; --page 2 takes the next.")
    if micrograph.pixel_size_choices and options.pixel_size is None:
        sizes = " or ".join(
            f"--pixel-size {as_typed(one)}" for one in micrograph.pixel_size_choices
        )
        say(f"{path}: give {sizes}.")


def as_typed(size: PixelSize) -> str:
    """Return a pixel size in nm as ``--pixel-size`` takes it: "5", "10x16"."""
    return f"{size.nm:.6g}" if size.is_square else f"{size.nm:.6g}x{size.height_nm:.6g}"


def counted(analysis: Analysis) -> str:
    """Return how many objects there are, how many more are doubtful and how many lie in burnt-in
    writing, in words."""
    written, doubtful = analysis.selection.in_annotations, analysis.selection.doubtful
    objects = f"{len(analysis.table)} objects"
    if doubtful:
        objects += f", {doubtful} more of low confidence left out"
    if not written:
        return objects
    if analysis.object_settings.keep_annotations:
        return f"{objects}, {written} of them in burnt-in annotations"
    return f"{objects}, {written} more in burnt-in annotations left out (--keep-annotations)"


def take_stem(path: Path, taken: dict[str, Path]) -> None:
    """Refuse a second image of the same stem: it would overwrite the first one's results."""
    # Case and the form of an accent do not tell two files apart on macOS and Windows.
    stem = unicodedata.normalize("NFC", path.stem).casefold()
    earlier = taken.setdefault(stem, path)
    if earlier is not path:
        raise LamellaError(
            f"{path} would overwrite the results of {earlier}, which has the same stem, so it was "
            "left out; rename one of them, or segment it with another --out."
        )


def write_results(analysis: Analysis, folder: Path, stem: str) -> None:
    """Write the files of one image."""
    from core.export.archive import result_files

    for name, content in result_files(analysis, stem).items():
        write_whole(folder / name, content)

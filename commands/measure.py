"""Segment and measure many images, and pool them to one result with a report."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from commands.terminal.batch import in_stages, progress_line, say, write_whole
from commands.terminal.fields import FIELDS, Clock, Field, Measurer, fields_of, one_line
from commands.terminal.lab import known_model
from commands.terminal.marks import check_marks
from commands.terminal.options import (
    UsageError,
    engine_card,
    result_folder,
    typed_size,
)
from commands.terminal.segmenting import add_segmenting
from core.errors import DataError, LamellaError

if TYPE_CHECKING:
    from core.analysis.analyse import Segmented
    from core.export.batch import Batch, MeasuredField
    from core.fields.many.group_table import Grouping
    from core.fields.many.groups import Comparison
    from core.fields.many.pooled import PooledMeasurement
    from core.fields.settings import MeasureSettings
    from core.types.micrograph import Micrograph

HELP = "measure many images and pool them to one result with a report"
METHODS = {
    "particles": {"kind": "particles"},
    "area-fraction": {"kind": "phases", "phase_method": "area"},
    "point-count": {"kind": "phases", "phase_method": "point count"},
    "grains-lines": {"kind": "grains", "grain_method": "lines in four directions"},
    "grains-circles": {"kind": "grains", "grain_method": "three circles"},
    "grains-in-circle": {"kind": "grains", "grain_method": "planimetric circle"},
    "grains-in-rectangle": {"kind": "grains", "grain_method": "planimetric rectangle"},
    "layer": {"kind": "layer"},
    "fibres": {"kind": "fibres"},
    "cracks": {"kind": "cracks"},
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the images, the model, the method, and how to go on."""
    parser.add_argument("images", nargs="+", type=Path, metavar="IMAGE-OR-DIR")
    add_segmenting(parser)
    parser.add_argument(
        "--method",
        type=method_name,
        metavar="METHOD",
        help=f"one of {', '.join(METHODS)} (default: what the model is for)",
    )
    parser.add_argument(
        "--groups",
        type=Path,
        metavar="FILE",
        help="CSV: file names in the first column, groups such as the specimen in the others",
    )
    parser.add_argument(
        "--pixel-size-error",
        type=float,
        metavar="PERCENT",
        help="half-width of the 95 %% interval of the pixel size, carried into the result",
    )
    parser.add_argument(
        "--resume", action="store_true", help="keep the fields that an earlier run has measured"
    )
    parser.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="of a Dask cluster whose workers see the same files, such as tcp://host:8786",
    )
    parser.add_argument("--json", action="store_true", help="print summary.json")


def method_name(text: str) -> str:
    """Return the name of a method.

    Raises:
        argparse.ArgumentTypeError: there is none of that name.
    """
    if text not in METHODS:
        raise argparse.ArgumentTypeError(f"{text!r} is none of {', '.join(METHODS)}")
    return text


def run(options: argparse.Namespace) -> int:
    """Measure each image; a bad one stops none of the others."""
    settings = _checked(options)
    fields = fields_of(options.images, options.out)
    groupings = _groupings(options.groups, fields)
    result_folder(options.out / FIELDS)
    measurer = Measurer(options, settings, [one.path for one in fields])
    done = _done_before(fields, measurer) if options.resume else {}
    missing = [one for one in fields if one.path not in done]
    failures: dict[Path, str] = {}
    try:
        if options.scheduler:
            _measure_on_cluster(options, settings, fields, missing, failures)
        else:
            _measure(missing, measurer, failures)
    except (KeyboardInterrupt, LamellaError):
        say(f"fields that are done are kept in {options.out / FIELDS}; --resume goes on with them.")
        raise
    _finish(options, fields, measurer, failures, groupings)
    return 1 if failures else 0


def _checked(options: argparse.Namespace) -> MeasureSettings:
    """Return the settings, once the options have been found to fit each other."""
    from core.fields.settings import MeasureSettings

    card = engine_card(known_model(options.model, options), options.careful)
    typed_size(options.pixel_size)
    check_marks(card, options)
    error = options.pixel_size_error
    if error is not None and not 0 <= error < 100:
        raise UsageError(f"--pixel-size-error is {error:g}; give percent from 0 to under 100.")
    chosen = METHODS.get(options.method, {})
    if card.untrained:
        say(f"the model {card.name!r} is untrained; its labels mean nothing yet.")
    return MeasureSettings(**chosen, pixel_size_error_percent=error)  # type: ignore[arg-type]


def _groupings(path: Path | None, fields: Sequence[Field]) -> tuple[Grouping, ...]:
    """Return the groups, before hours of work: each column names an image.

    Raises:
        UsageError: the file cannot be used.
    """
    if path is None:
        return ()
    from core.fields.many.group_table import read_groupings

    try:
        found = read_groupings(path.read_bytes(), path.name)
    except OSError as error:
        raise UsageError(f"--groups {path}: {error.strerror}; check the path.") from error
    except DataError as error:
        raise UsageError(f"--groups: {error}") from error
    names = [field.name for field in fields]
    for one in found:
        if not any(one.assigned(names)) and not one.shared(names):
            raise UsageError(
                f"--groups {path}: the column {one.column} names none of the {len(fields)} images; "
                f"its first column needs their file names, such as {fields[0].name}."
            )
    return found


def _done_before(fields: Sequence[Field], measurer: Measurer) -> dict[Path, MeasuredField]:
    found = {one.path: kept for one in fields if (kept := measurer.done(one))}
    say(f"{len(found)} of {len(fields)} fields were measured before and are kept.")
    return found


def _measure(fields: Sequence[Field], measurer: Measurer, failures: dict[Path, str]) -> None:
    by_path, clock = {one.path: one for one in fields}, Clock(len(fields))
    failed = failures.__setitem__

    def segment(path: Path, micrograph: Micrograph) -> Segmented:
        return measurer.segment(by_path[path], micrograph, progress_line(f"{path.name}: tile"))

    def write(path: Path, found: Segmented) -> None:
        # Meanwhile the network is at the next image.
        analysis, measured = measurer.measure(by_path[path], found)
        measurer.write(by_path[path], analysis, measured)
        say(f"{measured.name}: {one_line(measured)} ({clock.one_more()})")

    def on_failure(path: Path, reason: str) -> None:
        clock.one_more()
        failed(path, reason)

    in_stages(list(by_path), lambda path: measurer.read(by_path[path]), segment, write, on_failure)


def _measure_on_cluster(
    options: argparse.Namespace,
    settings: MeasureSettings,
    fields: Sequence[Field],
    missing: Sequence[Field],
    failures: dict[Path, str],
) -> None:
    try:
        from commands.terminal.cluster import measure_on_cluster
    except ModuleNotFoundError as error:
        raise LamellaError(
            "--scheduler needs Dask, an optional extra; install it with "
            "`pip install 'lamella[cluster]'`."
        ) from error
    measure_on_cluster(options, settings, fields, missing, failures)


def _finish(
    options: argparse.Namespace,
    fields: Sequence[Field],
    measurer: Measurer,
    failures: dict[Path, str],
    groupings: tuple[Grouping, ...],
) -> None:
    """Pool what is on disk, write the files and say the result."""
    from core.export.batch import Batch, Failure
    from core.export.batch_files import batch_files
    from core.fields.many.pooled import pool

    found = [kept for one in fields if one.path not in failures and (kept := measurer.done(one))]
    if not found:
        raise LamellaError("No image could be measured, so there is no result.")
    pooled = pool([one.measured for one in found])
    batch = Batch(
        pooled,
        tuple(found),
        tuple(Failure(str(path), reason) for path, reason in failures.items()),
        groupings,
        tuple(_comparisons(pooled, groupings)),
    )
    files = batch_files(batch)
    for name, content in files.items():
        write_whole(options.out / name, content)
    _tell(options, batch, files["summary.json"])


def _comparisons(pooled: PooledMeasurement, groupings: Sequence[Grouping]) -> Iterator[Comparison]:
    from core.fields.many.groups import comparisons

    for one in comparisons(pooled.fields, groupings):
        if isinstance(one, str):
            say(one)
        else:
            yield one


def _tell(options: argparse.Namespace, batch: Batch, summary: bytes) -> None:
    from commands.terminal.batch import print_json
    from core.fields.words import counted_in_words, headline_in_words, interval_in_words

    if options.json:
        print_json(json.loads(summary))
        return
    best = batch.pooled.headline
    interval = f"95 % {interval_in_words(best)}" if best.interval else best.reason
    print(
        f"{counted_in_words(len(batch.fields), 'fields')}: {headline_in_words(best)} ({interval})"
    )
    for one in batch.comparisons:
        print(f"{one.column}: {one.in_words} {one.left_out}".rstrip())
    print(f"-> {options.out / 'report.html'}, report.pdf, fields.csv, objects.csv, summary.json")

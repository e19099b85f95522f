"""Repeat what a run.json describes and say whether the result is the same, bit for bit."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from commands.terminal.batch import print_json, progress_line, read_image, say
from commands.terminal.lab import add_lab, known_model, load_model
from commands.terminal.options import result_folder
from core.errors import LamellaError, ModelError

if TYPE_CHECKING:
    from core.analysis.analysis import Analysis
    from core.export.replay import Replay, Run
    from core.segmentation.segment import AnyEngine
    from core.types.micrograph import Micrograph

HELP = "repeat a result and say what differs"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the run and its image."""
    parser.add_argument("run_json", type=Path, metavar="run.json")
    parser.add_argument("image", type=Path, metavar="IMAGE")
    parser.add_argument("--out", type=Path, metavar="DIR", help="write the files of the result too")
    parser.add_argument(
        "--marks",
        type=Path,
        metavar="MASK",
        help="of a random forest: its marks (default: beside run.json, under the name in it)",
    )
    parser.add_argument(
        "--marks-image",
        type=Path,
        metavar="IMAGE",
        help="of a random forest that was trained on another image: that image",
    )
    parser.add_argument("--json", action="store_true", help="print what differs as JSON")
    add_lab(parser)


def run(options: argparse.Namespace) -> int:
    """Repeat the run; the exit code is 1 when the result is another one."""
    from core.export.replay import compare

    if options.out is not None:
        result_folder(options.out)
    asked = _read(options.run_json)
    micrograph = read_image(options.image, asked.page + 1)
    analysis = _repeated(asked, micrograph, options)
    found = compare(asked, analysis)
    if options.out is not None:
        from commands.segment import write_results

        write_results(analysis, options.out, options.image.stem)
    _tell(found, options.json)
    return 0 if found.identical else 1


def _read(path: Path) -> Run:
    from core.export.replay import read_run

    try:
        return read_run(path.read_bytes(), str(path))
    except OSError as error:
        raise LamellaError(f"{path}: {error.strerror}; check the path.") from error


def _repeated(asked: Run, micrograph: Micrograph, options: argparse.Namespace) -> Analysis:
    from core.analysis.analyse import analyse

    top, bottom = asked.bar_rows
    return analyse(
        micrograph,
        _engine(asked, micrograph, options),
        pixel_size=asked.pixel_size,
        info_bar_rows=bottom,
        top_bar_rows=top,
        object_settings=asked.objects,
        tile_settings=asked.tiles,
        progress=progress_line(f"{options.image.name}: tile"),
    )


def _engine(asked: Run, micrograph: Micrograph, options: argparse.Namespace) -> AnyEngine:
    wanted = known_model(asked.model, options)
    if wanted.needs_marks:
        return _forest(asked, micrograph, options)
    careful, precision = asked.is_careful(wanted), asked.precision_choice
    try:
        return load_model(wanted, options, asked.device, precision, careful, asked.backend)
    except ModelError:
        raise
    except LamellaError as error:
        say(f"{error} It runs where this machine can.")
        return load_model(wanted, options, "auto", precision, careful)


def _forest(asked: Run, micrograph: Micrograph, options: argparse.Namespace) -> AnyEngine:
    from core.analysis.analyse import prepare
    from core.segmentation.engines.forest_engine import fit
    from core.segmentation.forest.marks import marks_of, named_phases, read_marks
    from models.zoo import card

    marks = asked.marks
    if marks is None:
        raise LamellaError(f"{options.run_json} does not say what {asked.model} was trained on.")
    marked = micrograph
    if options.marks_image is not None:
        marked = read_image(options.marks_image)
    elif marks.image_sha256 != micrograph.digest:
        say(f"the marks are of {marks.image}; if that is another image, give it as --marks-image.")
    mask = options.marks or options.run_json.with_name(marks.file)
    top, bottom = marks.bar_rows
    try:
        values = read_marks(mask.read_bytes(), mask.name, marked.shape)
    except OSError as error:
        raise LamellaError(
            f"{mask}: {error.strerror}; name the file of the marks with --marks."
        ) from error
    named = marks_of(values, named_phases(marks.names))
    size = asked.pixel_size if marked is micrograph else None
    return fit(card(asked.model), prepare(marked, size, bottom, top), named, marks.settings)


def _tell(found: Replay, as_json: bool) -> None:
    if as_json:
        print_json({"identical": found.identical, **asdict(found)})
        return
    for one in (*found.causes, *found.results):
        print(f"{one.what} differs: {one.then} then, {one.now} now")
    if found.identical:
        print("identical: labels, objects and table are those of the run, bit for bit")
    elif not found.compared:
        print(
            "not comparable bit for bit: this run.json was written before it held digests of the "
            f"result; the number of objects is {'another' if found.results else 'the same'}"
        )
    else:
        print(f"not identical: {', '.join(one.what for one in found.results)}")

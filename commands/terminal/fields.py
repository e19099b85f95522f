"""Images to measured fields on disk, one by one, in this process or in a worker."""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from commands.segment import doubting, say_what_is_open
from commands.terminal.batch import read_image, write_whole
from commands.terminal.lab import known_model, load_model
from commands.terminal.marks import fitted
from commands.terminal.options import engine_card, typed_size
from commands.terminal.segmenting import object_settings
from core.errors import LamellaError

if TYPE_CHECKING:
    from core.analysis.analyse import Segmented
    from core.analysis.analysis import Analysis
    from core.export.batch import MeasuredField
    from core.fields.result import FieldMeasurement
    from core.fields.settings import MeasureSettings
    from core.segmentation.segment import AnyEngine
    from core.types.micrograph import Micrograph
    from core.types.progress import ProgressCallback

FIELDS = "fields"


@dataclass(frozen=True)
class Field:
    """One image: ``name`` as it is reported, unique. ``record``: path of its files, no suffix."""

    path: Path
    name: str
    record: Path


def fields_of(given: Sequence[Path], out: Path) -> list[Field]:
    """Return the images to measure: the files given, and all that are in the folders given.

    A name that two of them have gets their folders in front.

    Raises:
        LamellaError: a folder without an image.
    """
    from core.export.archive import safe_stem
    from core.formats import without_sidecars

    paths = [path for one in given for path in (_inside(one, out) if one.is_dir() else [one])]
    paths = list(dict.fromkeys(without_sidecars(paths)))
    names = _names(paths)
    taken: dict[str, int] = {}
    found = []
    for path, name in zip(paths, names, strict=True):
        record = safe_stem(name.replace("/", "__"))
        number = taken[record.casefold()] = taken.get(record.casefold(), 0) + 1
        record = record if number == 1 else f"{record}-{number}"
        found.append(Field(path, name, out / FIELDS / record))
    return found


def _inside(folder: Path, out: Path) -> list[Path]:
    from core.formats import extensions

    known = set(extensions())
    found = sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower().removeprefix(".") in known
        and path.is_file()
        and not path.name.startswith(".")
        and out.resolve() not in path.resolve().parents
    )
    if not found:
        raise LamellaError(f"{folder} holds no image; give a folder of micrographs, or files.")
    return found


def _names(paths: Sequence[Path]) -> list[str]:
    """Return the shortest ends of the paths that differ, at most four parts of each."""
    names = [path.name for path in paths]
    for parts in (2, 3, 4):
        lower = [name.casefold() for name in names]
        twice = {name for name in lower if lower.count(name) > 1}
        if not twice:
            break
        names = [
            "/".join(path.resolve().parts[-parts:]) if name.casefold() in twice else name
            for path, name in zip(paths, names, strict=True)
        ]
    return names


@dataclass(frozen=True, eq=False)
class _Loaded:
    """A model, and what tells why an image is unlike those that it learned from."""

    engine: AnyEngine
    doubts: Callable[[Micrograph], tuple[str, ...]]


class Measurer:
    """Measures images as the options of ``lamella measure`` say, with one model for all.

    It is made once a process; what it measures is on disk when :meth:`write` has returned.
    """

    def __init__(
        self, options: argparse.Namespace, settings: MeasureSettings, images: Sequence[Path]
    ) -> None:
        self.options = options
        self.settings = settings
        self.pixel_size = typed_size(options.pixel_size)
        self.card = engine_card(known_model(options.model, options), options.careful)
        self._images = images
        self._lock = threading.Lock()
        self._loaded: _Loaded | None = None
        self._asked = self._request()

    def read(self, field: Field) -> Micrograph:
        """Read the image of a field."""
        return read_image(field.path, self.options.page)

    def segment(
        self, field: Field, micrograph: Micrograph, progress: ProgressCallback
    ) -> Segmented:
        """Segment the image of a field."""
        from core.analysis.analyse import prepare, segmented

        say_what_is_open(micrograph, field.path, self.options)
        bars = self.options.info_bar
        micrograph = prepare(micrograph, self.pixel_size, bars.bottom, bars.top)
        return segmented(micrograph, self._model().engine, progress=progress)

    def measure(self, field: Field, found: Segmented) -> tuple[Analysis, FieldMeasurement]:
        """Measure a field that is segmented."""
        from core.analysis.analyse import measure
        from core.fields.field import measure_field
        from models.measured import measurand_errors

        analysis = measure(found, object_settings(self.options))
        analysis = replace(analysis, doubts=self._model().doubts(analysis.micrograph))
        errors = measurand_errors(self.card)
        measured = measure_field(analysis, self.settings, errors)
        return analysis, replace(measured, name=field.name)

    def write(self, field: Field, analysis: Analysis, measured: FieldMeasurement) -> None:
        """Write a field; it is done when its record is there, which comes last."""
        from core.export.field_files import field_files

        request = self.request(field)
        for suffix, content in field_files(analysis, measured, request).items():
            write_whole(field.record.with_name(field.record.name + suffix), content)

    def done(self, field: Field) -> MeasuredField | None:
        """Return a field that was measured before, of the same image and as asked for now."""
        from core.export.field_files import OVERLAY_SUFFIX, RECORD_SUFFIX, read_field

        record, overlay = (
            field.record.with_name(field.record.name + suffix)
            for suffix in (RECORD_SUFFIX, OVERLAY_SUFFIX)
        )
        try:
            found = read_field(record.read_bytes(), overlay.read_bytes(), self.request(field))
        except OSError:
            return None
        return found and replace(found, measured=replace(found.measured, name=field.name))

    def request(self, field: Field) -> str:
        """Return what names the bytes of an image, and of what its instrument wrote beside it, and
        all that was asked for."""
        from core.formats.reading.pairing import sidecars_beside
        from core.settings import Limits

        digest = hashlib.sha256(self._asked.encode())
        with field.path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
        for name, content in sorted(sidecars_beside(field.path, Limits.from_environment()).items()):
            digest.update(name.encode() + hashlib.sha256(content).digest())
        return digest.hexdigest()

    def _model(self) -> _Loaded:
        # Two threads of a worker may ask for it at once.
        with self._lock:
            if self._loaded is None:
                self._loaded = _Loaded(self._engine(), doubting(self.card))
            return self._loaded

    def _engine(self) -> AnyEngine:
        options = self.options
        if self.card.needs_marks:
            # Standard output is for the result alone, which may be JSON.
            with redirect_stdout(sys.stderr):
                return fitted(self.card, self._images, options, self.pixel_size)
        return load_model(self.card, options, options.device, options.precision, options.careful)

    def _request(self) -> str:
        from core.export.provenance import software

        options = self.options
        marks = options.marks and hashlib.sha256(options.marks.read_bytes()).hexdigest()
        weights = self.card.weights.sha256 if self.card.weights else None
        return json.dumps(
            [
                [self.card.name, weights, options.careful, options.precision, options.device],
                [options.page, asdict(options.info_bar)],
                [options.keep_annotations, options.keep_second_phase],
                self.pixel_size and asdict(self.pixel_size),
                [marks, options.marks_phases],
                asdict(self.settings),
                software()["lamella"],
            ]
        )


class Clock:
    """How long a batch goes on, from what is done; the first field tells nothing, as the network
    is loaded with it."""

    def __init__(self, total: int, now: Callable[[], float] = time.monotonic) -> None:
        self._total, self._done, self._now, self._begun = total, 0, now, 0.0

    def one_more(self) -> str:
        """Count a field as done; return "3 of 200, about 12 min left"."""
        self._done += 1
        place, missing = f"{self._done} of {self._total}", self._total - self._done
        if self._done == 1:
            self._begun = self._now()
        if not missing or self._done == 1:
            return place
        seconds = (self._now() - self._begun) / (self._done - 1) * missing
        return f"{place}, {time_left(seconds)}"


def time_left(seconds: float) -> str:
    """Return "about 12 min left"."""
    if seconds < 90:
        return f"about {max(1, round(seconds))} s left"
    if seconds < 5400:
        return f"about {round(seconds / 60)} min left"
    return f"about {seconds / 3600:.1f} h left"


def one_line(measured: FieldMeasurement) -> str:
    """Return headline and count: "D50 = 512 nm, 112 particles"."""
    from core.fields.words import counted_in_words, headline_in_words

    count = counted_in_words(len(measured.table), measured.counted)
    return f"{headline_in_words(measured.headline)}, {count}"

"""A run.json read back: what to repeat, and what differs when it was repeated."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from core.analysis.analysis import Analysis
from core.errors import LamellaError
from core.execution import BackendName, DeviceName, Precision, PrecisionChoice
from core.export.provenance import SCHEMA, provenance
from core.segmentation.forest.pixel_forest import ForestSettings
from core.segmentation.settings import ObjectSettings, TileSettings
from core.types.model_card import ModelCard
from core.types.pixel_size import PixelSize

RESULTS = {"labels_sha256": "labels", "objects_sha256": "objects", "table_sha256": "table"}


@dataclass(frozen=True)
class MarksAsked:
    """What a forest was fitted to: ``file`` of the marks, on an image of this SHA-256, whose marked
    phases are ``names``."""

    file: str
    image: str
    image_sha256: str
    bar_rows: tuple[int, int]
    names: tuple[str, ...]
    settings: ForestSettings


@dataclass(frozen=True, eq=False)
class Run:
    """A run that can be repeated. ``told``: all of the file. ``page``: from 0."""

    told: Mapping[str, Any]
    image: str
    page: int
    pixel_size: PixelSize | None
    bar_rows: tuple[int, int]
    model: str
    objects: ObjectSettings
    tiles: TileSettings
    device: DeviceName
    backend: BackendName | None
    precision: Precision
    marks: MarksAsked | None = None

    @property
    def precision_choice(self) -> PrecisionChoice:
        """What to ask for to get that precision."""
        return "exact" if self.precision == "float32" else "fast"

    def is_careful(self, card: ModelCard) -> bool:
        """Return whether it ran the ensemble of ``card``."""
        if card.careful is None:
            return False
        model = self.told["model"]
        passes = len(card.careful.flips), list(card.careful.tta_scales)
        return (model["flips"], list(model["scales"])) == passes


@dataclass(frozen=True)
class Difference:
    """What was otherwise: ``then`` as in run.json, ``now`` as it is here."""

    what: str
    then: str
    now: str


@dataclass(frozen=True)
class Replay:
    """What came of repeating a run.

    ``causes``: what differs of image, model, settings and software. ``results``: which of labels,
    objects and table differ. ``compared``: False of a run.json that is too old to say.
    """

    causes: tuple[Difference, ...]
    results: tuple[Difference, ...]
    compared: bool

    @property
    def identical(self) -> bool:
        """Whether the result is the same, bit for bit."""
        return self.compared and not self.results


def read_run(data: bytes, name: str) -> Run:
    """Return the run that a run.json describes.

    Raises:
        LamellaError: it is none, one of a newer Lamella, or of a result corrected by hand.
    """
    try:
        told = json.loads(data)
        if told["schema"] > SCHEMA:
            raise LamellaError(
                f"{name} has schema {told['schema']} and this Lamella reads up to {SCHEMA}; "
                "install the newer Lamella that wrote it."
            )
        if told.get("corrected_by_hand"):
            raise LamellaError(
                f"{name} is of a result that was corrected by hand, which no run repeats; export "
                "its image from the library, with every correction in it, to open it elsewhere."
            )
        return _run(told)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise LamellaError(
            f"{name} is no run.json of Lamella; give the file that `lamella segment` wrote, or the "
            "one in a downloaded zip."
        ) from error


def compare(run: Run, analysis: Analysis) -> Replay:
    """Return what differs between a run and its repetition."""
    then, now = run.told, provenance(analysis)
    causes = tuple(Difference(*one) for one in _causes(then, now))
    first, second = then["result"], now["result"]
    compared = all(key in first for key in RESULTS)
    results = tuple(
        Difference(what, first[key], second[key])
        for key, what in RESULTS.items()
        if key in first and first[key] != second[key]
    )
    if not compared and first["objects"] != second["objects"]:
        results = (Difference("number of objects", str(first["objects"]), str(second["objects"])),)
    return Replay(causes, results, compared)


def _run(told: dict[str, Any]) -> Run:
    image, settings, engine = told["input"], told["settings"], told["engine"]
    nm = image["pixel_size_nm"]
    source, error = image["pixel_size_source"], image.get("pixel_size_error_percent")
    size = nm and PixelSize(nm, source, image["pixel_height_nm"], error_percent=error)
    tiles = settings["tiles"]
    return Run(
        told=told,
        image=image["name"],
        page=image["page"],
        pixel_size=size or None,
        bar_rows=(image["top_bar_rows"], image["info_bar_rows"]),
        model=told["model"]["name"],
        objects=ObjectSettings(**settings["objects"]),
        tiles=TileSettings(tiles["side_px"], tiles["overlap_px"]),
        device=_one_of(get_args(DeviceName), engine["device"]),
        backend=_one_of((None, *get_args(BackendName)), engine["backend"]),
        precision=_one_of(get_args(Precision), engine["precision"]),
        marks=_marks(settings["forest"]),
    )


def _one_of(known: tuple[Any, ...], value: object) -> Any:
    if value not in known:
        raise ValueError(f"{value!r} is none of {known}")
    return value


def _marks(forest: dict[str, Any] | None) -> MarksAsked | None:
    if forest is None:
        return None
    names = ForestSettings.__dataclass_fields__
    values = {key: value for key, value in forest.items() if key in names}
    values = {key: tuple(one) if isinstance(one, list) else one for key, one in values.items()}
    return MarksAsked(
        file=forest["marks_file"],
        image=forest["image"],
        image_sha256=forest["image_sha256"],
        bar_rows=(forest["image_top_bar_rows"], forest["image_info_bar_rows"]),
        names=tuple(forest["marked_pixels"]),
        settings=ForestSettings(**values),
    )


def _causes(then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    watched = (
        ("image SHA-256", "input", "sha256"),
        ("weights SHA-256", "model", "weights_sha256"),
        ("phases", "model", "phases"),
        ("model's pixel size in nm", "model", "pixel_size_nm"),
        ("device", "engine", "device"),
        ("backend", "engine", "backend"),
        ("precision", "engine", "precision"),
        ("Lamella", "software", "lamella"),
        ("commit", "software", "git_commit"),
        ("Python", "software", "python"),
        ("platform", "software", "platform"),
    )
    for what, part, key in watched:
        before, after = then[part].get(key), now[part].get(key)
        if before != after:
            yield what, _word(before), _word(after)
    before, after = then["settings"]["forest"], now["settings"]["forest"]
    if (before or {}).get("marks_sha256") != (after or {}).get("marks_sha256"):
        yield "marks SHA-256", _word(before["marks_sha256"]), _word(after["marks_sha256"])
    before, after = then["software"]["packages"], now["software"]["packages"]
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            yield name, _word(before.get(name)), _word(after.get(name))


def _word(value: object) -> str:
    return "none" if value is None else str(value)

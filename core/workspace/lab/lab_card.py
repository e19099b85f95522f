"""The card of a model that users of a workspace made, as JSON that anybody may have written."""

from __future__ import annotations

import json
import math
import re
from dataclasses import asdict, dataclass, fields
from typing import Literal, TypeAlias

from core import typed
from core.segmentation.forest.marks import MOST_PHASES
from core.types.model_card import (
    ModelCard,
    ModelOrigin,
    ObjectConfidence,
    Score,
    StatisticRange,
    Weights,
)
from core.types.segmentation import Phase

WeightsFormat: TypeAlias = Literal["network", "forest", "onnx"]
LONGEST_TEXT = 20_000
MOST_ROWS = 200
LARGEST = 1e7
# Pages write them amidst Markdown: no links, no pictures.
_TITLE = re.compile(r"[^\[\]<>`\\!|\x00-\x1f]{1,80}")
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True)
class TaughtOn:
    """An image whose strokes or corrections a model learned from. ``sha256``: of the image, as
    :class:`core.types.micrograph.Micrograph` has it. ``marked_px``: marked pixels of each phase."""

    image: str
    sha256: str
    strokes: int = 0
    marked_px: tuple[int, ...] = ()


@dataclass(frozen=True)
class LabCard:
    """What is kept of a :class:`core.types.model_card.ModelCard`: the fields of the same name.

    ``weights_format``: "network" is a safetensors file for the network that ``architecture`` names
    (see ``models.lab.networks``), "forest" is as of ``core.segmentation.engines.kept_forest``,
    "onnx" a single file. ``base``: the model that training began with, "" without one.
    ``tested``: of a foreign model, what users of this lab measured.
    """

    name: str
    title: str
    purpose: str
    phases: tuple[Phase, ...]
    architecture: str
    mean: float
    std: float
    data: str
    weights_format: WeightsFormat = "network"
    base: str = ""
    taught_on: tuple[TaughtOn, ...] = ()
    licence: str = ""
    reference: str = ""
    scores: tuple[Score, ...] = ()
    limits: str = ""
    pixel_size_nm: float | None = None
    objects_phase: int | None = None
    boundary_phase: int | None = None
    pixel_range_nm: tuple[float, float] | None = None
    ranges: tuple[StatisticRange, ...] = ()
    tta_flips: bool = False
    upright: bool = False
    tta_scales: tuple[float, ...] = (1.0,)
    fine_scale: float | None = None
    working_side_px: int | None = None
    failures: tuple[str, ...] = ()
    training_cost: str = ""
    temperature: float = 1.0
    object_outputs: bool = False
    overlap_px: int = 384
    object_confidence: ObjectConfidence | None = None
    careful_flips: bool = False
    careful_scales: tuple[float, ...] = ()
    tested: tuple[Score, ...] = ()
    phase_of_interest: int | None = None


_SHARED = tuple(
    one.name
    for one in fields(LabCard)
    if one.name not in ("weights_format", "base", "taught_on", "tested")
)


def lab_card(
    card: ModelCard,
    weights_format: WeightsFormat = "network",
    base: str = "",
    taught_on: tuple[TaughtOn, ...] = (),
) -> LabCard:
    """Return what is kept of ``card``."""
    shared = {name: getattr(card, name) for name in _SHARED}
    return LabCard(**shared, weights_format=weights_format, base=base, taught_on=taught_on)


def model_card(
    kept: LabCard, weights: Weights | None = None, origin: ModelOrigin = "trained"
) -> ModelCard:
    """Return the card as the rest of the app knows it, without what builds its network."""
    shared = {name: getattr(kept, name) for name in _SHARED}
    return ModelCard(**shared, build=None, weights=weights, origin=origin)


def to_json(card: LabCard) -> str:
    """Return ``card`` as JSON, which :func:`from_json` reads.

    Raises:
        ValueError: a field that the app could not work with.
    """
    text = json.dumps(asdict(card), ensure_ascii=False, allow_nan=False)
    from_json(text)
    return text


def from_json(text: str) -> LabCard:
    """Return the card in ``text``, checked.

    Raises:
        ValueError: it is none, or a field is one that the app could not work with.
    """
    card: LabCard = typed.read(LabCard, json.loads(text))
    check(card)
    return card


def check(card: LabCard) -> None:
    """Refuse a card that the app could not work with.

    Raises:
        ValueError: which field it is.
    """
    for name, problem in (
        ("title", not _TITLE.fullmatch(card.title) or "://" in card.title),
        ("phases", not _are_phases(card.phases)),
        ("objects_phase", not _is_index(card.objects_phase, card.phases)),
        ("phase_of_interest", not _is_index(card.phase_of_interest, card.phases)),
        ("boundary_phase", not _is_index(card.boundary_phase, card.phases)),
        ("mean", not abs(card.mean) < LARGEST),
        ("std", not 0 < card.std < LARGEST),
        ("temperature", not 0 < card.temperature < LARGEST),
        ("pixel_size_nm", not _are_positive((card.pixel_size_nm,))),
        ("pixel_range_nm", not _are_positive(card.pixel_range_nm or ())),
        ("tta_scales", not (card.tta_scales and _are_scales(card.tta_scales))),
        ("fine_scale", card.fine_scale is not None and not _are_scales((card.fine_scale,))),
        ("working_side_px", not _is_side(card.working_side_px)),
        ("careful_scales", not _are_scales(card.careful_scales)),
        ("overlap_px", not 0 <= card.overlap_px <= 2048),
        ("ranges", not all(map(_is_range, card.ranges))),
        ("scores", not all(math.isfinite(one.value) for one in (*card.scores, *card.tested))),
        ("object_confidence", not _is_confidence(card)),
    ):
        if problem:
            raise ValueError(f"the card's {name} is {getattr(card, name)!r:.80}")
    rows = (card.scores, card.tested, card.failures, card.ranges, card.taught_on)
    if any(len(one) > MOST_ROWS for one in rows):
        raise ValueError("the card is too long")
    if any(len(one) > LONGEST_TEXT for one in _texts(card)):
        raise ValueError("a text of the card is too long")


def plain_title(text: str) -> str:
    """Return ``text`` as a title may be, without what would be a link or a picture on a page."""
    kept = re.sub(r"[\[\]<>`\\!|\x00-\x1f]", " ", text.replace("://", " "))
    return " ".join(kept.split())[:80].strip()


def _texts(card: LabCard) -> tuple[str, ...]:
    own = (getattr(card, one.name) for one in fields(card))
    rows = (text for score in card.scores for text in (score.metric, score.data, score.command))
    images = (one.image for one in card.taught_on)
    return (*(one for one in own if isinstance(one, str)), *card.failures, *rows, *images)


def _are_phases(phases: tuple[Phase, ...]) -> bool:
    names = [phase.name.strip() for phase in phases]
    known = all(map(_TITLE.fullmatch, names)) and len(set(names)) == len(names)
    colors = all(_COLOR.fullmatch(phase.color) for phase in phases)
    return 2 <= len(phases) <= MOST_PHASES and known and colors


def _is_index(index: int | None, phases: tuple[Phase, ...]) -> bool:
    return index is None or 0 <= index < len(phases)


def _are_positive(sizes: tuple[float | None, ...]) -> bool:
    return all(size is None or 0 < size < LARGEST for size in sizes)


def _are_scales(scales: tuple[float, ...]) -> bool:
    return len(scales) <= 4 and all(0.1 <= scale <= 4 for scale in scales)


def _is_side(side_px: int | None) -> bool:
    return side_px is None or 32 <= side_px <= 8192


def _is_range(one: StatisticRange) -> bool:
    return -math.inf < one.low <= one.high < math.inf


def _is_confidence(card: LabCard) -> bool:
    found = card.object_confidence
    if found is None:
        return True
    return card.object_outputs and all(math.isfinite(one) for one in asdict(found).values())

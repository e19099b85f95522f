"""A training of a user: the images, what was asked for, where it stands, and what it gave."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core import typed
from core.training.fine_tuning.images import Origin, TeachingImage
from core.training.fine_tuning.tested import Forgetting, HeldOut, HeldOutImage
from core.training.progress import CurvePoint
from core.types.segmentation import Phase

SELECT = (
    "SELECT id, owner, title, settings, images, facts, progress, result, weights, created"
    " FROM training"
)


@dataclass(frozen=True)
class Settings:
    """What a user asked for. ``start``: a model by its name, or "imagenet"; others as of
    :class:`core.training.fine_tuning.start.Task`. ``test``: None for the usual one."""

    start: str
    phases: tuple[Phase, ...]
    same_phases: bool
    objects_phase: int | None = None
    minutes: float = 15.0
    test: HeldOut | None = None


@dataclass(frozen=True)
class Facts:
    """What is known of the images of a training without reading them. ``phases``: named so far, the
    ones in the labels; ``base``: the model whose results were corrected, "" of masks."""

    origins: tuple[Origin, ...]
    phases: tuple[Phase, ...]
    instances: bool
    objects_phase: int | None = None
    base: str = ""
    known_pixels: tuple[int, ...] = ()

    @property
    def specimens(self) -> int:
        """How many there are."""
        return len({one.specimen for one in self.origins})


def facts_of(
    images: Sequence[TeachingImage],
    phases: tuple[Phase, ...],
    objects_phase: int | None,
    base: str = "",
) -> Facts:
    """Return what is known of images without reading them again."""
    return Facts(
        tuple(one.origin for one in images),
        phases,
        any(one.instances is not None for one in images),
        objects_phase,
        base,
        tuple(int(one.known.sum()) for one in images),
    )


@dataclass(frozen=True)
class Standing:
    """Where a training stands: in which of its ``runs``, from 0, at which step, and its curve."""

    run: int
    runs: int
    step: int
    steps: int
    seconds: float
    curve: tuple[CurvePoint, ...] = ()


@dataclass(frozen=True)
class Result:
    """What a training gave; fields as of :class:`core.training.fine_tuning.run.Taught` and
    :class:`core.training.fine_tuning.lesson.Lesson`. ``start_sha256``: of the weights that it
    started from. ``object_outputs``: whether touching objects are told apart."""

    test: HeldOut
    tested: tuple[HeldOutImage, ...]
    forgetting: Forgetting | None
    mix: float
    scale: float
    step: int
    seconds: float
    score: float
    before: float | None
    curve: tuple[CurvePoint, ...]
    start_sha256: str
    object_outputs: bool


@dataclass(frozen=True, eq=False)
class Training:
    """A training of ``owner``. ``settings``: None before it was begun. ``weights``: SHA-256 of what
    it gave. ``created``: seconds since 1970."""

    id: str
    owner: str
    title: str
    settings: Settings | None
    images: str
    facts: Facts
    standing: Standing | None
    result: Result | None
    weights: str | None
    created: float

    @property
    def key(self) -> str:
        """Of its job."""
        return f"training {self.id}"


def training_of(row: tuple[Any, ...]) -> Training:
    """Return the training that ``row`` of ``SELECT`` says."""
    new, owner, title, settings, digest, facts, progress, result, weights, created = row
    return Training(
        new,
        owner,
        title,
        _read(Settings, settings),
        digest,
        _read(Facts, facts),
        _read(Standing, progress),
        _read(Result, result),
        weights,
        created,
    )


def _read(kind: type, text: str | None) -> Any:
    return None if text is None else typed.read(kind, json.loads(text))

"""What ``lamella evaluate --save`` wrote about a model, read back for its card."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.evaluation.image_values import read_image_values
from core.evaluation.robustness_scores import RobustnessScore, read_robustness_scores
from core.measurement.bootstrap import FEWEST_IMAGES, Estimate

NAN = float("nan")


@dataclass(frozen=True)
class ReliabilityBin:
    """Pixels whose winning probability lies between ``low`` and ``high``: its mean, how often the
    label is right, and their share of all pixels; nan, nan and 0 without any."""

    low: float
    high: float
    confidence: float
    accuracy: float
    share: float


@dataclass(frozen=True)
class ConfidenceCalibration:
    """``error``: expected calibration error over all pixels. ``overconfidence``: mean confidence
    minus accuracy. ``temperature``: fitted to all images; ``error_without``, ``error_with``:
    without it and with one that was fitted to other images, on the same pixels; nan for a single
    image."""

    bins: tuple[ReliabilityBin, ...]
    error: float
    overconfidence: float
    temperature: float
    error_without: float
    error_with: float


@dataclass(frozen=True)
class ObjectReliability:
    """Objects by their confidence, the share that is right as ``accuracy`` of each of the ``bins``.

    ``error``: expected calibration error. ``doubtful``: objects below the ``minimum_confidence``,
    and ``doubtful_under_iou75``, the share of these whose IoU with any traced object is lower.
    """

    bins: tuple[ReliabilityBin, ...]
    error: float
    minimum_confidence: float
    doubtful: int
    doubtful_under_iou75: float


@dataclass(frozen=True)
class Measured:
    """A model's scores on a folder of images.

    ``weights_sha256``: of the weights that were measured. ``phases``: names. ``scores``: by the
    names that :func:`core.evaluation.headlines.headlines` lists. ``seconds``: a megapixel by the
    clock, ``processor_seconds``: of all threads. ``machine``: in words. ``robustness``: scores of
    the same images after a change of contrast, focus, dose or magnification. ``cluster``: column of
    index.csv that images were resampled by, "" for images themselves. ``by_image``: scores of the
    single images where there are too few for an interval.
    """

    model: str
    weights_sha256: str | None
    images: int
    phases: tuple[str, ...]
    scores: Mapping[str, Estimate]
    confidence_calibration: ConfidenceCalibration | None = None
    seconds: float = NAN
    processor_seconds: float = NAN
    machine: str = ""
    groups: Mapping[str, int] = field(default_factory=dict)
    robustness: tuple[RobustnessScore, ...] = ()
    cluster: str = ""
    by_image: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    object_reliability: ObjectReliability | None = None


def read_measured(path: Path) -> Measured:
    """Return what a file says; scores by a column of index.csv are named
    "foreground_iou_by_COLUMN.VALUE", and ``groups`` tells how many images each holds."""
    entry = json.loads(path.read_text(encoding="utf-8"))
    scores = {key: Estimate(*map(_number, three)) for key, three in entry["headlines"].items()}
    groups = {}
    for key, values in entry.items():
        if key.startswith("foreground_iou_by_"):
            for value, one in values.items():
                bounds = map(_number, one["foreground_iou_interval_95"])
                name = f"{key}.{value}"
                scores[name] = Estimate(_number(one["foreground_iou_macro"]), *bounds)
                groups[name] = one["images"]
    speed, phases = entry["speed"], tuple(entry["iou"])
    few = entry["images"] < FEWEST_IMAGES
    return Measured(
        model=entry["model"],
        weights_sha256=entry["weights_sha256"],
        images=entry["images"],
        phases=phases,
        scores=scores,
        confidence_calibration=_confidence_calibration(entry["confidence_calibration"]),
        seconds=_number(speed["seconds_per_megapixel"]),
        processor_seconds=_number(speed["processor_seconds_per_megapixel"]),
        machine=speed["machine"],
        groups=groups,
        robustness=read_robustness_scores(path.with_suffix(".robustness.csv")),
        cluster=entry.get("cluster", ""),
        by_image=read_image_values(path.with_suffix(".images.csv"), phases) if few else {},
        object_reliability=_object_reliability(entry.get("object_confidence")),
    )


def _confidence_calibration(entry: Mapping[str, Any] | None) -> ConfidenceCalibration | None:
    if entry is None:
        return None
    return ConfidenceCalibration(
        bins=tuple(ReliabilityBin(*map(_number, one)) for one in entry["bins"]),
        error=_number(entry["expected_calibration_error"]),
        overconfidence=_number(entry["overconfidence"]),
        temperature=_number(entry.get("temperature")),
        error_without=_number(entry.get("expected_calibration_error_of_sample")),
        error_with=_number(entry.get("expected_calibration_error_at_temperature")),
    )


def _object_reliability(entry: Mapping[str, Any] | None) -> ObjectReliability | None:
    if entry is None:
        return None
    return ObjectReliability(
        bins=tuple(ReliabilityBin(*map(_number, one)) for one in entry["bins"]),
        error=entry["expected_calibration_error"],
        minimum_confidence=entry["minimum_confidence"],
        doubtful=entry["doubtful"],
        doubtful_under_iou75=_number(entry["doubtful_under_iou75"]),
    )


def _number(value: float | None) -> float:
    return NAN if value is None else value

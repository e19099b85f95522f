"""The scores of single images, shown in place of an interval where there are few images."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

OF_IMAGE = {
    "foreground_iou_macro": "foreground_iou",
    "objects_f1_iou50_macro": "objects_f1_iou50",
    "panoptic_quality_macro": "panoptic_quality",
    "mean_diameter_error": "mean_diameter_error",
    "expected_calibration_error": "expected_calibration_error",
    "boundary_dice_within_3px": "boundary_dice_within_3px",
    "network_f1_within_3px": "network_f1_within_3px",
    "mean_intercept_absolute_error": "mean_intercept_absolute_error",
}
"""Column of NAME.images.csv by the name of a score."""
OF_PHASE = {
    "iou": "iou",
    "boundary_f1_2px": "boundary_f1_2px_by_phase",
    "phase_fraction_error_points": "phase_fraction_error_points",
}


def read_image_values(path: Path, phases: Sequence[str]) -> dict[str, tuple[float, ...]]:
    """Return each score of a NAME.images.csv by image; empty where there is no such file."""
    if not path.is_file():
        return {}
    with path.open(newline="", encoding="utf-8") as lines:
        return image_values(list(csv.DictReader(lines)), phases)


def image_values(
    rows: Sequence[Mapping[str, object]], phases: Sequence[str]
) -> dict[str, tuple[float, ...]]:
    """Return each score by image, nan where an image has none.

    ``rows``: of NAME.images.csv, one per image.
    """
    columns = dict(OF_IMAGE)
    for key, column in OF_PHASE.items():
        columns |= {f"{key}.{phase}": f"{column}_{phase.replace(' ', '_')}" for phase in phases}
    found = {
        key: tuple(_number(row[column]) for row in rows)
        for key, column in columns.items()
        if column in rows[0]
    }
    of_phases = np.array([found[f"iou.{phase}"] for phase in phases])
    return found | {"mean_iou": tuple(np.nanmean(of_phases, axis=0).tolist())}


def _number(value: object) -> float:
    return float("nan") if value in (None, "") else float(str(value))

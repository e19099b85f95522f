"""How far a model is off in what is measured of its results, from its scores of single images."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from core.evaluation.image_values import image_values
from core.measurement.uncertainty import ModelError, model_error


def read_measurand_errors(path: Path, phases: Sequence[str]) -> tuple[ModelError, ...]:
    """Return the errors that a NAME.images.csv holds; none where there is no such file.

    Of the mean diameter and the mean intercept, relative, and of the fraction of each of
    ``phases``, in percentage points.
    """
    if not path.is_file():
        return ()
    with path.open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    values = image_values(rows, phases)
    errors: dict[str, Sequence[float]] = {
        f"fraction.{phase}": values[f"phase_fraction_error_points.{phase}"] for phase in phases
    }
    if "mean_diameter_error" in values:
        errors["mean_diameter"] = values["mean_diameter_error"]
    if "mean_intercept_px" in rows[0]:
        found, given = (
            np.array([float(row[column] or "nan") for row in rows])
            for column in ("mean_intercept_px", "mean_intercept_px_in_mask")
        )
        errors["mean_intercept"] = (found / given - 1).tolist()
    known = [model_error(measurand, one) for measurand, one in errors.items()]
    return tuple(one for one in known if one is not None)

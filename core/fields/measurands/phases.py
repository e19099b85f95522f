"""Phase fractions of one field, by area or by a grid of points."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from core.errors import DataError
from core.fields.quantity import ONE_FIELD, Quantity, of_one_field
from core.fields.result import Drawing, DrawnHits, FieldMeasurement
from core.fields.view import Scale, View
from core.measurement.stereology import PointCount, count_points, phase_on_lines
from core.measurement.uncertainty import Part

REFERENCES = (
    "ASTM E562-19, Volume fraction by systematic manual point count",
    "ASTM E1245-03(2016), Inclusion or second-phase constituent content by image analysis",
)


def measure_phases(view: View) -> FieldMeasurement:
    """Measure the fraction of every phase; the headline is that of the phase asked for."""
    phases = view.analysis.segmentation.phases
    chosen = view.phase()
    if not view.measurable.any():
        raise DataError("No pixel of the image can be measured: make the info bar smaller.")
    # Where the image holds no grey level there is no phase.
    points = {
        index: count_points(view.labels == index, view.measurable, view.settings.grid_points)
        for index in range(len(phases))
    }
    by_area = [_by_area(view, index) for index in range(len(phases))]
    by_points = [_by_points(view, index, points[index]) for index in range(len(phases))]
    counting = view.settings.phase_method == "point count"
    quantities = [*by_points, *by_area] if counting else [*by_area, *by_points]
    quantities += _structure(view, chosen)
    headline = (by_points if counting else by_area)[chosen]
    return FieldMeasurement(
        name=view.analysis.micrograph.name,
        kind="phases",
        headline=headline,
        quantities=tuple(quantities),
        table=_table(view, by_area, by_points),
        counted="phases",
        method=_method(view, counting),
        scale=view.scale_in_words,
        settings=view.settings,
        pixel_nm=view.pixel_nm,
        drawing=Drawing(hits=_hits(view, points[chosen])) if counting else Drawing(),
        references=REFERENCES,
        warnings=_warnings(view, headline, chosen),
        is_empty=not headline.value,
    )


def _by_area(view: View, phase: int) -> Quantity:
    name = view.analysis.segmentation.phases[phase].name
    inside = (view.labels == phase) & view.measurable
    value = 100 * np.count_nonzero(inside) / np.count_nonzero(view.measurable)
    return Quantity(
        key=f"fraction_{_key(name)}",
        name=f"Fraction of {name}",
        value=float(value),
        unit="%",
        symbol="A_A",
        reason=ONE_FIELD,
        n=1,
        counted="fields",
        method="area fraction; ASTM E1245",
        parts=_model_part(view, name),
    )


def _by_points(view: View, phase: int, points: PointCount) -> Quantity:
    name = view.analysis.segmentation.phases[phase].name
    return Quantity(
        key=f"points_{_key(name)}",
        name=f"Fraction of {name}, point count",
        value=100 * points.fraction,
        unit="%",
        symbol="P_P",
        reason=ONE_FIELD,
        n=len(points.counts),
        counted="points",
        method="point count; ASTM E562",
        parts=_model_part(view, name),
    )


def _model_part(view: View, phase: str) -> tuple[Part, ...]:
    """Return the model's error of a fraction, in percentage points."""
    return tuple(
        Part(
            "model",
            one.within_95,
            one.within_95,
            f"within {one.within_95:.2g} percentage points of the reference {one.images_in_words}",
            one.shared,
        )
        for one in view.model_errors
        if one.measurand == f"fraction.{phase}"
    )


def _structure(view: View, phase: int) -> Iterator[Quantity]:
    lines = phase_on_lines(view.labels == phase, view.measurable)
    name = view.analysis.segmentation.phases[phase].name
    for key, title, symbol, px in (
        ("mean_intercept", f"Mean intercept of {name}", "L̄", lines.mean_intercept_px),
        ("mean_free_path", f"Mean free path between {name}", "λ", lines.mean_free_path_px),
    ):
        if px is None:
            continue
        scale: Scale = view.scale(px)
        value = px * scale.per_px
        yield of_one_field(
            key,
            title,
            value,
            scale.unit,
            view.systematic_parts(value, 1),
            symbol=symbol,
            method="along rows and columns; ASTM E1245",
        )


def _table(view: View, by_area: list[Quantity], by_points: list[Quantity]) -> pd.DataFrame:
    nm, unit = (1.0, "px") if view.pixel_nm is None else (view.pixel_nm, "nm")
    pixels = np.count_nonzero(view.measurable)
    return pd.DataFrame(
        {
            "phase": [phase.name for phase in view.analysis.segmentation.phases],
            f"area_{unit}2": [one.value / 100 * pixels * nm**2 for one in by_area],  # type: ignore[operator]
            "area_fraction_percent": [one.value for one in by_area],
            "point_count_percent": [one.value for one in by_points],
        }
    )


def _hits(view: View, points: PointCount) -> DrawnHits:
    return DrawnHits(
        np.arange(len(points.counts)), view.in_image(points.places), points.counts.copy()
    )


def _key(name: str) -> str:
    """Return a phase's name as part of a column's."""
    return "_".join(name.lower().split())


def _method(view: View, counting: bool) -> str:
    side = view.settings.grid_points
    how = (
        f"a grid of {side} x {side} points, those on a boundary counted half, after ASTM E562"
        if counting
        else "the share of pixels after ASTM E1245"
    )
    return (
        f"Phase fractions by {how}, segmented by {view.analysis.card.title}. In a random plane "
        "section the area fraction equals the volume fraction (Delesse 1847)."
    )


def _warnings(view: View, headline: Quantity, phase: int) -> tuple[str, ...]:
    if headline.value:
        return ()
    name = view.analysis.segmentation.phases[phase].name
    return (
        f"The phase {name} was not found in this field, so its fraction is 0 %; check the "
        "segmentation.",
    )

"""Grain size numbers, intercepts and areas of one field, each with its standard."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from core.fields.measurands.counted import Counted
from core.fields.measurands.grain_map import GrainMap
from core.fields.quantity import Quantity, from_sample, missing
from core.fields.settings import GrainMethod
from core.fields.view import NO_SCALE, Scale, View, model_parts
from core.measurement.grains.grain_size import (
    GrainCount,
    Intercepts,
    g_from_area,
    g_from_count,
    g_from_intercept,
    g_iso643,
)
from core.measurement.grains.intercept_lines import DIRECTIONS
from core.measurement.grains.line_intercepts import LineIntercepts
from core.measurement.uncertainty import ModelError, Part

NO_HITS = "No test line crosses a boundary, so there is no mean intercept; check the segmentation."
NOT_CLOSED = "The boundaries do not close to grains; the mean chord needs no closed ones."
METHODS: dict[GrainMethod, tuple[str, str, str]] = {
    "lines in four directions": ("g_lines", "ASTM G by test lines", "ASTM E112, Heyn's lines"),
    "three circles": ("g_circles", "ASTM G by three circles", "ASTM E112, Abrams' three circles"),
    "planimetric circle": (
        "g_jeffries",
        "ASTM G by counting in a circle",
        "ASTM E112, Jeffries' circle",
    ),
    "planimetric rectangle": (
        "g_saltykov",
        "ASTM G by counting in a rectangle",
        "ASTM E112, Saltykov's rectangle",
    ),
}


def numbers(view: View, found: GrainMap) -> Iterator[Quantity]:
    """Yield G by each of METHODS."""
    why = NOT_CLOSED if found.is_open else NO_HITS
    yield _g_of_intercepts(view, METHODS["lines in four directions"], found.lines, why)
    yield _g_of_intercepts(view, METHODS["three circles"], found.circles, why)
    yield _g_of_count(view, METHODS["planimetric circle"], found.in_circle, found.is_open)
    yield _g_of_count(view, METHODS["planimetric rectangle"], found.in_rectangle, found.is_open)


def _g_of_intercepts(
    view: View, names: tuple[str, str, str], crossed: LineIntercepts, why_no_hits: str
) -> Quantity:
    key, name, method = names
    if view.pixel_nm is None or crossed.mean_px is None:
        reason = why_no_hits if crossed.mean_px is None else NO_SCALE
        return missing(key, name, "", reason, symbol="G", method=method)
    mean_nm, error = crossed.mean_px * view.pixel_nm, crossed.relative_error
    return _g(names, mean_nm, error, crossed.hits, _g_parts(view))


def g_in_short(found: Intercepts, pixel_nm: float, errors: Sequence[ModelError] = ()) -> Quantity:
    """Return G by lines in four directions, as :func:`numbers` does, from what is kept of them.

    ``found``: with a hit. ``errors``: how far the model is off.
    """
    error = found.relative_error
    parts = model_parts(errors, 1.0, "mean_intercept")
    return _g(
        METHODS["lines in four directions"],
        found.mean_px * pixel_nm,
        float(error) if np.isfinite(error) else None,
        found.hits,
        _of_g(parts),
    )


def _g(
    names: tuple[str, str, str],
    mean_nm: float,
    error: float | None,
    hits: int,
    parts: Sequence[Part],
) -> Quantity:
    """Return G of a mean intercept; ``error``: its relative half-width from counting alone."""
    key, name, method = names
    value = g_from_intercept(mean_nm * 1e-6)
    reach = None if error is None else 2 * float(np.log2(1 + error))
    return from_sample(
        key,
        name,
        value,
        "",
        None if reach is None else (value - reach, value + reach),
        parts,
        symbol="G",
        reason="Fewer than two whole intercepts, so there is no confidence interval.",
        n=hits,
        counted="intercepts",
        method=method,
    )


def _g_of_count(
    view: View, names: tuple[str, str, str], count: GrainCount, is_open: bool
) -> Quantity:
    key, name, method = names
    if view.pixel_nm is None or count.equivalent <= 0 or is_open:
        reason = NO_SCALE if view.pixel_nm is None else "No grain was counted."
        reason = NOT_CLOSED if is_open else reason
        return missing(key, name, "", reason, symbol="G", method=method)
    value = g_from_count(count.equivalent / (count.area_px * (view.pixel_nm * 1e-6) ** 2))
    # As of points thrown at random; real grains are more even.
    reach = float(np.log2(1 + 1.96 / np.sqrt(count.equivalent)))
    return from_sample(
        key,
        name,
        value,
        "",
        (value - reach, value + reach),
        _g_parts(view),
        symbol="G",
        n=count.inside + count.cut + count.corners,
        counted="grains",
        method=method,
    )


def _g_parts(view: View) -> tuple[Part, ...]:
    """Return what pixel size and model add to G: 2 log2(1 + r) for a relative error r of length."""
    return _of_g(view.systematic_parts(1.0, 1, "mean_intercept"))


def _of_g(of_length: Sequence[Part]) -> tuple[Part, ...]:
    return tuple(
        replace(
            part,
            below=2 * float(np.log2(1 + part.below)),
            above=2 * float(np.log2(1 + part.above)),
        )
        for part in of_length
    )


def mean_intercepts(view: View, found: GrainMap, scale: Scale) -> Iterator[Quantity]:
    circles = view.settings.grain_method == "three circles"
    crossed = found.circles if circles else found.lines
    if crossed.mean_px is None:
        why = NOT_CLOSED if found.is_open else NO_HITS
        yield missing("mean_intercept", "Mean intercept", scale.unit, why, symbol="ℓ̄")
        yield from _chords(view, found, scale)
        return
    value, error = crossed.mean_px * scale.per_px, crossed.relative_error
    yield from_sample(
        "mean_intercept",
        "Mean intercept",
        value,
        scale.unit,
        None if error is None else (value * (1 - error), value * (1 + error)),
        view.systematic_parts(value, 1, "mean_intercept"),
        symbol="ℓ̄",
        reason="Fewer than two whole intercepts, so there is no confidence interval.",
        n=crossed.hits,
        counted="intercepts",
        method="L / P; ASTM E112",
    )
    yield from _by_direction(view, found.lines, scale)
    yield from _chords(view, found, scale)


def _chords(view: View, found: GrainMap, scale: Scale) -> Iterator[Quantity]:
    """Yield the mean chord, shorter than the mean intercept by the boundaries' width."""
    crossed = found.as_segmented
    chords = np.empty(0) if crossed is None else crossed.chords_px
    if len(chords):
        yield Counted(view, scale, len(chords), "chords").length(
            "mean_chord",
            "Mean chord from rim to rim of boundaries as segmented",
            float(chords.mean()),
            symbol="c̄",
            method="lines in four directions, gaps not closed; as NIST's grain-size tools",
            measurand="mean_intercept",
        )


def _by_direction(view: View, lines: LineIntercepts, scale: Scale) -> Iterator[Quantity]:
    along = {one: lines.mean_along_px(one) for one in DIRECTIONS}
    for direction, px in along.items():
        if px is not None:
            yield Counted(view, scale, lines.hits_along(direction), "intercepts").length(
                f"mean_intercept_{direction}",
                f"Mean intercept along {direction}°",
                px,
                symbol=f"ℓ̄_{direction}",
                method="L / P; ASTM E112",
                measurand="mean_intercept",
            )
    if along[0] and along[90]:
        yield Counted(view, scale, lines.hits, "intercepts").value(
            "anisotropy",
            "Anisotropy: mean intercept along 0° by that along 90°",
            along[0] / along[90],
            symbol="AI",
            method="ASTM E112",
        )


def areas(view: View, found: GrainMap, scale: Scale) -> Iterator[Quantity]:
    count = found.in_rectangle
    if not count.equivalent or found.is_open:
        return
    told = Counted(view, scale, len(found.table), "grains")
    per_px2 = count.equivalent / count.area_px
    method = "Saltykov's rectangle; ASTM E112"
    yield told.per_area("number_density", "Grains per area", per_px2, symbol="N_A", method=method)
    yield told.area(
        "mean_area", "Mean grain area", 1 / per_px2, symbol="Ā", method="1 / N_A; ASTM E112"
    )
    if view.pixel_nm is not None:
        yield told.value(
            "g_iso643",
            "G after ISO 643",
            g_iso643(per_px2 / (view.pixel_nm * 1e-6) ** 2),
            parts=_g_parts(view),
            symbol="G",
            method="ISO 643, from grains per area",
        )
    yield from _whole_grains(view, found, scale)


def _whole_grains(view: View, found: GrainMap, scale: Scale) -> Iterator[Quantity]:
    """Yield what is told by the grains that the edge does not cut: E1382's mean, E930's largest."""
    whole = found.table[~found.table["touches_edge"].astype(bool)]
    if whole.empty:
        return
    told = Counted(view, scale, len(whole), "whole grains")
    areas_px = whole[f"area_{'px' if view.pixel_nm is None else 'nm'}2"].to_numpy()
    areas_px = areas_px / (1.0 if view.pixel_nm is None else view.pixel_nm**2)
    yield told.area(
        "mean_whole_area",
        "Mean area of whole grains",
        float(np.average(areas_px, weights=whole["edge_weight"])),
        symbol="Ā",
        method="whole grains, edge-corrected; ASTM E1382",
    )
    largest = float(areas_px.max())
    name = "Area of the largest grain"
    yield told.area("largest_area", name, largest, symbol="A_max", method="ASTM E930")
    if view.pixel_nm is not None:
        yield told.value(
            "g_ala",
            "G of the largest grain, ALA",
            g_from_area(largest * (view.pixel_nm * 1e-6) ** 2),
            parts=_g_parts(view),
            symbol="ALA G",
            method="ASTM E930",
        )

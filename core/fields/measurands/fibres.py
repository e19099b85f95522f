"""Fibres of one field: diameters along the medial axis, directions, openings of the mesh."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np
import pandas as pd

from core.fields.measurands.counted import Counted
from core.fields.measurands.lines import axis_lines, long_things, thickness_lines
from core.fields.quantity import Quantity, missing
from core.fields.result import Distribution, Drawing, FieldMeasurement
from core.fields.view import Scale, View
from core.fields.words import beside_the_sample, listed
from core.measurement.direction import mean_direction
from core.measurement.fibre_lines import fibres
from core.measurement.medial_axis import Branch, medial_axis
from core.measurement.thickness import Profile, is_cut, length_px, profile
from core.pixels.image_area import along_edge
from core.types.progress import ProgressCallback

WORDS = ("fibre", "fiber")
NONE = "No fibre was found, so there is no diameter; check the phase and the segmentation."
ONE = "One fibre has no confidence interval; measure several."
FEW_PIXELS = 5.0
DRAWN_EVERY = 6
REFERENCES = (
    "Hotaling et al. 2015, DiameterJ, doi:10.1016/j.biomaterials.2015.05.015 (diameters along the "
    "medial axis, crossings left out)",
)


@dataclass(frozen=True, eq=False)
class _Fibre:
    """One fibre, lengths in px: ``branches`` and the thickness along each."""

    branches: tuple[Branch, ...]
    profiles: tuple[Profile, ...]
    length: float
    is_cut: bool

    @property
    def diameters(self) -> np.ndarray:
        return np.concatenate([one.thickness_px for one in self.profiles])

    @property
    def angles(self) -> np.ndarray:
        return np.concatenate([one.angle_deg for one in self.profiles])


def measure_fibres(view: View) -> FieldMeasurement:
    """Measure the fibres of a phase: each, and all together."""
    phase = view.phase(WORDS)
    mask = view.regions(phase) > 0
    found = _fibres(mask, view.progress)
    every = np.concatenate([np.empty(0), *(one.diameters for one in found)])
    scale = view.scale(float(np.median(every)) if len(every) else 1.0)
    openings = _openings(mask, view)
    quantities = tuple(_quantities(view, scale, found, mask, openings))
    return FieldMeasurement(
        name=view.analysis.micrograph.name,
        kind="fibres",
        headline=quantities[0],
        quantities=quantities,
        table=_table(view, found),
        counted="fibres",
        method=(
            "Fibre diameters across the medial axis, one value a pixel along it, crossings left "
            f"out, segmented by {view.analysis.card.title}. The mean is over the length of all "
            f"fibres{_of_interval(quantities[0])}."
        ),
        scale=view.scale_in_words,
        settings=view.settings,
        pixel_nm=view.pixel_nm,
        distribution=_distribution(every, scale),
        further=tuple(_further(found, scale, openings)),
        drawing=Drawing(
            lines=tuple(
                line
                for one in found
                for line in (
                    *axis_lines(view, one.branches),
                    *(
                        drawn
                        for part in one.profiles
                        for drawn in thickness_lines(view, part, DRAWN_EVERY)
                    ),
                )
            )
        ),
        references=REFERENCES,
        warnings=_warnings(every),
        is_empty=not len(every),
    )


def _of_interval(headline: Quantity) -> str:
    if headline.interval is None:
        return ""
    held = listed(("the scatter between fibres of this field", *beside_the_sample(headline)))
    return f"; its 95 % interval holds {held}"


def _fibres(mask: np.ndarray, progress: ProgressCallback) -> list[_Fibre]:
    axis = medial_axis(mask, progress)
    found = []
    lines = fibres(axis)
    for done, branches in enumerate(lines):
        progress(done, len(lines))
        profiles = tuple(profile(mask, axis, one, clear_of_junctions=True) for one in branches)
        one = _Fibre(branches, profiles, length_px(axis, branches), is_cut(branches))
        # Between two crossings that lie close there is no place clear of both.
        if len(one.diameters):
            found.append(one)
    return found


def _openings(mask: np.ndarray, view: View) -> np.ndarray:
    """Return the areas (n,) in px of the openings between fibres that the edge does not cut."""
    between = ~mask & view.measurable
    count, number = cv2.connectedComponents(between.astype(np.uint8), connectivity=4)
    areas = np.bincount(number.ravel(), minlength=count)
    areas[0] = 0
    areas[np.unique(number[along_edge(view.measurable)])] = 0
    return areas[areas > 0].astype(np.float64)


def _quantities(
    view: View, scale: Scale, found: list[_Fibre], mask: np.ndarray, openings: np.ndarray
) -> Iterator[Quantity]:
    told = Counted(view, scale, len(found), "fibres")
    if not found:
        yield missing("mean_fibre_diameter", "Mean fibre diameter", scale.unit, NONE, symbol="d̄")
        yield missing("direction", "Mean direction of fibres", "°", NONE, symbol="θ̄")
    else:
        yield told.mean_length(
            "mean_fibre_diameter",
            "Mean fibre diameter",
            np.array([one.diameters.mean() for one in found]),
            np.array([len(one.diameters) for one in found], float),
            symbol="d̄",
            reason=ONE,
            method="over the length of all fibres",
        )
        yield from _spread_and_direction(told, found)
    method = "branches joined straight on through crossings"
    yield told.value("count", "Fibres", len(found), symbol="N", method=method)
    covered = 100 * np.count_nonzero(mask & view.measurable) / np.count_nonzero(view.measurable)
    yield told.value(
        "area_fraction", "Area fraction of fibres", covered, "%", symbol="A_A", method="ASTM E1245"
    )
    yield _of_openings(view, scale, openings)


def _spread_and_direction(told: Counted, found: list[_Fibre]) -> Iterator[Quantity]:
    every = np.concatenate([one.diameters for one in found])
    places = replace(told, n=len(every), counted="places")
    for key, name, px, symbol in (
        ("median_fibre_diameter", "Median fibre diameter", np.median(every), "d50"),
        ("fibre_diameter_deviation", "Standard deviation of diameters", every.std(), "s_d"),
    ):
        method = "over the length of all fibres"
        yield places.length(key, name, float(px), symbol=symbol, method=method)
    yield told.length(
        "total_length",
        "Length of all fibres",
        sum(one.length for one in found),
        symbol="L",
        method="along the medial axis",
    )
    angle, resultant = mean_direction(np.concatenate([one.angles for one in found]))
    yield told.value(
        "direction",
        "Mean direction of fibres",
        angle,
        "°",
        symbol="θ̄",
        method="axial mean, counter-clockwise from the horizontal",
    )
    yield told.value(
        "alignment",
        "Alignment: 0 evenly spread, 1 all parallel",
        resultant,
        symbol="R̄",
        method="mean resultant length of doubled angles",
    )


def _of_openings(view: View, scale: Scale, openings: np.ndarray) -> Quantity:
    if not len(openings):
        reason = "No opening of the mesh lies wholly in the image; use a lower magnification."
        return missing("mean_opening", "Mean mesh opening", scale.unit, reason, symbol="d̄_o")
    return Counted(view, scale, len(openings), "openings").mean_length(
        "mean_opening",
        "Mean mesh opening",
        _diameters(openings),
        symbol="d̄_o",
        reason="One opening has no interval.",
        method="equivalent diameter; those that the edge cuts left out",
    )


def _diameters(areas: np.ndarray) -> np.ndarray:
    return np.sqrt(4 * areas / np.pi)


def _table(view: View, found: list[_Fibre]) -> pd.DataFrame:
    nm, unit = (1.0, "px") if view.pixel_nm is None else (view.pixel_nm, "nm")
    columns: dict[str, list[float]] = {
        f"mean_diameter_{unit}": [nm * one.diameters.mean() for one in found],
        f"diameter_deviation_{unit}": [nm * one.diameters.std() for one in found],
        f"minimum_diameter_{unit}": [nm * one.diameters.min() for one in found],
        f"maximum_diameter_{unit}": [nm * one.diameters.max() for one in found],
        f"length_{unit}": [nm * one.length for one in found],
        "orientation_deg": [mean_direction(one.angles)[0] for one in found],
        "touches_edge": [one.is_cut for one in found],
    }
    return long_things(view, [one.branches for one in found], columns)


def _distribution(every: np.ndarray, scale: Scale) -> Distribution | None:
    if not len(every):
        return None
    values = every * scale.per_px
    return Distribution(
        "fibre_diameter", "Fibre diameter", scale.unit, values, np.ones(len(values)), "places"
    )


def _further(found: list[_Fibre], scale: Scale, openings: np.ndarray) -> Iterator[Distribution]:
    if found:
        angles = np.concatenate([one.angles for one in found])
        ones = np.ones(len(angles))
        yield Distribution("orientation", "Direction of fibres", "°", angles, ones, "places")
    if len(openings):
        sizes, ones = _diameters(openings) * scale.per_px, np.ones(len(openings))
        yield Distribution("opening", "Mesh opening", scale.unit, sizes, ones, "openings")


def _warnings(every: np.ndarray) -> tuple[str, ...]:
    if not len(every):
        return (NONE,)
    if float(np.median(every)) < FEW_PIXELS:
        return (
            f"Half of the fibres are under {FEW_PIXELS:g} px wide, so a diameter is uncertain by "
            "a fifth and more; use a higher magnification.",
        )
    return ()

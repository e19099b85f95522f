"""Grain size of one field: by intercepts and by counting, on a closed network of boundaries."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from core.fields.measurands.grain_map import GrainMap, grain_map
from core.fields.measurands.grain_quantities import (
    METHODS,
    NO_HITS,
    areas,
    mean_intercepts,
    numbers,
)
from core.fields.measurands.sizes import fitted
from core.fields.quantity import Quantity
from core.fields.result import Distribution, Drawing, DrawnHits, DrawnLine, FieldMeasurement
from core.fields.settings import GrainMethod
from core.fields.view import Scale, View
from core.fields.words import beside_the_sample, listed
from core.measurement.grains.grain_size import CIRCLE
from core.segmentation.grains.second_phase import second_phase_mask
from core.types.progress import ProgressCallback

FEWEST_GRAINS = 50
SCATTERED = (
    "The model finds separate objects, no grains that fill the image: what lies between them was "
    "given to the nearest, so this is no grain size. Use a model of grain boundaries."
)
REFERENCES = (
    "ASTM E112-13, Standard test methods for determining average grain size",
    "ASTM E1382-97(2015), Average grain size using semiautomatic and automatic image analysis",
    "ASTM E930-18, Estimating the largest grain observed in a metallographic section (ALA)",
    "ISO 643:2019, Micrographic determination of the apparent grain size",
)


def measure_grains(view: View) -> FieldMeasurement:
    """Measure grain size by every method; the headline is by the one asked for."""
    found = grain_map(view)
    _find_all(found, view.progress)
    mean = found.lines.mean_px
    scale = view.scale(_typical_px(found))
    by_method = dict(zip(METHODS, numbers(view, found), strict=True))
    headline = by_method[view.settings.grain_method]
    if view.pixel_nm is None and mean is not None:
        headline = next(mean_intercepts(view, found, scale))
    quantities = list(
        dict.fromkeys(
            [
                *by_method.values(),
                *mean_intercepts(view, found, scale),
                *areas(view, found, scale),
            ]
        )
    )
    table = found.table
    return FieldMeasurement(
        name=view.analysis.micrograph.name,
        kind="grains",
        headline=headline,
        quantities=tuple(quantities),
        table=table,
        counted="grains",
        method=_method(view, headline),
        scale=view.scale_in_words,
        settings=view.settings,
        pixel_nm=view.pixel_nm,
        distribution=_distribution(view, table, scale),
        drawing=_drawing(view, found),
        references=REFERENCES,
        notes=tuple(_notes(view, found)),
        warnings=_warnings(found),
        is_empty=mean is None,
    )


def _typical_px(found: GrainMap) -> float:
    """Return a length of the grains that lengths are shown in the unit of."""
    chords = np.empty(0) if found.as_segmented is None else found.as_segmented.chords_px
    if found.lines.mean_px is None and len(chords):
        return float(chords.mean())
    return found.lines.mean_px or float(min(found.grains.shape))


def _find_all(found: GrainMap, progress: ProgressCallback) -> None:
    """Find what is told of the grains, step by step."""
    steps = ("grains", "lines", "as_segmented", "circles", "in_circle", "in_rectangle", "table")
    for done, name in enumerate(steps):
        progress(done, len(steps))
        getattr(found, name)


def _distribution(view: View, table: pd.DataFrame, scale: Scale) -> Distribution | None:
    whole = table[~table["touches_edge"].astype(bool)]
    if whole.empty:
        return None
    unit, nm = ("px", 1.0) if view.pixel_nm is None else ("nm", view.pixel_nm)
    sizes = whole[f"equivalent_diameter_{unit}"].to_numpy() / nm * scale.per_px
    weights = whole["edge_weight"].to_numpy()
    fit = fitted(view.settings, sizes, weights)
    return Distribution(
        "equivalent_diameter", "Equivalent diameter", scale.unit, sizes, weights, "grains", fit
    )


def _drawing(view: View, found: GrainMap) -> Drawing:
    method = view.settings.grain_method
    if method in ("planimetric circle", "planimetric rectangle"):
        return Drawing(lines=(_frame(view, found.grains.shape, method),))
    circles = method == "three circles"
    crossed = found.circles if circles else found.lines
    return Drawing(
        lines=tuple(
            DrawnLine(
                "test circle" if circles else "test line", view.in_image(line.points[[*ends]])
            )
            for line in crossed.lines
            for ends in [range(len(line.points)) if circles else (0, -1)]
        ),
        hits=DrawnHits(
            np.arange(len(crossed.kept)),
            view.in_image(crossed.places),
            crossed.kept.astype(np.float64),
        ),
    )


def _frame(view: View, shape: tuple[int, int], method: GrainMethod) -> DrawnLine:
    height, width = shape
    if method == "planimetric rectangle":
        corners = [(0, 0), (0, width), (height, width), (height, 0), (0, 0)]
        return DrawnLine("frame", view.in_image(np.array(corners, float) - 0.5))
    angle = np.linspace(0, 2 * np.pi, 181)
    around = np.column_stack([np.sin(angle), np.cos(angle)]) * CIRCLE * min(shape) / 2
    return DrawnLine("frame", view.in_image(around + (np.array(shape) - 1) / 2))


def _method(view: View, headline: Quantity) -> str:
    spacing = view.settings.line_spacing_px
    apart = "about one mean intercept" if spacing is None else f"{spacing} px"
    how = {
        "lines in four directions": (
            f"test lines in four directions, {apart} apart, after ASTM E112 (Heyn)"
        ),
        "three circles": "three test circles after ASTM E112 (Abrams)",
        "planimetric circle": "counting in a circle after ASTM E112 (Jeffries)",
        "planimetric rectangle": "counting in the image after ASTM E112 (Saltykov)",
    }[view.settings.grain_method]
    return (
        f"Grain size by {how}, on a closed network of boundaries without width, segmented by "
        f"{view.analysis.card.title}. {_of_interval(headline)}"
    )


def _of_interval(headline: Quantity) -> str:
    if headline.interval is None:
        return "This field gives no interval."
    held = listed(("what counting in one field leaves open", *beside_the_sample(headline)))
    return f"The interval holds {held}; other fields may differ by more."


def _notes(view: View, found: GrainMap) -> Iterator[str]:
    """Yield what the edge does to grains, and what was decided by hand."""
    cut = int(found.table["touches_edge"].astype(bool).sum())
    yield (
        f"The edge cuts {cut:,} of {len(found.table):,} grains: in counts each is a half, at a "
        "corner a quarter; the distribution has whole grains only, weighted by the inverse of "
        "their chance to lie inside (Miles-Lantuéjoul)."
    )
    yield from _other_count(view, found)
    yield from _second_phase(view)
    removed = len(view.settings.removed_hits)
    if removed:
        yield f"{removed:,} hits of test lines were removed by hand."
    if view.analysis.by_hand is not None:
        yield f"The grains were {view.analysis.by_hand}."


def _other_count(view: View, found: GrainMap) -> Iterator[str]:
    """Yield why the table of the segmentation has another number of grains, if it has."""
    segmented, closed = len(view.analysis.table), len(found.table)
    if view.analysis.by_hand is None and segmented != closed:
        yield (
            f"The segmentation's own table has {segmented:,} grains, not {closed:,}: it numbers "
            "the regions between boundaries as they were drawn. Here gaps in boundaries are closed "
            "first, and regions that no boundary parts are one grain."
        )


def _second_phase(view: View) -> Iterator[str]:
    """Yield what became of particles among the grains, if there are any."""
    card, settings = view.analysis.card, view.analysis.object_settings
    particles = second_phase_mask(view.labels, card) & view.measurable
    if view.analysis.by_hand is not None or not particles.any():
        return
    percent = 100 * np.count_nonzero(particles) / np.count_nonzero(view.measurable)
    yield f"A second phase covers {percent:.2g} % of the image; " + (
        "each of its particles counts as a grain, and its outline as boundary."
        if settings.keep_second_phase
        else "it is left out: boundaries go on through particles that sit on them, and particles "
        "within a grain belong to it."
    )


def _warnings(found: GrainMap) -> tuple[str, ...]:
    grains, crossed = len(found.table), found.as_segmented
    if found.is_open and crossed is not None:
        return (
            f"The boundaries do not close to grains: test lines cross {crossed.hits:,} stretches "
            f"of boundary and {found.lines.hits:,} borders between closed grains, so grains are "
            "not counted, and a mean intercept is too large; the mean chord needs no closed "
            "grains.",
        )
    if found.lines.mean_px is None:
        return (NO_HITS,)
    if found.is_scattered:
        return (SCATTERED,)
    if grains < FEWEST_GRAINS:
        return (
            f"{grains} grains are in the field and at least {FEWEST_GRAINS} are needed; measure "
            "more fields or use a lower magnification.",
        )
    return ()

"""Particles of one field: sizes, shapes, and how they lie to each other."""

from __future__ import annotations

import numpy as np
import pandas as pd

from core.fields.measurands.particle_quantities import (
    ONE,
    amounts_of,
    arrangement_of,
    column_of,
    distances_px,
    iso_aspect_ratio,
    shapes_of,
    sizes_of,
    whole_in_words,
)
from core.fields.measurands.sizes import fitted
from core.fields.quantity import Quantity
from core.fields.result import Distribution, FieldMeasurement
from core.fields.view import Scale, View
from core.fields.words import beside_the_sample, listed
from core.measurement.few_pixels import FEW_PIXELS
from core.measurement.particle_size import SizeDistribution, particles_needed, size_distribution

FEW = 50
"""Particles below which nothing is said to be enough."""
REFERENCES = (
    "ISO 13322-1:2014, Particle size analysis: image analysis methods, static",
    "ISO 9276-1, 9276-2 and 9276-6, Representation of results of particle size analysis",
    "Lantuéjoul 1980, On the estimation of mean values in individual analysis of particles, "
    "Microscopica Acta (edge correction)",
)


def measure_particles(view: View) -> FieldMeasurement:
    """Measure the objects of an analysis as particles, or the regions of a phase."""
    table = view.particle_table
    whole = table[~table["touches_edge"].astype(bool)]
    diameters_px = whole[column_of(table, "equivalent_diameter_")].to_numpy() / _table_nm(view)
    scale = view.scale(float(np.median(diameters_px)) if len(whole) else 1.0)
    sizes = diameters_px * scale.per_px
    weights = whole["edge_weight"].to_numpy() if view.settings.edge_correction else None
    used = np.ones(len(sizes)) if weights is None else weights
    found = size_distribution(sizes, weights) if len(whole) else None
    distances = distances_px(view, table)
    quantities = (
        *sizes_of(view, scale, found, _why_none(len(table))),
        *shapes_of(whole, weights),
        *amounts_of(view, scale, table),
        *arrangement_of(view, scale, distances),
    )
    return FieldMeasurement(
        name=view.analysis.micrograph.name,
        kind="particles",
        headline=quantities[0],
        quantities=quantities,
        table=_table(view, distances),
        counted="particles",
        method=_method(view, quantities[0]),
        scale=view.scale_in_words,
        settings=view.settings,
        pixel_nm=view.pixel_nm,
        distribution=_distribution(view, scale, sizes, used),
        further=_neighbours(scale, distances),
        references=REFERENCES,
        notes=_notes(view, found, len(table)),
        warnings=_warnings(len(table), len(whole), diameters_px),
        is_empty=table.empty,
    )


def _table(view: View, distances: np.ndarray) -> pd.DataFrame:
    """Return the table of objects with the aspect ratio of ISO 9276-6, at most 1, and the distance
    to the nearest neighbour."""
    table = view.particle_table
    if table.empty:
        return table
    added = {"iso_aspect_ratio": iso_aspect_ratio(table)}
    if len(distances):
        unit = "px" if view.pixel_nm is None else "nm"
        added[f"nearest_neighbour_{unit}"] = distances * _table_nm(view)
    return table.assign(**added)


def _distribution(
    view: View, scale: Scale, sizes: np.ndarray, weights: np.ndarray
) -> Distribution | None:
    if not len(sizes):
        return None
    fit = fitted(view.settings, sizes, weights)
    return Distribution(
        "equivalent_diameter",
        "Equivalent diameter",
        scale.unit,
        sizes,
        weights,
        "particles",
        fit,
    )


def _neighbours(scale: Scale, distances: np.ndarray) -> tuple[Distribution, ...]:
    if not len(distances):
        return ()
    values, ones = distances * scale.per_px, np.ones(len(distances))
    name = "Distance to the nearest neighbour"
    return (Distribution("nearest_neighbour", name, scale.unit, values, ones, "particles"),)


def _table_nm(view: View) -> float:
    """Return how much of the table's unit of length a pixel has."""
    return 1.0 if view.pixel_nm is None else view.pixel_nm


def _why_none(count: int) -> str:
    if count:
        return (
            "The edge of the image cuts every particle, so none can be sized; use a lower "
            "magnification."
        )
    return "No particle was found, so there is no size; check the segmentation."


def _notes(view: View, found: SizeDistribution | None, count: int) -> tuple[str, ...]:
    if found is None:
        return ()
    notes = [whole_in_words(found.count, count, "particles")]
    for name, title in (("number_mean", "mean diameter"), ("volume_mean", "d[4,3]")):
        needed = particles_needed(found, name, view.settings.precision)
        if needed is None:
            continue
        more = max(0, needed - found.count)
        if not more and found.count < FEW:
            continue
        ask = f"about {more:,} more particles are needed" if more else "there are enough particles"
        within = f"within ± {100 * view.settings.precision:g} % by counting alone"
        notes.append(f"For a {title} {within}, {ask}.")
    return tuple(notes)


def _method(view: View, headline: Quantity) -> str:
    edge = "each weighted by the inverse of its chance to lie inside (Miles-Lantuéjoul)"
    if not view.settings.edge_correction:
        edge = "unweighted, so large ones are under-represented"
    return (
        f"Equivalent diameters of particles after ISO 13322-1, segmented by "
        f"{view.analysis.card.title}; those that the edge cuts are left out of sizes and the rest "
        f"are {edge}. {_of_intervals(headline)}"
    )


def _of_intervals(headline: Quantity) -> str:
    if headline.interval is None:
        return "Sizes of this field have no interval."
    told = "Intervals of sizes are 95 % bootstrap intervals over the particles of this field."
    added = beside_the_sample(headline)
    if not added:
        return told
    return f"{told} Those of diameters are wider, as they also hold {listed(added)}."


def _warnings(count: int, whole: int, diameters_px: np.ndarray) -> tuple[str, ...]:
    if not whole:
        return (_why_none(count),)
    warnings = []
    small = float(np.mean(diameters_px < FEW_PIXELS))
    if small > 0.1:
        warnings.append(
            f"{100 * small:.0f} % of the particles are under {FEW_PIXELS:g} px wide: their sizes "
            "and shapes are made of too few pixels; use a higher magnification."
        )
    if 1 < whole < FEW:
        warnings.append(f"{whole} whole particles are few for a distribution; measure more fields.")
    elif whole == 1:
        warnings.append(ONE)
    return tuple(warnings)

"""Particles of one field: sizes, shapes, and how they lie to each other."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from core.fields.lines import weighted_mean
from core.fields.quantity import Quantity, from_sample, missing, of_one_field
from core.fields.result import Distribution, FieldMeasurement
from core.fields.view import Scale, View
from core.measurement.arrangement import clark_evans, nearest_neighbours
from core.measurement.particle_size import SizeDistribution, particles_needed, size_distribution
from core.measurement.size_fit import FEWEST_VALUES, SizeFit, fit_sizes
from core.measurement.stereology import phase_on_lines
from core.pixels.image_area import extent

FEW_PIXELS = 10.0
"""Equivalent diameter in px below which size and shape are made of too few pixels."""
SIZES = {
    "d50": ("d50", "Median diameter", "D50", "by number; ISO 9276-1"),
    "d10": ("d10", "D10", "D10", "by number; ISO 9276-1"),
    "d90": ("d90", "D90", "D90", "by number; ISO 9276-1"),
    "number_mean": ("mean_diameter", "Mean diameter", "d[1,0]", "by number; ISO 9276-2"),
    "sauter_mean": ("d32", "Sauter mean diameter", "d[3,2]", "ISO 9276-2"),
    "volume_mean": ("d43", "Volume-weighted mean diameter", "d[4,3]", "ISO 9276-2"),
    "area_d10": ("area_d10", "D10 by area", "D10,2", "by area; ISO 9276-1"),
    "area_d50": ("area_d50", "D50 by area", "D50,2", "by area; ISO 9276-1"),
    "area_d90": ("area_d90", "D90 by area", "D90,2", "by area; ISO 9276-1"),
    "volume_d10": ("volume_d10", "D10 by volume", "D10,3", "by volume; ISO 9276-1"),
    "volume_d50": ("volume_d50", "D50 by volume", "D50,3", "by volume; ISO 9276-1"),
    "volume_d90": ("volume_d90", "D90 by volume", "D90,3", "by volume; ISO 9276-1"),
}
ONE = "There is one particle only, so there is no confidence interval."
REFERENCES = (
    "ISO 13322-1:2014, Particle size analysis: image analysis methods, static",
    "ISO 9276-1, 9276-2 and 9276-6, Representation of results of particle size analysis",
    "Lantuéjoul 1980, On the estimation of mean values in individual analysis of particles, "
    "Microscopica Acta S5:266 (edge correction)",
)


def measure_particles(view: View) -> FieldMeasurement:
    """Measure the objects of an analysis as particles."""
    table = view.analysis.table
    whole = table[~table["touches_edge"].astype(bool)]
    diameters_px = whole[_column(table, "equivalent_diameter_")].to_numpy() / _table_nm(view)
    scale = view.scale(float(np.median(diameters_px)) if len(whole) else 1.0)
    sizes = diameters_px * scale.per_px
    weights = whole["edge_weight"].to_numpy() if view.settings.edge_correction else None
    found = size_distribution(sizes, weights) if len(whole) else None
    quantities = tuple(
        [
            *_sizes(view, scale, found, _why_none(len(table))),
            *_shapes(whole, weights),
            *_amounts(view, scale, table),
            *_arrangement(view, scale, table),
        ]
    )
    used = np.ones(len(sizes)) if weights is None else weights
    return FieldMeasurement(
        name=view.analysis.micrograph.name,
        kind="particles",
        headline=quantities[0],
        quantities=quantities,
        table=table,
        counted="particles",
        method=_method(view, len(table), len(whole)),
        scale=view.scale_in_words,
        settings=view.settings,
        pixel_nm=view.pixel_nm,
        distribution=None
        if found is None
        else Distribution(
            "equivalent_diameter",
            "Equivalent diameter",
            scale.unit,
            sizes,
            used,
            "particles",
            _fit(view, sizes, used),
        ),
        references=REFERENCES,
        notes=_needed(view, found),
        warnings=_warnings(len(table), len(whole), diameters_px),
        is_empty=table.empty,
    )


def _column(table: pd.DataFrame, stem: str) -> str:
    return next(str(name) for name in table if str(name).startswith(stem))


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


def _sizes(
    view: View, scale: Scale, found: SizeDistribution | None, why: str
) -> Iterator[Quantity]:
    for name, (key, title, symbol, method) in SIZES.items():
        if found is None:
            yield missing(key, title, scale.unit, why, symbol=symbol, method=method)
            continue
        value = getattr(found, name)
        yield from_sample(
            key,
            title,
            value,
            scale.unit,
            found.intervals.get(name),
            view.systematic_parts(value, 1, "mean_diameter"),
            symbol=symbol,
            reason=ONE,
            n=found.count,
            counted="particles",
            method=method,
        )
    if found is not None:
        yield from_sample(
            "span",
            "Span",
            found.span,
            "",
            found.intervals.get("span"),
            symbol="(D90 - D10) / D50",
            reason=ONE,
            n=found.count,
            counted="particles",
            method="by number",
        )


def _shapes(whole: pd.DataFrame, weights: np.ndarray | None) -> Iterator[Quantity]:
    if whole.empty:
        return
    ratio = whole[_column(whole, "minimum_feret_")] / whole[_column(whole, "maximum_feret_")]
    for key, title, symbol, values in (
        ("aspect_ratio", "Aspect ratio, x_Fmin / x_Fmax", "ψ_A", ratio),
        ("circularity", "Circularity, sqrt(4πA) / P", "C", whole["circularity"]),
        ("solidity", "Solidity, A / A_hull", "S", whole["solidity"]),
    ):
        value, low_high = weighted_mean(values.to_numpy(), weights)
        yield from_sample(
            key,
            title,
            value,
            "",
            low_high,
            symbol=symbol,
            reason=ONE,
            n=len(whole),
            counted="particles",
            method="mean by number; ISO 9276-6",
        )


def _amounts(view: View, scale: Scale, table: pd.DataFrame) -> Iterator[Quantity]:
    mask = view.objects > 0
    lines = phase_on_lines(mask, view.measurable)
    area = int(np.count_nonzero(view.measurable))
    count = len(table)
    yield of_one_field("count", "Particles", float(count), symbol="N", n=count, counted="particles")
    # One that the edge cuts lies half in the field, on average.
    cut = int(table["touches_edge"].astype(bool).sum())
    density = scale.density((count - cut / 2) / area)
    yield of_one_field(
        "number_density",
        "Particles per area",
        density,
        scale.density_unit,
        view.systematic_parts(density, -2),
        symbol="N_A",
        n=count,
        counted="particles",
        method="one that the edge cuts counts half; ASTM E1245",
    )
    yield of_one_field(
        "area_fraction",
        "Area fraction of particles",
        100 * lines.area_fraction,
        "%",
        symbol="A_A",
        n=count,
        counted="particles",
        method="those at the edge included; ASTM E1245",
    )
    path = lines.mean_free_path_px
    if path is not None:
        value = path * scale.per_px
        yield of_one_field(
            "mean_free_path",
            "Mean free path",
            value,
            scale.unit,
            view.systematic_parts(value, 1),
            symbol="λ",
            n=count,
            counted="particles",
            method="(1 - A_A) / N_L along rows and columns; ASTM E1245",
        )


def _arrangement(view: View, scale: Scale, table: pd.DataFrame) -> Iterator[Quantity]:
    if len(table) < FEWEST_VALUES:
        return
    places = table[["centroid_row_px", "centroid_column_px"]].to_numpy()
    rows = view.analysis.micrograph.image_rows
    original = rows.stop - rows.start, view.analysis.micrograph.shape[1]
    places = places * (np.array(view.shape) / np.array(original))
    distances = nearest_neighbours(places)
    mean, low_high = weighted_mean(distances * scale.per_px)
    yield from_sample(
        "nearest_neighbour",
        "Mean distance to the nearest neighbour",
        mean,
        scale.unit,
        low_high,
        view.systematic_parts(mean, 1),
        n=len(table),
        counted="particles",
        method="between centroids",
    )
    height, width = extent(view.measurable)
    found = clark_evans(distances, float(np.count_nonzero(view.measurable)), 2 * (height + width))
    reach = 1.96 * found.standard_error
    yield from_sample(
        "clark_evans",
        f"Clark-Evans ratio: {found.in_words}",
        found.ratio,
        "",
        (found.ratio - reach, found.ratio + reach),
        symbol="R",
        n=len(table),
        counted="particles",
        method="Clark and Evans 1954, edge correction of Donnelly 1978",
    )


def _fit(view: View, sizes: np.ndarray, weights: np.ndarray) -> SizeFit | None:
    if view.settings.fit == "none" or len(sizes) < FEWEST_VALUES or np.ptp(sizes) == 0:
        return None
    return fit_sizes(sizes, view.settings.fit, weights)


def _needed(view: View, found: SizeDistribution | None) -> tuple[str, ...]:
    if found is None:
        return ()
    notes = []
    for name, title in (("number_mean", "mean diameter"), ("volume_mean", "d[4,3]")):
        needed = particles_needed(found, name, view.settings.precision)
        if needed is None:
            continue
        more = max(0, needed - found.count)
        ask = f"about {more:,} more particles are needed" if more else "there are enough particles"
        notes.append(f"For a {title} within ± {100 * view.settings.precision:g} % {ask}.")
    return tuple(notes)


def _method(view: View, count: int, whole: int) -> str:
    edge = "each weighted by the inverse of its chance to lie inside (Miles-Lantuéjoul)"
    if not view.settings.edge_correction:
        edge = "unweighted, so large ones are under-represented"
    return (
        f"Equivalent diameters of {whole:,} of {count:,} particles after ISO 13322-1, segmented "
        f"by {view.analysis.card.title}; those that the edge cuts are left out of sizes and the "
        f"rest are {edge}. Intervals are 95 % bootstrap intervals over the particles of this field."
    )


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
    if 1 < whole < 50:
        warnings.append(f"{whole} whole particles are few for a distribution; measure more fields.")
    elif whole == 1:
        warnings.append(ONE)
    return tuple(warnings)

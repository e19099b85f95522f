"""Sizes, shapes, amounts and arrangement of the particles of one field."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from core.fields.measurands.counted import Counted
from core.fields.measurands.lines import weighted_mean
from core.fields.quantity import Quantity, from_sample, missing
from core.fields.view import Scale, View
from core.measurement.arrangement import clark_evans, nearest_neighbours
from core.measurement.particle_size import SizeDistribution
from core.measurement.stereology import phase_on_lines
from core.pixels.image_area import extent

FEWEST_NEIGHBOURS = 8
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


def whole_in_words(whole: int, count: int, counted: str, images: int = 1) -> str:
    """Return how many of so many lie wholly in the image, or in one of several ``images``, and what
    becomes of the others."""
    where = "the image" if images == 1 else "their images"
    return (
        f"{whole:,} of {count:,} {counted} lie wholly in {where}; those that the edge cuts have "
        "no size, but count in area fractions and numbers per area."
    )


def column_of(table: pd.DataFrame, stem: str) -> str:
    """Return the column of a table of objects that begins with ``stem``: its unit varies."""
    return next(str(name) for name in table if str(name).startswith(stem))


def iso_aspect_ratio(table: pd.DataFrame) -> pd.Series:
    """Return the minimum by the maximum Feret diameter of each object, at most 1 (ISO 9276-6)."""
    return table[column_of(table, "minimum_feret_")] / table[column_of(table, "maximum_feret_")]


def sizes_of(
    view: View, scale: Scale, found: SizeDistribution | None, why: str
) -> Iterator[Quantity]:
    """Yield means and D-values, the median first; ``why``: there are none."""
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


def shapes_of(whole: pd.DataFrame, weights: np.ndarray | None) -> Iterator[Quantity]:
    """Yield mean shape factors of whole particles."""
    if whole.empty:
        return
    for key, title, symbol, values in (
        ("iso_aspect_ratio", "Aspect ratio, x_Fmin / x_Fmax", "ψ_A", iso_aspect_ratio(whole)),
        ("circularity", "Circularity, sqrt(4πA) / P", "C", whole["circularity"]),
        ("form_factor", "Form factor, 4πA / P²", "FF", whole["circularity"] ** 2),
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


def amounts_of(view: View, scale: Scale, table: pd.DataFrame) -> Iterator[Quantity]:
    """Yield how many particles there are and how much of the field they cover."""
    mask = view.particle_ids > 0
    lines = phase_on_lines(mask, view.measurable)
    area = int(np.count_nonzero(view.measurable))
    told = Counted(view, scale, len(table), "particles")
    yield told.value("count", "Particles", float(len(table)), symbol="N")
    # One that the edge cuts lies half in the field, on average.
    cut = int(table["touches_edge"].astype(bool).sum())
    yield told.per_area(
        "number_density",
        "Particles per area",
        (len(table) - cut / 2) / area,
        symbol="N_A",
        method="one that the edge cuts counts half; ASTM E1245",
    )
    yield told.value(
        "area_fraction",
        "Area fraction of particles",
        100 * lines.area_fraction,
        "%",
        symbol="A_A",
        method="those at the edge included; ASTM E1245",
    )
    if lines.mean_free_path_px is not None:
        yield told.length(
            "mean_free_path",
            "Mean free path",
            lines.mean_free_path_px,
            symbol="λ",
            method="(1 - A_A) / N_L along rows and columns; ASTM E1245",
        )


def distances_px(view: View, table: pd.DataFrame) -> np.ndarray:
    """Return the distance (n,) in px from each particle's centroid to the nearest other; none of
    fewer than two."""
    if len(table) < 2:
        return np.empty(0)
    places = table[["centroid_row_px", "centroid_column_px"]].to_numpy()
    rows = view.analysis.micrograph.image_rows
    original = rows.stop - rows.start, view.analysis.micrograph.shape[1]
    return nearest_neighbours(places * (np.array(view.shape) / np.array(original)))


def arrangement_of(view: View, scale: Scale, distances: np.ndarray) -> Iterator[Quantity]:
    """Yield the nearest neighbours and Clark and Evans' ratio of ``distances`` (n,) in px."""
    count = len(distances)
    if count < FEWEST_NEIGHBOURS:
        return
    yield Counted(view, scale, count, "particles").mean_length(
        "nearest_neighbour",
        "Mean distance to the nearest neighbour",
        distances,
        reason=ONE,
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
        n=count,
        counted="particles",
        method="Clark and Evans 1954, edge correction of Donnelly 1978",
    )

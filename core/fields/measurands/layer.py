"""Thickness of a layer seen in cross-section: local, mean, least and largest, along it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import pandas as pd

from core.fields.measurands.counted import Counted
from core.fields.measurands.lines import axis_lines, thickness_lines
from core.fields.quantity import Quantity, missing
from core.fields.result import Distribution, Drawing, FieldMeasurement
from core.fields.view import Scale, View
from core.measurement.medial_axis import Branch, medial_axis
from core.measurement.thickness import Profile, longest_line, profile
from core.types.progress import ProgressCallback

WORDS = ("layer", "coating", "film", "scale")
CRACKS = ("crack", "pore")
"""Phases that count as part of the layer that they lie in."""
NONE = "No layer was found, so it has no thickness; check the phase and the segmentation."
SMALLEST = 0.05
"""Area of a part of the layer by that of the largest; a smaller one is a stray patch."""
MOST_PARTS = 20
QUANTITIES = {
    "mean_thickness": ("Mean thickness", "t̄"),
    "median_thickness": ("Median thickness", "t50"),
    "minimum_thickness": ("Minimum thickness", "t_min"),
    "maximum_thickness": ("Maximum thickness", "t_max"),
    "thickness_deviation": ("Standard deviation of the local thickness", "s_t"),
}
REFERENCES = (
    "Local thickness across the medial axis; compare ISO 1463, Metallic and oxide coatings: "
    "measurement of coating thickness, microscopical method",
)


@dataclass(frozen=True, eq=False)
class _Line:
    branch: Branch
    found: Profile


def measure_layer(view: View) -> FieldMeasurement:
    """Measure the thickness of the layer across its middle line."""
    phase = view.phase(WORDS)
    mask = layer_mask(view, phase)
    lines = _lines(mask, view.progress)
    thickness = np.concatenate([np.empty(0), *(line.found.thickness_px for line in lines)])
    scale = view.scale(float(thickness.mean()) if len(thickness) else 1.0)
    quantities = tuple(_quantities(view, scale, thickness, lines))
    name = view.analysis.segmentation.phases[phase].name
    return FieldMeasurement(
        name=view.analysis.micrograph.name,
        kind="layer",
        headline=quantities[0],
        quantities=quantities,
        table=_table(view, lines),
        counted="places",
        method=(
            f"Local thickness of the {name} across its medial axis, one value a pixel along it, "
            f"segmented by {view.analysis.card.title}; cracks and holes in it count as part of it. "
            "Neighbouring values depend on each other, so one field has no confidence interval."
        ),
        scale=view.scale_in_words,
        settings=view.settings,
        pixel_nm=view.pixel_nm,
        distribution=_distribution(thickness, scale),
        drawing=Drawing(
            lines=tuple(
                drawn
                for line in lines
                for drawn in (
                    *axis_lines(view, [line.branch]),
                    *thickness_lines(view, line.found),
                )
            )
        ),
        references=REFERENCES,
        warnings=() if len(thickness) else (NONE,),
        is_empty=not len(thickness),
    )


def layer_mask(view: View, phase: int) -> np.ndarray:
    """Return the layer (H, W) bool, with the cracks and pores in it and its holes filled."""
    mask = (view.labels == phase) & view.measurable
    for index, one in enumerate(view.analysis.segmentation.phases):
        if index != phase and any(word in one.name.lower() for word in CRACKS):
            within = (view.labels == index) & view.measurable
            # Of those elsewhere none touches the layer.
            count, number = cv2.connectedComponents((mask | within).astype(np.uint8))
            holds = np.bincount(number[mask], minlength=count) > 0
            mask = mask | (within & holds[number])
    return _without_holes(mask)


def _without_holes(mask: np.ndarray) -> np.ndarray:
    """Return ``mask`` with what it encloses; what reaches the edge of the image is no hole."""
    count, number = cv2.connectedComponents((~mask).astype(np.uint8), connectivity=4)
    rim = np.concatenate([number[0], number[-1], number[:, 0], number[:, -1]])
    outside = np.zeros(count, bool)
    outside[rim] = True
    return mask | ~outside[number]


def _lines(mask: np.ndarray, progress: ProgressCallback) -> list[_Line]:
    """Return the middle line of each part of the layer, from left to right."""
    count, number, sizes, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    areas = sizes[:, cv2.CC_STAT_AREA]
    found = []
    areas[0] = 0
    largest = np.argsort(-areas)[: min(count - 1, MOST_PARTS)]
    parts = largest[areas[largest] >= SMALLEST * areas.max()]
    for done, index in enumerate(parts):
        progress(done, len(parts))
        part = number == index
        axis = medial_axis(part)
        branch = longest_line(axis)
        if branch is not None and len(branch.points) > 2:
            branch = _left_to_right(branch)
            found.append(_Line(branch, profile(part, axis, branch, clear_of_ends=True)))
    found = [one for one in found if len(one.found.thickness_px)]
    return sorted(found, key=lambda one: one.branch.points[0].tolist()[::-1])


def _left_to_right(branch: Branch) -> Branch:
    """Return a branch from its left end, or from its upper one where it is steep."""
    down, right = branch.points[-1] - branch.points[0]
    return branch if (right if abs(right) >= abs(down) else down) >= 0 else branch.reversed


def _quantities(
    view: View, scale: Scale, thickness: np.ndarray, lines: list[_Line]
) -> Iterator[Quantity]:
    if not len(thickness):
        for key, (name, symbol) in QUANTITIES.items():
            yield missing(key, name, scale.unit, NONE, symbol=symbol)
        return
    values = (
        thickness.mean(),
        np.median(thickness),
        thickness.min(),
        thickness.max(),
        thickness.std(),
    )
    places = Counted(view, scale, len(thickness), "places")
    for (key, (name, symbol)), px in zip(QUANTITIES.items(), values, strict=True):
        yield places.length(key, name, float(px), symbol=symbol, method="across the medial axis")
    yield Counted(view, scale, len(lines), "parts of the layer").length(
        "layer_length",
        "Length of the layer's middle line",
        sum(one.branch.length_px for one in lines),
        symbol="L",
        method="along the medial axis",
    )


def _table(view: View, lines: list[_Line]) -> pd.DataFrame:
    """Return one row a place: where it is along the layer, and how thick the layer is there."""
    nm, unit = (1.0, "px") if view.pixel_nm is None else (view.pixel_nm, "nm")
    middles = [one.found.sides.mean(axis=1) for one in lines]
    places = view.in_image(np.concatenate([np.empty((0, 2)), *middles]))
    return pd.DataFrame(
        {
            "part": np.repeat(np.arange(len(lines)) + 1, [len(one) for one in middles]),
            f"position_{unit}": _joined(nm * one.found.along_px for one in lines),
            f"thickness_{unit}": _joined(nm * one.found.thickness_px for one in lines),
            "row_px": places[:, 0],
            "column_px": places[:, 1],
        }
    )


def _joined(arrays: Iterable[np.ndarray]) -> np.ndarray:
    return np.concatenate([np.empty(0), *arrays])


def _distribution(thickness: np.ndarray, scale: Scale) -> Distribution | None:
    if not len(thickness):
        return None
    values = thickness * scale.per_px
    return Distribution(
        "thickness", "Local thickness", scale.unit, values, np.ones(len(values)), "places"
    )

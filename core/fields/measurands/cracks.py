"""Cracks of one field: how long and wide each is, and how densely they lie."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.fields.measurands.counted import Counted
from core.fields.measurands.lines import axis_lines, long_things
from core.fields.quantity import Quantity, missing
from core.fields.result import Distribution, Drawing, FieldMeasurement
from core.fields.view import Scale, View
from core.measurement.direction import mean_direction
from core.measurement.medial_axis import Branch, MedialAxis, medial_axis
from core.measurement.thickness import is_cut, length_px, profile
from core.pixels.image_area import along_edge

WORDS = ("crack",)
NONE = "No crack was found, so there is no length or width; check the phase and the segmentation."
FEW_PIXELS = 3.0
ONE = "One crack has no confidence interval; measure several."
REFERENCES = ("Underwood 1970, Quantitative Stereology (length per area, L_A)",)


@dataclass(frozen=True, eq=False)
class _Crack:
    """One crack, lengths in px."""

    number: int
    branches: tuple[Branch, ...]
    length: float
    area: int
    largest_width: float
    angle_deg: float
    is_cut: bool

    @property
    def width(self) -> float:
        return self.area / self.length


def measure_cracks(view: View) -> FieldMeasurement:
    """Measure each connected region of the phase as one crack."""
    phase = view.phase(WORDS)
    regions = view.regions(phase)
    cracks = _cracks(regions, view)
    scale = view.scale(float(np.median([one.length for one in cracks])) if cracks else 1.0)
    quantities = tuple(_quantities(view, scale, cracks))
    return FieldMeasurement(
        name=view.analysis.micrograph.name,
        kind="cracks",
        headline=quantities[0],
        quantities=quantities,
        table=_table(view, cracks),
        counted="cracks",
        method=(
            "Cracks measured along their medial axis, side branches shorter than the crack is wide "
            f"left out, segmented by {view.analysis.card.title}. The density is their length per "
            "area of the image; those that the edge cuts count with the length inside."
        ),
        scale=view.scale_in_words,
        settings=view.settings,
        pixel_nm=view.pixel_nm,
        distribution=next(iter(_distribution("length", "Crack length", cracks, scale)), None),
        further=_distribution("width", "Mean crack width", cracks, scale),
        drawing=Drawing(
            lines=tuple(line for one in cracks for line in axis_lines(view, one.branches))
        ),
        references=REFERENCES,
        warnings=_warnings(cracks),
        is_empty=not cracks,
    )


def _cracks(regions: np.ndarray, view: View) -> list[_Crack]:
    mask = regions > 0
    axis = medial_axis(mask, view.progress)
    areas = np.bincount(regions.ravel())
    cut = set(np.unique(regions[along_edge(view.measurable)]).tolist())
    of_region: dict[int, list[Branch]] = {}
    for one in axis.branches:
        of_region.setdefault(_region(regions, one), []).append(one)
    found: list[_Crack] = []
    for number, branches in sorted(of_region.items()):
        view.progress(len(found), len(of_region))
        if number:
            found.append(_crack(number, mask, axis, branches, int(areas[number]), number in cut))
    return found


def _region(regions: np.ndarray, branch: Branch) -> int:
    """Return the region that most points of a branch lie in."""
    row, column = np.rint(branch.points).astype(np.int64).T
    height, width = regions.shape
    found = regions[np.clip(row, 0, height - 1), np.clip(column, 0, width - 1)]
    return int(np.bincount(found[found > 0]).argmax()) if found.any() else 0


def _crack(
    number: int,
    mask: np.ndarray,
    axis: MedialAxis,
    branches: list[Branch],
    area: int,
    at_edge: bool,
) -> _Crack:
    profiles = [profile(mask, axis, one) for one in branches]
    widths = np.concatenate([one.thickness_px for one in profiles])
    angles = np.concatenate([one.angle_deg for one in profiles])
    length = length_px(axis, branches)
    return _Crack(
        number,
        tuple(branches),
        length,
        area,
        float(widths.max()) if len(widths) else area / length,
        mean_direction(angles)[0] if len(angles) else 0.0,
        at_edge or is_cut(branches),
    )


def _quantities(view: View, scale: Scale, cracks: list[_Crack]) -> Iterator[Quantity]:
    area = int(np.count_nonzero(view.measurable))
    told = Counted(view, scale, len(cracks), "cracks")
    yield _density(view, scale, sum(one.length for one in cracks) / area, told)
    yield told.value("count", "Cracks", len(cracks), symbol="N")
    share = 100 * sum(one.area for one in cracks) / area
    yield told.value(
        "area_fraction", "Area fraction of cracks", share, "%", symbol="A_A", method="ASTM E1245"
    )
    lengths = np.array([one.length for one in cracks])
    widths = np.array([one.width for one in cracks])
    if not cracks:
        yield missing("mean_length", "Mean crack length", scale.unit, NONE, symbol="l̄")
        yield missing("mean_width", "Mean crack width", scale.unit, NONE, symbol="w̄")
        return
    yield told.mean_length(
        "mean_length",
        "Mean crack length",
        lengths,
        symbol="l̄",
        reason=ONE,
        method="along the medial axis",
    )
    yield told.mean_length(
        "mean_width",
        "Mean crack width",
        widths,
        lengths,
        symbol="w̄",
        reason=ONE,
        method="area by length of all cracks",
    )
    yield told.length(
        "maximum_width",
        "Largest crack width",
        max(one.largest_width for one in cracks),
        symbol="w_max",
        method="across the medial axis",
    )


def _density(view: View, scale: Scale, per_px: float, told: Counted) -> Quantity:
    """Return the length of cracks per area: mm/mm2 and the like, a number by a length."""
    unit = {"px": "1/px", "nm": "1/µm", "µm": "1/mm"}[scale.unit]
    nm = 1.0 if scale.nm is None else scale.nm
    value = per_px / nm * {"px": 1.0, "nm": 1e3, "µm": 1e6}[scale.unit]
    return told.value(
        "crack_density",
        "Crack length per area",
        value,
        unit,
        view.systematic_parts(value, -1),
        symbol="L_A",
        method="along the medial axis",
    )


def _table(view: View, cracks: list[_Crack]) -> pd.DataFrame:
    nm, unit = (1.0, "px") if view.pixel_nm is None else (view.pixel_nm, "nm")
    columns: dict[str, list[float]] = {
        f"length_{unit}": [nm * one.length for one in cracks],
        f"mean_width_{unit}": [nm * one.width for one in cracks],
        f"maximum_width_{unit}": [nm * one.largest_width for one in cracks],
        f"area_{unit}2": [nm**2 * one.area for one in cracks],
        "orientation_deg": [one.angle_deg for one in cracks],
        "touches_edge": [one.is_cut for one in cracks],
    }
    return long_things(view, [one.branches for one in cracks], columns)


def _distribution(
    key: str, name: str, cracks: list[_Crack], scale: Scale
) -> tuple[Distribution, ...]:
    if not cracks:
        return ()
    values = np.array([getattr(one, key) for one in cracks]) * scale.per_px
    return (Distribution(key, name, scale.unit, values, np.ones(len(values)), "cracks"),)


def _warnings(cracks: list[_Crack]) -> tuple[str, ...]:
    if not cracks:
        return (NONE,)
    thin = float(np.mean([one.width < FEW_PIXELS for one in cracks]))
    if thin > 0.5:
        return (
            f"{100 * thin:.0f} % of the cracks are under {FEW_PIXELS:g} px wide, so their widths "
            "are uncertain by a third and more; use a higher magnification.",
        )
    return ()

"""What a unit of any layer can see: the exact theoretical receptive field.

The interval of units is followed backwards through every operation of the network, skips and
branches included, and the intervals of all ways are united. Two answers: the box when the image
goes on for ever (the number that papers print) and the box inside the image, whose outside cannot
change the unit by a single bit.

Source: Araujo et al. 2019, Computing receptive fields, doi 10.23915/distill.00021.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from core.errors import LamellaError
from core.image_size import width_x_height
from core.inspection.receptive_field.axis_rules import SAME, Everything, Interval
from core.inspection.receptive_field.operations import spatial
from core.inspection.receptive_field.trace import Trace


@dataclass(frozen=True)
class Box:
    """Pixels of rows [top, bottom) and columns [left, right)."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def size(self) -> tuple[int, int]:
        """(rows, columns)."""
        return self.bottom - self.top, self.right - self.left

    @property
    def slices(self) -> tuple[slice, slice]:
        """Index of the box in an array; for a box inside the image."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    def is_inside(self, other: Box) -> bool:
        """Return whether no pixel of it lies outside ``other``."""
        return (
            self.top >= other.top
            and self.left >= other.left
            and self.bottom <= other.bottom
            and self.right <= other.right
        )


@dataclass(frozen=True)
class UnitField:
    """What one unit sees.

    ``layer``: None is the network's output. ``unit``: (row, column). ``box``: theoretical, may
    reach outside the image. ``seen``: the part inside the image; None when only padding is seen.
    ``sees_everything``: a dense layer or a global pooling lies on the way.
    """

    layer: str | None
    unit: tuple[int, int]
    box: Box
    seen: Box | None
    sees_everything: bool


@dataclass(frozen=True)
class ReceptiveField:
    """What one unit of a layer sees, in input pixels.

    ``size``: rows, columns. ``stride``: input pixels between neighbouring units (the jump).
    ``offset``: input coordinate of the first row and column that unit (0, 0) sees; negative where
    padding reaches outside the image.
    """

    size: tuple[int, int]
    stride: tuple[int, int]
    offset: tuple[int, int]

    def box(self, row: int, column: int) -> tuple[int, int, int, int]:
        """Return top, left, bottom, right (exclusive) of unit (row, column), not clipped."""
        top = self.offset[0] + row * self.stride[0]
        left = self.offset[1] + column * self.stride[1]
        return top, left, top + self.size[0], left + self.size[1]


@dataclass(frozen=True)
class FieldSizes:
    """Theoretical sizes over all units of a layer, (rows, columns) in px.

    They differ from unit to unit where nearest-neighbour upsampling or adaptive pooling is on the
    way. ``jump``: input pixels between neighbouring units, 0 when there is one unit.
    """

    smallest: tuple[int, int]
    largest: tuple[int, int]
    jump: tuple[float, float]
    sees_everything: bool

    def __str__(self) -> str:
        sides = [
            f"{low}" if low == high else f"{low}-{high}"
            for low, high in zip(self.smallest, self.largest, strict=True)
        ]
        return sides[0] if len(set(sides)) == 1 else width_x_height(sides)


def unit_at_pixel(trace: Trace, layer: str | None, row: int, column: int) -> tuple[int, int]:
    """Return the unit of a layer that lies over an image pixel.

    Raises:
        LamellaError: an unknown layer, or a pixel outside the image.
    """
    height, width = trace.image_size
    check_inside(row, column, height, width)
    rows, columns = spatial(trace.values[trace.value_of(layer)].shape)
    return row * rows // height, column * columns // width


def check_inside(row: int, column: int, height: int, width: int) -> None:
    """Refuse a pixel outside an image of height x width.

    Raises:
        LamellaError: it lies outside.
    """
    if not (0 <= row < height and 0 <= column < width):
        raise LamellaError(
            f"Row {row}, column {column} lies outside the image of "
            f"{width_x_height((height, width))} px. Choose "
            f"a row from 0 to {height - 1} and a column from 0 to {width - 1}."
        )


def receptive_field(trace: Trace, layer: str | None, row: int, column: int) -> UnitField:
    """Return what unit (row, column) of a layer sees; ``layer`` None is the network's output.

    Raises:
        LamellaError: an unknown layer, or a unit outside its map.
    """
    target = trace.value_of(layer)
    height, width = spatial(trace.values[target].shape)
    if not (0 <= row < height and 0 <= column < width):
        raise LamellaError(
            f"Unit {row}, {column} lies outside the {width_x_height((height, width))} units of "
            f"this layer. Choose a row from 0 to {height - 1} and a column from 0 to {width - 1}."
        )
    units = np.array([row]), np.array([column])
    endless = [_follow(trace, target, axis, units[axis], inside=False) for axis in (0, 1)]
    inside = [_follow(trace, target, axis, units[axis], inside=True) for axis in (0, 1)]
    is_seen = all(interval.low[0] <= interval.high[0] for interval in inside)
    return UnitField(
        layer=layer,
        unit=(row, column),
        box=_box(endless),
        seen=_box(inside) if is_seen else None,
        sees_everything=_mixes_everything(trace, target),
    )


def needed_of_values(
    trace: Trace, layer: str | None, row: int, column: int
) -> dict[int, Box | None]:
    """Return which positions of each value unit (row, column) of a layer needs, by its index.

    None where it needs only padding; a value that is not there has no part in the unit.

    Raises:
        LamellaError: an unknown layer.
    """
    target = trace.value_of(layer)
    rows, columns = (
        _needed(trace, target, axis, np.array([at]), inside=True)
        for axis, at in enumerate((row, column))
    )
    boxes = {index: [rows[index], columns[index]] for index in rows}
    return {
        index: _box(axes) if all(one.low[0] <= one.high[0] for one in axes) else None
        for index, axes in boxes.items()
    }


def field_sizes(trace: Trace, layer: str | None) -> FieldSizes:
    """Return the smallest and largest theoretical field of a layer's units.

    Raises:
        LamellaError: an unknown layer.
    """
    return value_field_sizes(trace, trace.value_of(layer))


def value_field_sizes(trace: Trace, target: int) -> FieldSizes:
    """Return :func:`field_sizes` of a value of the trace."""
    value = trace.values[target]
    smallest, largest = [], []
    for axis, count in enumerate(spatial(value.shape)):
        seen = _follow(trace, target, axis, np.arange(count), inside=False)
        sizes = seen.high - seen.low + 1
        smallest.append(int(sizes.min()))
        largest.append(int(sizes.max()))
    return FieldSizes(
        smallest=(smallest[0], smallest[1]),
        largest=(largest[0], largest[1]),
        jump=(float(value.jump[0]), float(value.jump[1])),
        sees_everything=_mixes_everything(trace, target),
    )


def affine_field(trace: Trace, layer: str | None) -> ReceptiveField | None:
    """Return a layer's field as one size, stride and offset; None where units differ in size.

    Raises:
        LamellaError: an unknown layer.
    """
    target = trace.value_of(layer)
    sizes = value_field_sizes(trace, target)
    jump = trace.values[target].jump
    if sizes.smallest != sizes.largest or any(step.denominator != 1 for step in jump):
        return None
    corner = receptive_field(trace, layer, 0, 0).box
    return ReceptiveField(
        size=sizes.largest, stride=(int(jump[0]), int(jump[1])), offset=(corner.top, corner.left)
    )


def _box(axes: list[Interval]) -> Box:
    rows, columns = axes
    return Box(
        int(rows.low[0]), int(columns.low[0]), int(rows.high[0]) + 1, int(columns.high[0]) + 1
    )


def _follow(trace: Trace, target: int, axis: int, units: np.ndarray, inside: bool) -> Interval:
    """Follow units of a value back to the image; ``inside`` counts no padding."""
    needed = _needed(trace, target, axis, units, inside)
    if 0 not in needed:
        raise LamellaError("This layer does not depend on the image. Choose another one.")
    return needed[0]


def _needed(
    trace: Trace, target: int, axis: int, units: np.ndarray, inside: bool
) -> dict[int, Interval]:
    """Return which positions of every value the units of value ``target`` need, by its index."""
    needed = {target: Interval(units.astype(np.int64), units.astype(np.int64))}
    for index in range(target, 0, -1):
        interval = needed.get(index)
        if interval is None:
            continue
        for source in trace.values[index].sources:
            rule = (source.rows, source.columns)[axis]
            if rule == SAME:
                found = interval
            elif inside:
                size = spatial(trace.values[source.value].shape)[axis]
                found = rule.sources_inside(interval, size)
            else:
                found = rule.sources(interval)
            found = _keep_empty(found, interval) if inside else found
            known = needed.get(source.value)
            needed[source.value] = found if known is None else known.union(found)
    return needed


def _keep_empty(found: Interval, origin: Interval) -> Interval:
    """Nothing is needed where the output itself was not needed."""
    empty = origin.low > origin.high
    if not empty.any():
        return found
    low, high = np.where(empty, origin.low, found.low), np.where(empty, origin.high, found.high)
    return Interval(low, high)


def _mixes_everything(trace: Trace, target: int) -> bool:
    """Return whether a rule that joins all of several positions lies on the way to the image."""
    wanted = {target}
    for index in range(target, 0, -1):
        if index not in wanted:
            continue
        for source in trace.values[index].sources:
            wanted.add(source.value)
            for rule in (source.rows, source.columns):
                if isinstance(rule, Everything) and rule.size > 1:
                    return True
    return False


def centre_of_unit(trace: Trace, layer: str | None, row: int, column: int) -> tuple[float, float]:
    """Return the image position over which a unit lies, at the centre of its share of the image."""
    height, width = trace.image_size
    rows, columns = spatial(trace.values[trace.value_of(layer)].shape)
    step = Fraction(height, rows), Fraction(width, columns)
    return float((row + Fraction(1, 2)) * step[0] - Fraction(1, 2)), float(
        (column + Fraction(1, 2)) * step[1] - Fraction(1, 2)
    )

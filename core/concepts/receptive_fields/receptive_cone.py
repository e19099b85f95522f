"""The cone of one unit: which units of every layer below it take part, along one line of the image.

The rules of :mod:`core.inspection.receptive_field.axis_rules` are followed downwards with every tap
kept, so that the pixels which a dilated or strided stack leaves out can be seen as well.

Source: Dumoulin & Visin 2016, arXiv:1603.07285; Yu & Koltun 2016, arXiv:1511.07122 (dilation).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from core.concepts.receptive_fields.stack_builder import LayerField
from core.concepts.snippet import Snippet
from core.inspection.receptive_field.axis_rules import SAME, AxisRule, Interval, Window
from core.inspection.receptive_field.trace import Trace
from core.types.arrays import read_only

INPUT = "input"
MOST_UNITS = 160


@dataclass(frozen=True, eq=False)
class ConeLevel:
    """The units of one layer that take part.

    ``columns``: (n,) float64, where they lie, in input px. ``jump``: between neighbouring units.
    ``ways``: (m, 2) float64, each way down: its place here and its place in the level below.
    """

    layer: str
    columns: np.ndarray
    jump: float
    ways: np.ndarray

    def __post_init__(self) -> None:
        object.__setattr__(self, "columns", read_only(self.columns))
        object.__setattr__(self, "ways", read_only(self.ways))

    @property
    def edges(self) -> tuple[float, float]:
        """Left and right end of what the units cover, in input px."""
        return float(self.columns[0] - self.jump / 2), float(self.columns[-1] + self.jump / 2)


def cone(trace: Trace, rows: Sequence[LayerField], unit: int) -> tuple[ConeLevel, ...]:
    """Return the input and the layers of ``rows``, lowest first: what a unit depends on.

    ``unit``: a column of the last layer. Padding counts as input that goes on for ever. A layer
    that takes no part is left out. Single ways are given only of a cone with at most
    MOST_UNITS units.

    Raises:
        LamellaError: an unknown layer.
    """
    shown = {trace.value_of(row.layer): row for row in rows}
    target = trace.value_of(rows[-1].layer)
    needed = _needed(trace, target, np.array([unit]), 0)
    present = [0, *(index for index in sorted(shown) if index in needed)]
    places = {index: _Placing.of(trace, shown.get(index)) for index in present}
    with_ways = sum(len(needed[index]) for index in present) <= MOST_UNITS
    levels = [ConeLevel(INPUT, needed[0].astype(np.float64), 1.0, np.empty((0, 2)))]
    for below, index in pairwise(present):
        pairs = _ways(trace, index, below, needed[index]) if with_ways else np.empty((0, 2))
        ways = np.column_stack([places[index].at(pairs[:, 0]), places[below].at(pairs[:, 1])])
        row = shown[index]
        levels.append(ConeLevel(row.title, places[index].at(needed[index]), row.jump[1], ways))
    return tuple(levels)


def unread_share(levels: Sequence[ConeLevel]) -> float:
    """Return the share of the pixels inside the field, along the line, that are never read."""
    read = levels[0].columns
    return 1 - len(read) / (read[-1] - read[0] + 1)


def snippet(trace: Trace, rows: Sequence[LayerField]) -> Snippet:
    """Return the recursion that gives field and jump, for the rows up to the first upsampling."""
    windows, printed, jump = [], [], 1
    for row in rows:
        rule = next(
            (source.columns for source in trace.values[trace.value_of(row.layer)].sources), SAME
        )
        if not isinstance(rule, Window) or jump * rule.stride != row.jump[1]:
            break
        jump *= rule.stride
        windows.append((rule.kernel, rule.stride, rule.dilation))
        printed.append(f"{row.largest[1]} {jump}")
    stack = "\n".join(f"    {window}," for window in windows)
    code = (
        f"stack = [  # kernel, stride, dilation\n{stack}\n]\n"
        "field = jump = 1\n"
        "for kernel, stride, dilation in stack:\n"
        "    field += dilation * (kernel - 1) * jump\n"
        "    jump *= stride\n"
        "    print(field, jump)"
    )
    return Snippet(code, "\n".join(printed))


def _needed(trace: Trace, target: int, units: np.ndarray, lowest: int) -> dict[int, np.ndarray]:
    """Return the columns that each value must have, by its index, from the target down."""
    needed = {target: units.astype(np.int64)}
    for index in range(target, lowest, -1):
        for source in trace.values[index].sources if index in needed else ():
            found = np.unique(_taps(source.columns, needed[index]))
            known = needed.get(source.value)
            needed[source.value] = found if known is None else np.union1d(known, found)
    return needed


def _ways(trace: Trace, index: int, below: int, units: np.ndarray) -> np.ndarray:
    """Return (m, 2): each unit with each unit that it reads of the level below."""
    found = [
        (unit, tap)
        for unit in units
        for tap in _needed(trace, index, np.array([unit]), below).get(below, ())
    ]
    return np.array(found, np.float64).reshape(-1, 2)


def _taps(rule: AxisRule, units: np.ndarray) -> np.ndarray:
    if isinstance(rule, Window):
        taps = rule.dilation * np.arange(rule.kernel) - rule.padding
        return (units[:, None] * rule.stride + taps).ravel()
    interval = rule.sources(Interval(units, units))
    ranges = zip(interval.low, interval.high, strict=True)
    return np.concatenate([np.arange(low, high + 1) for low, high in ranges])


@dataclass(frozen=True)
class _Placing:
    """Unit 0 lies at ``first`` and its neighbour ``step`` further, in input px."""

    step: float = 1.0
    first: float = 0.0

    @classmethod
    def of(cls, trace: Trace, row: LayerField | None) -> _Placing:
        """Put a unit in the middle of what it sees, or of its share of the image."""
        if row is None:
            return cls()
        if row.offset is not None:
            return cls(row.jump[1], row.offset[1] + (row.largest[1] - 1) / 2)
        step = trace.image_size[1] / row.units[1]
        return cls(step, step / 2 - 0.5)

    def at(self, units: np.ndarray) -> np.ndarray:
        """Return the places of units."""
        return units * self.step + self.first

"""One reported value: its name, unit, interval, and the method that it follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf, isfinite

from core.errors import DataError
from core.measurement.uncertainty import Part, combined

ONE_FIELD = (
    "One field has no confidence interval, as its pixels depend on each other and are no sample; "
    "measure several fields."
)
NM = {"nm": 1.0, "µm": 1e3, "mm": 1e6}
SHARES = frozenset({"iso_aspect_ratio", "circularity", "form_factor", "solidity", "alignment"})
"""Quantities without a unit that lie between 0 and 1."""
RATIOS = frozenset({"span", "anisotropy", "clark_evans", "count"})
"""Quantities without a unit that are not negative."""
ASCII = {"µ": "u", "²": "2", "³": "3", "%": "percent", "°": "deg", "/": "per_", "1/": "per_"}


@dataclass(frozen=True)
class Quantity:
    """A measured value and how well it is known.

    ``key``: its name in files, without the unit: "d50". ``symbol``: as papers write it: "D50".
    ``value``: finite; None where there is none, and ``reason`` says why. ``unit``: "µm", "nm²",
    "1/mm²", "%", "°"; "" without. ``interval``: 95 %, low and high; None where there is none, and
    ``reason`` says why. ``n``, ``counted``: 212 "particles". ``method``: the standard or paper.
    ``parts``: what the interval is made of; empty where the interval is not made of parts.
    """

    key: str
    name: str
    value: float | None
    unit: str = ""
    symbol: str = ""
    interval: tuple[float, float] | None = None
    reason: str = ""
    n: int = 0
    counted: str = ""
    method: str = ""
    parts: tuple[Part, ...] = ()

    def __post_init__(self) -> None:
        numbers = [one for one in (self.value, *(self.interval or ())) if one is not None]
        if not all(map(isfinite, numbers)):
            raise ValueError(f"{self.key} is {self.value}, {self.interval}: not finite")
        if (self.value is None or self.interval is None) and not self.reason:
            raise ValueError(
                f"{self.key}: a value or an interval is missing and no reason is given"
            )
        if self.value is None and self.interval is not None:
            raise ValueError(f"{self.key} has an interval and no value")
        # Plain numbers, which every file format takes.
        if self.value is not None:
            object.__setattr__(self, "value", float(self.value))
        if self.interval is not None:
            object.__setattr__(self, "interval", tuple(map(float, self.interval)))

    @property
    def column(self) -> str:
        """The key with its unit in ASCII, a column of a file: "d50_um", "grains_per_mm2"."""
        unit = self.unit
        for sign, plain in (("1/", "per_"), ("/", "_per_"), *ASCII.items()):
            unit = unit.replace(sign, plain)
        return f"{self.key}_{unit}" if unit else self.key

    @property
    def cut_at(self) -> str:
        """A sentence where the interval was cut at what is possible; "" elsewhere."""
        whole = None if self.value is None else combined(self.value, self.parts)
        if whole is None or self.interval is None:
            return ""
        ends = zip(whole, self.interval, ("least", "most"), strict=True)
        cut = [(end, word) for reached, end, word in ends if reached != end]
        unit = f" {self.unit}" if self.unit else ""
        told = " and ".join(f"at {end:g}{unit}, the {word} there can be" for end, word in cut)
        return f"The interval is cut {told}; its formula reaches further." if told else ""

    @property
    def relative_accuracy_percent(self) -> float | None:
        """Half the width of the interval by the value (%RA of ASTM E562); None without."""
        if self.interval is None or not self.value:
            return None
        return 100 * (self.interval[1] - self.interval[0]) / 2 / abs(self.value)

    def fits(self, unit: str) -> bool:
        """Return whether the value can be given in ``unit``."""
        return unit == self.unit or factor(self.unit, unit) is not None

    def in_unit(self, unit: str) -> Quantity:
        """Return the same quantity in a unit of the same dimension: µm for nm, nm² for µm².

        Raises:
            DataError: another dimension, or a length in px, which has no other unit.
        """
        if unit == self.unit:
            return self
        times = factor(self.unit, unit)
        if times is None:
            raise DataError(
                f"{self.name} is in {self.unit or 'no unit'} and cannot be given in "
                f"{unit or 'no unit'}."
            )
        value = None if self.value is None else self.value * times
        low_high = self.interval and (self.interval[0] * times, self.interval[1] * times)
        parts = tuple(
            replace(part, below=part.below * times, above=part.above * times) for part in self.parts
        )
        return replace(self, value=value, unit=unit, interval=low_high, parts=parts)


def from_sample(
    key: str,
    name: str,
    value: float,
    unit: str,
    low_high: tuple[float, float] | None,
    systematic: Sequence[Part] = (),
    *,
    symbol: str = "",
    reason: str = "",
    n: int = 0,
    counted: str = "",
    method: str = "",
) -> Quantity:
    """Return a quantity estimated from a sample of one field.

    ``low_high``: 95 % interval from the sample alone; None without, and then there is no interval
    at all, as what the pixel size and the model add would be mistaken for the whole; ``reason``
    says why. ``systematic``: what these add.
    """
    if low_high is None:
        return Quantity(
            key, name, value, unit, symbol, None, reason, n, counted, method, tuple(systematic)
        )
    # The bootstrap's percentiles may leave the value itself outside.
    below, above = max(value - low_high[0], 0.0), max(low_high[1] - value, 0.0)
    parts = (Part("counting", below, above, f"n = {n:,} {counted}"), *systematic)
    known = Quantity(key, name, value, unit, symbol, None, reason or ONE_FIELD, n, counted, method)
    return with_parts(known, parts)


def with_parts(quantity: Quantity, parts: Sequence[Part]) -> Quantity:
    """Return a quantity of known value with the 95 % interval that ``parts`` give.

    The interval is that of the standard (ASTM E562 and E1245: value ± t s / sqrt(n)), cut where
    values are impossible; see :attr:`Quantity.cut_at`.
    """
    assert quantity.value is not None
    whole = combined(quantity.value, parts)
    interval = whole and _possible(whole, quantity.value, *bounds_of(quantity.key, quantity.unit))
    return replace(quantity, interval=interval, reason="", parts=tuple(parts))


def bounds_of(key: str, unit: str) -> tuple[float, float]:
    """Return the least and the most that a quantity can be: a length, an area, a number per area or
    a share is not negative, and a share is at most the whole."""
    if unit == "%" or key in SHARES:
        return 0.0, 100.0 if unit == "%" else 1.0
    return (-inf if unit in ("", "°") and key not in RATIOS else 0.0), inf


def _possible(
    interval: tuple[float, float], value: float, least: float, most: float
) -> tuple[float, float]:
    # A value beyond its bounds, as of a polygon of few pixels, keeps an interval round itself.
    low, high = interval
    return (max(low, least) if value >= least else low, min(high, most) if value <= most else high)


def of_one_field(
    key: str,
    name: str,
    value: float,
    unit: str = "",
    systematic: Sequence[Part] = (),
    *,
    symbol: str = "",
    n: int = 1,
    counted: str = "fields",
    method: str = "",
) -> Quantity:
    """Return a quantity that has an interval over several fields only."""
    parts = tuple(systematic)
    return Quantity(key, name, value, unit, symbol, None, ONE_FIELD, n, counted, method, parts)


def missing(
    key: str, name: str, unit: str, reason: str, *, symbol: str = "", method: str = ""
) -> Quantity:
    """Return a quantity without a value, and why it has none."""
    return Quantity(key, name, None, unit, symbol, None, reason, method=method)


def quantity_of(quantities: Sequence[Quantity], key: str, measured: str) -> Quantity:
    """Return a quantity by its key; ``measured``: what they are of, in words.

    Raises:
        DataError: none of that key.
    """
    for one in quantities:
        if one.key == key:
            return one
    known = ", ".join(one.key for one in quantities)
    raise DataError(f"{key} was not measured of {measured}; there are {known}.")


def factor(old: str, new: str) -> float | None:
    """Return what a value in one unit is multiplied by to be in another of the same dimension;
    None where there is no such number, as from px to nm."""
    ours, theirs = _dimension(old), _dimension(new)
    if ours is None or theirs is None or ours[1] != theirs[1]:
        return None
    return (ours[0] / theirs[0]) ** ours[1]


def _dimension(unit: str) -> tuple[float, int] | None:
    """Return the length in nm that a unit is a power of, and the power; None for any other."""
    stem, power = unit.removeprefix("1/"), 1
    for sign, exponent in (("²", 2), ("³", 3)):
        if stem.endswith(sign):
            stem, power = stem.removesuffix(sign), exponent
    if stem not in NM:
        return None
    return NM[stem], -power if unit.startswith("1/") else power

"""Quantities in words, with as many digits as their interval supports."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor, log10

from core.fields.quantity import Quantity

NONE = "\N{EN DASH}"
"""Stands where there is no value."""
FINEST_PX = 2
"""Decimals of a length in px, which was found on a raster."""
MANY = 1e6
"""From here on digits that mean nothing are zeros."""
SHARES = {
    "pixel size": "the uncertainty of the pixel size",
    "model": "the model's error on its validation images",
}
"""What an interval holds beside the scatter of its sample, by the source of a part."""


def value_in_words(quantity: Quantity) -> str:
    """Return the value with its unit: "512 nm"; an en dash without a value."""
    if quantity.value is None:
        return NONE
    return with_unit(_rounded(quantity.value, _decimals(quantity)), quantity.unit)


def interval_in_words(quantity: Quantity) -> str:
    """Return the 95 % interval with its unit: "480 to 545 nm"; an en dash without one."""
    if quantity.interval is None:
        return NONE
    decimals = _decimals(quantity)
    low, high = (_rounded(end, decimals) for end in quantity.interval)
    return with_unit(f"{low} to {high}", quantity.unit)


def beside_the_sample(quantity: Quantity) -> tuple[str, ...]:
    """Return what the interval of a quantity holds beside the scatter of its sample; nothing
    without an interval."""
    return tuple(SHARES[one] for one in sources_beside_the_sample(quantity))


def sources_beside_the_sample(quantity: Quantity) -> tuple[str, ...]:
    """Return the sources of :func:`beside_the_sample`: "pixel size", "model"."""
    if quantity.interval is None:
        return ()
    held = {part.source for part in quantity.parts if part.below or part.above}
    return tuple(one for one in SHARES if one in held)


def what_is_held(own: Quantity, counted: str) -> str:
    """Return what the interval of one field alone holds; ``counted``: "44 particles"."""
    return listed((f"what counting {counted} leaves open", *beside_the_sample(own)))


def listed(words: Sequence[str]) -> str:
    """Return "a", "a and b", "a, b and c"."""
    *before, last = words
    return f"{', '.join(before)} and {last}" if before else last


def headline_in_words(quantity: Quantity) -> str:
    """Return symbol and value: "D50 = 512 nm"; the name where there is no symbol."""
    title = quantity.symbol or quantity.name
    return (
        f"{title}: no value" if quantity.value is None else f"{title} = {value_in_words(quantity)}"
    )


def in_a_sentence(name: str) -> str:
    """Return a name as it stands within a sentence: "median diameter", but "D50" and "ASTM G"."""
    is_word = name[1:2].islower()
    return name[:1].lower() + name[1:] if is_word else name


def counted_in_words(count: int, plural: str) -> str:
    """Return "1 particle", "1,200 particles"."""
    return f"{count:,} {plural.removesuffix('s') if count == 1 else plural}"


def with_unit(number: str, unit: str) -> str:
    """Return a number and its unit: "5 nm", "40°", "5.2 per mm²"."""
    if unit.startswith("1/"):
        return f"{number} per {unit.removeprefix('1/')}"
    return f"{number}{unit}" if unit in ("", "\N{DEGREE SIGN}") else f"{number} {unit}"


def _rounded(value: float, decimals: int) -> str:
    # Adding 0 makes -0.0 a plain 0.
    rounded = round(value, decimals) + 0.0
    return f"{rounded:,.{max(0, decimals)}f}"


def _decimals(quantity: Quantity) -> int:
    """Return the decimals that give half the interval two significant digits; without an interval
    the value four, and a count all of its own. Below 0: zeros before the point."""
    value = abs(quantity.value or 0.0)
    if quantity.interval is not None:
        half = (quantity.interval[1] - quantity.interval[0]) / 2
        if half > 0:
            most = FINEST_PX if quantity.unit == "px" else 6
            return min(most, max(1 - floor(log10(half)), 1 - _order(value)))
    is_count = not quantity.unit and value == round(value) and value < MANY
    if is_count or not value:
        return 0
    digits = 3 - _order(value)
    return min(6, digits if value >= MANY else max(0, digits))


def _order(value: float) -> int:
    return floor(log10(value)) if value > 0 else 0

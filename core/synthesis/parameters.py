"""Numbers of a simulation that a page offers and that training draws: a label and a range each."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any


@dataclass(frozen=True)
class Parameter:
    """What is known of a number: its ``label``, range and ``unit``.

    ``log``: drawn log-uniformly.
    """

    label: str
    low: float
    high: float
    unit: str = ""
    log: bool = False


def parameter(
    default: float, low: float, high: float, label: str, unit: str = "", log: bool = False
) -> Any:
    """Return a dataclass field with a range."""
    return field(default=default, metadata={"parameter": Parameter(label, low, high, unit, log)})


def parameters(kind: type) -> dict[str, Parameter]:
    """Return the parameters of a dataclass by the names of their fields."""
    return {
        one.name: one.metadata["parameter"] for one in fields(kind) if "parameter" in one.metadata
    }

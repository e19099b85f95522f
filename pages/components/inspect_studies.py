"""The case studies' networks in Inspect: trained, though not to segment, so not in the zoo."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from core.figures.palette import phase_color
from core.types import Phase
from pages.components import session

if TYPE_CHECKING:
    from models.ising import Inspectable

WEIGHTS_BYTES = 3_000_000
GREY_MEAN = GREY_STD = 0.5
"""Of the spins as grey levels 0 and 1; the networks take -1 and 1."""


def studies() -> Mapping[str, Inspectable]:
    """Return the networks of the case studies by their name in links."""
    from models import ising

    return ising.inspectable()


def phases() -> tuple[Phase, ...]:
    """Return their two classes."""
    return Phase("T < Tc", phase_color(0)), Phase("T > Tc", phase_color(1))


def network(name: str) -> Any:
    """Return a network with its weights, loaded once for all sessions while it is kept.

    Raises:
        ModelError: its weights are missing or damaged.
    """
    from models import ising

    key = ("network of a study", name)
    found = session.inspections().get(key)
    if found is None:
        asked = studies()[name]
        found = ising.load(asked.network, asked.side)
        session.inspections().put(key, found, WEIGHTS_BYTES)
    return found

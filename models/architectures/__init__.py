"""Network builders, no weights. A module here that has ``CARDS`` is registered by being here."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from types import MappingProxyType

from models.architectures.card import ArchitectureCard


def _walk() -> Mapping[str, ArchitectureCard]:
    cards = {}
    for module in pkgutil.iter_modules(__path__):
        family = importlib.import_module(f"{__name__}.{module.name}")
        for card in getattr(family, "CARDS", ()):
            cards[card.name] = card
    return MappingProxyType(dict(sorted(cards.items(), key=lambda item: item[1].year)))


ARCHITECTURES: Mapping[str, ArchitectureCard] = _walk()
"""Every architecture by name, oldest first."""

"""Classic methods, listed after the trained models: one module = one method = one ``CARD``."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from core.types.model_card import ModelCard

CARDS: tuple[ModelCard, ...] = tuple(
    import_module(f"{__name__}.{found.name}").CARD for found in iter_modules(__path__)
)

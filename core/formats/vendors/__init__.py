"""Pixel sizes and info bars of the instruments; a module here is its own registration.

A module has ``RANK``: 0 for an instrument's own tag, 1 for a sidecar file, 2 for what another
program noted; and ``find(clues) -> Finding | None``. Optional: ``is_image(page) -> bool``, for
files whose first page is only a preview.
"""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType

from core.formats.reading.clues import Clues
from core.formats.reading.names import shown
from core.formats.reading.source import Finding

_TITLES = {271: "Make", 272: "Model", 305: "Software"}


def modules() -> list[ModuleType]:
    """Return the vendors' modules, an instrument's own tags first."""
    found = (
        importlib.import_module(f"{__name__}.{module.name}")
        for module in pkgutil.iter_modules(__path__)
    )
    return sorted((module for module in found if hasattr(module, "find")), key=lambda m: m.RANK)


def find(clues: Clues) -> Finding:
    """Return what the vendors know of the image, pixel sizes in the order of their trust.

    What the format has when nobody sets it comes last.
    """
    findings = [found for module in modules() if (found := _safely(module, clues))]
    sizes = (one for found in findings for one in found.calibrations)
    bar_rows = next((f.info_bar_rows for f in findings if f.info_bar_rows is not None), None)
    metadata = {title: shown(clues.text(tag)) for tag, title in _TITLES.items() if clues.text(tag)}
    metadata |= {key: text for found in findings for key, text in found.metadata.items()}
    notes = tuple(note for found in findings for note in found.notes)
    return Finding(sorted(sizes, key=lambda one: bool(one.note)), bar_rows, metadata, notes)


def _safely(module: ModuleType, clues: Clues) -> Finding | None:
    try:
        return module.find(clues)
    except Exception:
        name = module.__name__.rpartition(".")[2]
        return Finding(notes=(f"The {name} metadata are damaged and were left out.",))

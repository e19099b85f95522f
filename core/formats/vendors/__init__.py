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

_AGREE_WITHIN = 0.005
_TITLES = {271: "Make", 272: "Model", 305: "Software"}


def modules() -> list[ModuleType]:
    """Return the vendors' modules, an instrument's own tags first."""
    found = (
        importlib.import_module(f"{__name__}.{module.name}")
        for module in pkgutil.iter_modules(__path__)
    )
    return sorted((module for module in found if hasattr(module, "find")), key=lambda m: m.RANK)


def find(clues: Clues) -> Finding:
    """Return what the first vendor that knows the pixel size says, with what others add.

    Two sources of pixel size that differ by over 0.5 % are a note; the first one counts.
    """
    findings = [found for module in modules() if (found := _safely(module, clues))]
    calibrated = [found for found in findings if found.calibration]
    best = calibrated[0] if calibrated else None
    bar_rows = next((f.info_bar_rows for f in findings if f.info_bar_rows is not None), None)
    metadata = {title: shown(clues.text(tag)) for tag, title in _TITLES.items() if clues.text(tag)}
    metadata |= {key: text for found in findings for key, text in found.metadata.items()}
    notes = tuple(note for found in findings for note in found.notes)
    if best is None:
        return Finding(None, bar_rows, metadata, notes)
    for other in calibrated[1:]:
        first, second = best.calibration, other.calibration
        if abs(first.x_m / second.x_m - 1) > _AGREE_WITHIN:
            notes += (
                f"{second.source} gives {second.x_m * 1e9:.5g} nm for the pixel, and "
                f"{first.source} {first.x_m * 1e9:.5g} nm; the latter is used.",
            )
    return Finding(best.calibration, bar_rows, metadata, notes)


def _safely(module: ModuleType, clues: Clues) -> Finding | None:
    try:
        return module.find(clues)
    except Exception as error:
        name = module.__name__.rpartition(".")[2]
        return Finding(
            notes=(f"The {name} metadata are damaged ({type(error).__name__}) and were left out.",)
        )

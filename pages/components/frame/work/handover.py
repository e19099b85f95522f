"""A result from the worker of this server to the page that asked for it, past the disk.

Read from the workspace, it would be unpacked and measured anew, to the same numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pages.components.frame import stores

if TYPE_CHECKING:
    from core.analysis.analysis import Analysis
    from core.types.micrograph import Micrograph
    from core.types.model_card import ModelCard


def give(result: str, analysis: Analysis) -> None:
    """Hold a result for the page that asks for it first. ``result``: its id in the workspace."""
    key, size_bytes = (
        _key(analysis.micrograph, result),
        analysis.image_bytes + analysis.object_bytes,
    )
    stores.results().put(key, analysis, size_bytes)


def take(result: str, micrograph: Micrograph, card: ModelCard) -> Analysis | None:
    """Return a result that was made here, and hold it no longer; None where it was not, or by
    another version of the model. ``micrograph``: as its page has it, under its own name and pixel
    size."""
    from core.analysis.remeasure import recalibrate

    key = _key(micrograph, result)
    found: Analysis | None = stores.results().get(key)
    if found is None:
        return None
    stores.results().discard(key.__eq__)
    return recalibrate(found, micrograph) if found.card in (card, card.careful) else None


def _key(micrograph: Micrograph, result: str) -> stores.Key:
    return (micrograph.digest, "made here", result)

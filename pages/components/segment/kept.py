"""Analyses that are kept for all sessions: one entry each, with its groupings into objects."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import streamlit as st

from core.errors import LamellaError
from core.segmentation.settings import ObjectSettings
from core.types.micrograph import Micrograph
from core.types.pixel_size import PixelSize
from core.workspace.corrections import corrections
from pages.components.correct import opening
from pages.components.frame import keeping, stores

if TYPE_CHECKING:
    from core.analysis.analysis import Analysis

MOST_GROUPINGS = 3
"""As many object settings as users with one sample may try at the same time."""


@dataclass(frozen=True, eq=False)
class KeptAnalysis:
    """One segmentation, and the last :data:`MOST_GROUPINGS` analyses of it, the newest last."""

    groupings: tuple[Analysis, ...]

    @property
    def size_bytes(self) -> int:
        """Bytes that the entry keeps alive."""
        shared = self.groupings[0].image_bytes
        return shared + sum(analysis.object_bytes for analysis in self.groupings)

    def under(self, settings: ObjectSettings, size: PixelSize | None) -> Analysis | None:
        """Return the analysis with these object settings and this pixel size, or None."""
        found = (
            one
            for one in self.groupings
            if one.object_settings == settings and one.micrograph.pixel_size == size
        )
        return next(found, None)

    def with_grouping(self, analysis: Analysis) -> KeptAnalysis:
        """Return the entry with one more analysis, without the oldest where there are too many."""
        return KeptAnalysis((*self.groupings, analysis)[-MOST_GROUPINGS:])


@dataclass(frozen=True)
class Corrected:
    """Whose corrections of which kept result are looked for; there may be none."""

    owner: str
    result: str

    def of(self, analysis: Analysis) -> Analysis:
        """Return ``analysis`` as its owner corrected it by now."""
        place = keeping.workspace()
        if place is None or corrections.find(place, self.owner, self.result) is None:
            return analysis
        opened = opening.opened(place, self.owner, self.result)
        opened.catch_up()
        if not opened.is_changed:
            return analysis
        shown = analysis.micrograph
        about = (self.owner, self.result, opened.revision, shown.pixel_size)
        # Not under the key of the analysis: that one is shared by all who have the same image.
        key, store = (shown.digest, "corrected", *about), stores.results()
        found: Analysis | None = store.get(key)
        if found is None:
            found = opened.corrected(analysis)
            store.discard(lambda other: other[1:4] == key[1:4])
            store.put(key, found, found.image_bytes + found.object_bytes)
        return replace(found, micrograph=shown)


@dataclass(frozen=True)
class Reference:
    """Which analysis a callback is about. ``name``: of the micrograph, for the exports.
    ``corrected``: None where the result is not kept.

    A callback lives as long as its session shows the widget. With the analysis itself in it, the
    store could drop the analysis and its memory would stay.
    """

    key: tuple[object, ...]
    settings: ObjectSettings
    name: str
    pixel_size: PixelSize | None
    corrected: Corrected | None = None

    def analysis(self) -> Analysis:
        """Return the analysis, with the corrections that there are by now.

        Raises:
            LamellaError: it had to make room for newer ones.
        """
        entry: KeptAnalysis | None = stores.results().get(self.key)
        found = entry.under(self.settings, self.pixel_size) if entry else None
        if found is None:
            raise LamellaError(
                f"The result of {self.name} was dropped from memory for newer ones; reload "
                "the page and press Segment."
            )
        found = replace(found, micrograph=replace(found.micrograph, name=self.name))
        return self.corrected.of(found) if self.corrected else found


def keep(key: tuple[object, ...], analysis: Analysis) -> None:
    """Keep a new analysis; ``key``: all that decides its labels."""
    _put(key, KeptAnalysis((analysis,)))


def find(
    key: tuple[object, ...], settings: ObjectSettings, micrograph: Micrograph
) -> Analysis | None:
    """Return the analysis where it is kept; other object settings and another pixel size of the
    same ``micrograph`` need no new run."""
    entry: KeptAnalysis | None = stores.results().get(key)
    if entry is None:
        return None
    found = entry.under(settings, micrograph.pixel_size)
    if found is None:
        from core.analysis.remeasure import recalibrate, regroup

        with st.spinner("Separating objects."):
            found = recalibrate(entry.groupings[-1], micrograph)
            if found.object_settings != settings:
                found = regroup(found, settings)
        _put(key, entry.with_grouping(found))
    return found


def _put(key: tuple[object, ...], entry: KeptAnalysis) -> None:
    stores.results().put(key, entry, entry.size_bytes)

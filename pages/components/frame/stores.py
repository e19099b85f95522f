"""What all sessions share, within a limit of bytes; a key names all that a value depends on."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import streamlit as st

from core.bounded_store import BoundedStore

if TYPE_CHECKING:
    from core.inspection.cache import ActivationCache
    from core.segmentation.forest.marks import Marks
    from core.segmentation.forest.pixel_forest import FeatureBands
    from core.types.arrays import Array
    from core.types.micrograph import Micrograph
    from pages.components.frame.memory import Upload

Key: TypeAlias = tuple[Hashable, ...]
Value = TypeVar("Value")
# What is kept in the workspace comes back from there, so these need to hold what is in use.
UPLOAD_BYTES = 400_000_000
MICROGRAPH_BYTES = 600_000_000
RESULT_BYTES = 1_000_000_000
INSPECTION_BYTES = 400_000_000
FEATURE_BYTES = 400_000_000
MARK_BYTES = 200_000_000


@st.cache_resource(show_spinner=False)
def _store(name: str, capacity_bytes: int) -> BoundedStore[Key, Any]:
    return BoundedStore(capacity_bytes)


def uploads() -> BoundedStore[Key, Upload]:
    """Return the store of uploaded files; a key holds the session's secret."""
    return _store("uploads", UPLOAD_BYTES)


def micrographs() -> BoundedStore[Key, tuple[Micrograph, Array | None]]:
    """Return the store of micrographs that were read."""
    return _store("micrographs", MICROGRAPH_BYTES)


def results() -> BoundedStore[Key, Any]:
    """Return the store of analyses, shared by all sessions: a key holds the image's digest."""
    return _store("results", RESULT_BYTES)


def marks() -> BoundedStore[Key, Marks]:
    """Return the store of drawn marks, shared by all sessions."""
    return _store("marks", MARK_BYTES)


def features() -> BoundedStore[Key, FeatureBands]:
    """Return the store of what a forest sees of images, shared by all sessions."""
    return _store("features", FEATURE_BYTES)


def inspections() -> BoundedStore[Key, Any]:
    """Return the store of what was found out about networks, shared by all sessions."""
    return _store("inspections", INSPECTION_BYTES)


@st.cache_resource(show_spinner=False)
def activations() -> ActivationCache:
    """Return the activations used last, shared by all sessions."""
    from core.inspection.cache import ActivationCache

    return ActivationCache(INSPECTION_BYTES)


def forget_image(owner: str, source: str) -> None:
    """Drop what is in memory of an upload that its owner deleted, its results too."""
    digests = {
        page.digest for key, (page, _) in micrographs().items() if key[:2] == (owner, source)
    }
    uploads().discard(lambda key: key == (owner, source))
    micrographs().discard(lambda key: key[:2] == (owner, source))
    for store in (results(), marks(), features(), inspections()):
        store.discard(lambda key: not digests.isdisjoint(key[:2]))


def kept(key: Key, make: Callable[[], Value], size_bytes: int = 1_000_000) -> Value:
    """Return what ``make`` makes, kept for all sessions; ``key`` must name all it depends on."""
    found: Value | None = results().get(key)
    if found is None:
        found = make()
        results().put(key, found, getattr(found, "nbytes", size_bytes))
    return found

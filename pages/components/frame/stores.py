"""What all sessions share, within a limit of bytes; a key names all that a value depends on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.bounded_store import BoundedStore

if TYPE_CHECKING:
    from core.inspection.cache import ActivationCache

UPLOAD_BYTES = 1_000_000_000
MICROGRAPH_BYTES = 1_000_000_000
RESULT_BYTES = 2_000_000_000
INSPECTION_BYTES = 400_000_000
FEATURE_BYTES = 400_000_000
MARK_BYTES = 200_000_000


@st.cache_resource(show_spinner=False)
def _store(name: str, capacity_bytes: int) -> BoundedStore[Any, Any]:
    return BoundedStore(capacity_bytes)


def uploads() -> BoundedStore[Any, Any]:
    """Return the store of uploaded files; a key holds the session's secret."""
    return _store("uploads", UPLOAD_BYTES)


def micrographs() -> BoundedStore[Any, Any]:
    """Return the store of micrographs that were read."""
    return _store("micrographs", MICROGRAPH_BYTES)


def results() -> BoundedStore[Any, Any]:
    """Return the store of analyses, shared by all sessions: a key holds the image's digest."""
    return _store("results", RESULT_BYTES)


def marks() -> BoundedStore[Any, Any]:
    """Return the store of drawn marks, shared by all sessions."""
    return _store("marks", MARK_BYTES)


def features() -> BoundedStore[Any, Any]:
    """Return the store of what a forest sees of images, shared by all sessions."""
    return _store("features", FEATURE_BYTES)


def inspections() -> BoundedStore[Any, Any]:
    """Return the store of what was found out about networks, shared by all sessions."""
    return _store("inspections", INSPECTION_BYTES)


@st.cache_resource(show_spinner=False)
def activations() -> ActivationCache:
    """Return the activations used last, shared by all sessions."""
    from core.inspection.cache import ActivationCache

    return ActivationCache(INSPECTION_BYTES)


def kept(key: tuple[object, ...], make: Callable[[], Any], size_bytes: int = 1_000_000) -> Any:
    """Return what ``make`` makes, kept for all sessions; ``key`` must name all it depends on."""
    found = results().get(key)
    if found is None:
        found = make()
        results().put(key, found, getattr(found, "nbytes", size_bytes))
    return found

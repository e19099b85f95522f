"""Activations that were computed once, kept within a limit of bytes."""

from __future__ import annotations

from dataclasses import dataclass

from core.bounded_store import BoundedStore
from core.inspection.feature_maps import feature_maps
from core.inspection.field import Field
from core.inspection.layers.layer import FeatureMaps
from core.inspection.subject import Subject


@dataclass(frozen=True)
class ActivationKey:
    """What activations depend on; ``digest`` of the micrograph, ``model`` with its weights."""

    digest: str
    model: str
    layer: str
    field: Field


class ActivationCache:
    """The activations used last, at most ``limit_bytes`` of them; safe for several threads."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit = limit_bytes
        self._store: BoundedStore[ActivationKey, FeatureMaps] = BoundedStore(limit_bytes)

    @property
    def held_bytes(self) -> int:
        """Bytes of the activations that are held now."""
        return self._store.bytes

    def feature_maps(self, subject: Subject, layer: str) -> FeatureMaps:
        """Return the activations of a layer, from the cache when they are there.

        Activations larger than the limit are computed and not held.

        Raises:
            LamellaError: an unknown layer.
        """
        key = ActivationKey(subject.digest, subject.model, layer, subject.field)
        maps = self._store.get(key)
        if maps is None:
            maps = feature_maps(subject, layer)
            if maps.activations.nbytes <= self._limit:
                self._store.put(key, maps, maps.activations.nbytes)
        return maps

"""Activations that were computed once, kept within a limit of bytes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from core.inspection.feature_maps import feature_maps
from core.inspection.field import Field
from core.inspection.subject import Subject
from core.types import FeatureMaps


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
        self._lock = threading.Lock()
        self._maps: OrderedDict[ActivationKey, FeatureMaps] = OrderedDict()
        self._bytes = 0

    @property
    def held_bytes(self) -> int:
        """Bytes of the activations that are held now."""
        return self._bytes

    def feature_maps(self, subject: Subject, layer: str) -> FeatureMaps:
        """Return the activations of a layer, from the cache when they are there.

        Raises:
            LamellaError: an unknown layer.
        """
        key = ActivationKey(subject.digest, subject.model, layer, subject.field)
        return self.get(key, lambda: feature_maps(subject, layer))

    def get(self, key: ActivationKey, compute: Callable[[], FeatureMaps]) -> FeatureMaps:
        """Return what is held for ``key``, else compute and hold it; too large is not held."""
        with self._lock:
            if key in self._maps:
                self._maps.move_to_end(key)
                return self._maps[key]
        maps = compute()
        with self._lock:
            self._hold(key, maps)
        return maps

    def _hold(self, key: ActivationKey, maps: FeatureMaps) -> None:
        size = maps.activations.nbytes
        if key in self._maps or size > self._limit:
            return
        while self._bytes + size > self._limit:
            _, oldest = self._maps.popitem(last=False)
            self._bytes -= oldest.activations.nbytes
        self._maps[key] = maps
        self._bytes += size

"""A store that forgets what was used longest ago, so that memory has a bound."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class BoundedStore(Generic[Key, Value]):
    """Values by key, at most ``capacity_bytes`` of them together; safe between threads.

    The newest value is always kept, also when it alone is larger than the capacity: a user who
    may open a large image must be able to see it.
    """

    def __init__(self, capacity_bytes: int) -> None:
        self._capacity = capacity_bytes
        self._entries: OrderedDict[Key, tuple[Value, int]] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    @property
    def bytes(self) -> int:
        """Bytes held now."""
        return self._bytes

    def get(self, key: Key) -> Value | None:
        """Return the value and mark it as used, or None where it is not, or no longer, kept."""
        with self._lock:
            if key not in self._entries:
                return None
            self._entries.move_to_end(key)
            return self._entries[key][0]

    def put(self, key: Key, value: Value, size_bytes: int) -> None:
        """Keep ``value``, and drop those used longest ago until the capacity holds again."""
        with self._lock:
            self._drop(key)
            self._entries[key] = (value, size_bytes)
            self._bytes += size_bytes
            while self._bytes > self._capacity and len(self._entries) > 1:
                self._drop(next(iter(self._entries)))

    def items(self) -> tuple[tuple[Key, Value], ...]:
        """Return all keys with their values, without marking them as used."""
        with self._lock:
            return tuple((key, value) for key, (value, _) in self._entries.items())

    def discard(self, condition: Callable[[Key], bool]) -> None:
        """Drop every value whose key fulfils ``condition``."""
        with self._lock:
            for key in [one for one in self._entries if condition(one)]:
                self._drop(key)

    def _drop(self, key: Key) -> None:
        _, size_bytes = self._entries.pop(key, (None, 0))
        self._bytes -= size_bytes

"""A class in the lecture: the micrograph that it is shown, and what it answers to the questions.

The answers are anonymous; both are bounded, and gone after the lecture.
"""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

MOST_ROOMS, MOST_VISITORS = 50, 500
REST_S, LONGEST_S = 3 * 3600.0, 8 * 3600.0
"""A room that nobody asked for so long is gone, and any room so long after it was opened."""
CODE_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
CODE_LENGTH = 8


@dataclass(frozen=True)
class Shown:
    """Which micrograph a class is shown: the ``source`` of an image of ``owner``, who opened it.

    ``step``: where the lecture begins.
    """

    owner: str
    source: str
    step: str = ""


@dataclass
class _Room:
    """``answers``: the choice of each visitor, by question. ``opened``, ``used``: in seconds."""

    shown: Shown
    opened: float
    used: float
    answers: dict[str, dict[str, int]] = field(default_factory=dict)


class Classrooms:
    """The classes that answer now, in memory alone; safe between threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._rooms: OrderedDict[str, _Room] = OrderedDict()
        self._lock = Lock()

    def open(self, shown: Shown) -> str:
        """Return the code of a new class; of too many, the one that rested longest is closed.

        Whoever has the code is shown the micrograph until the class is closed or forgotten.
        """
        code = "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))
        with self._lock:
            self._forget_resting()
            now = self._clock()
            self._rooms[code] = _Room(shown, now, now)
            while len(self._rooms) > MOST_ROOMS:
                self._rooms.popitem(last=False)
        return code

    def close(self, code: str) -> None:
        """Forget a class and all its answers."""
        with self._lock:
            self._rooms.pop(code, None)

    def shown(self, code: str) -> Shown | None:
        """Return which micrograph a class is shown; None where there is no such class."""
        with self._lock:
            room = self._room(code)
            return None if room is None else room.shown

    def answer(self, code: str, question: str, visitor: str, choice: int) -> bool:
        """Keep the choice of a visitor, in place of an earlier one; return whether it was kept.

        ``visitor``: any text that tells visitors of a class apart. It is not kept where there is no
        such class, or its room is full.
        """
        with self._lock:
            room = self._room(code)
            if room is None:
                return False
            answers = room.answers.setdefault(question, {})
            if visitor not in answers and len(answers) >= MOST_VISITORS:
                return False
            answers[visitor] = choice
            return True

    def counts(self, code: str, question: str, choices: int) -> tuple[int, ...] | None:
        """Return how many chose each of ``choices``; None where there is no such class."""
        with self._lock:
            room = self._room(code)
            if room is None:
                return None
            given = list(room.answers.get(question, {}).values())
            return tuple(given.count(choice) for choice in range(choices))

    def _room(self, code: str) -> _Room | None:
        self._forget_resting()
        room = self._rooms.get(code)
        if room is not None:
            room.used = self._clock()
            self._rooms.move_to_end(code)
        return room

    def _forget_resting(self) -> None:
        now = self._clock()
        for code, room in list(self._rooms.items()):
            if now - room.used > REST_S or now - room.opened > LONGEST_S:
                del self._rooms[code]

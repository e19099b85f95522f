"""Lines of Python that a student copies to get the number on the screen."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Snippet:
    """``code``: complete lines, imports included; ``prints``: what they print, word for word.

    ``prints`` is worked out by our own functions and never by running ``code``; the tests run
    ``code`` and compare.
    """

    code: str
    prints: str

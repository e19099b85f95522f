"""How far a computation is, for whoever waits for it."""

from collections.abc import Callable

ProgressCallback = Callable[[int, int], None]
"""Called with (done, total); raise ``core.errors.Cancelled`` in it to stop."""


def no_progress(done: int, total: int) -> None:
    """Ignore progress."""

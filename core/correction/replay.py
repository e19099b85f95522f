"""A log of steps made again, as it may come from anybody."""

from __future__ import annotations

from collections.abc import Sequence

from core.correction import changes
from core.correction.changes import Change
from core.correction.codec import Step
from core.correction.history import UNDO, History
from core.correction.state import CorrectionState
from core.errors import CorrectionError


def concerned_change(step: Step, taken: Step) -> Change:
    """Return what ``step`` changes, which takes the step ``taken`` back or makes it again.

    Raises:
        CorrectionError: it was meant for another step.
    """
    if step.of not in (None, taken.serial):
        raise CorrectionError(
            "Another step than the last one was to be undone or made again; reload the page."
        )
    return taken.change.reversed() if step.kind == UNDO else taken.change


def replay(state: CorrectionState, steps: Sequence[Step]) -> None:
    """Make all ``steps`` in place, from the first of a correction on.

    Raises:
        CorrectionError: they are not the log of a correction that began with ``state``.
    """
    history = History()
    if len({step.serial for step in steps}) < len(steps):
        raise CorrectionError("Two steps of a correction have one serial.")
    for revision, step in enumerate(steps, 1):
        if step.base != revision - 1:
            raise CorrectionError("The steps of a correction do not follow each other.")
        concerned = history.concerned(revision, step.kind)
        change = step.change
        if concerned == revision:
            changes.check_new(state, change)
        else:
            change = concerned_change(step, steps[concerned - 1])
        changes.apply(state, change)
        history = history.after(revision, step.kind)

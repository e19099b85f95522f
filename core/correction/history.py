"""Which steps are made and which are taken back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from core.errors import CorrectionError

UNDO, REDO = "undo", "redo"


@dataclass(frozen=True)
class History:
    """``done``: revisions of the steps that are made, the oldest first; ``undone``: of those taken
    back, the next to be made again last. A new step lets go of the undone ones."""

    done: tuple[int, ...] = ()
    undone: tuple[int, ...] = ()

    @classmethod
    def of(cls, log: Iterable[tuple[int, str]]) -> History:
        """Return the history after the entries of a log: their revision and their kind.

        Raises:
            CorrectionError: something is undone or done again that is not there.
        """
        found = cls()
        for revision, kind in log:
            found = found.after(revision, kind)
        return found

    def concerned(self, revision: int, kind: str) -> int:
        """Return the revision of the step that an entry of this kind makes or takes back.

        Raises:
            CorrectionError: there is none.
        """
        if kind not in (UNDO, REDO):
            return revision
        steps = self.done if kind == UNDO else self.undone
        if not steps:
            done = "Nothing was done that could be undone."
            raise CorrectionError(
                done if kind == UNDO else "Nothing was undone that could be done again."
            )
        return steps[-1]

    def after(self, revision: int, kind: str) -> History:
        """Return the history after one more entry.

        Raises:
            CorrectionError: as of :meth:`concerned`.
        """
        one = self.concerned(revision, kind)
        if kind == UNDO:
            return History(self.done[:-1], (*self.undone, one))
        if kind == REDO:
            return History((*self.done, one), self.undone[:-1])
        return History((*self.done, one))

"""A user of ``benchmarks.server.kill`` who corrects an image by hand, as the browser sends it."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Iterator

import httpx
import numpy as np

from benchmarks.server.killing.images import SIDE_PX, image_bytes, name_of
from benchmarks.server.killing.users import VISITORS, Note
from core import formats
from core.correction import changes
from core.correction.blank import blank
from core.correction.codec import Step, encode_step
from core.correction.history import UNDO
from core.correction.state import CorrectionState, ObjectRecord
from core.workspace import micrographs
from core.workspace.corrections import corrections
from core.workspace.corrections.open_correction import open_correction
from core.workspace.results import results
from core.workspace.workspace import Workspace
from pages.components.correct import route

CELL_PX = 4
PAUSE_S, AGAIN_S, PATIENCE_S = 0.1, 0.2, 30.0
UNDONE_EVERY = 5


class Corrector(threading.Thread):
    """Draws one object after the other on an image of its own, and takes every fifth one back. What
    is not answered is sent again, the very same bytes, until it is.

    ``is_sending``: a stroke is on its way. ``refused``: what the server answered else than that it
    is kept.
    """

    def __init__(self, workspace: Workspace, address: str, name: str) -> None:
        super().__init__(name=name, daemon=True)
        self.notes: list[Note] = []
        self.refused: list[str] = []
        self.is_sending = False
        self.stop = threading.Event()
        self.result = self._begun(workspace)
        grant = route.Grant(VISITORS, self.result, 1)
        self._address = address + route.address_in(workspace.folder, grant)
        self._drawn = open_correction(workspace, VISITORS, self.result).state
        self._sent: list[Step] = []

    def run(self) -> None:
        """Correct until told to stop."""
        with httpx.Client(timeout=PATIENCE_S) as client:
            for number in itertools.count(1):
                if self.stop.wait(PAUSE_S) or not self._send(client, self._step(number)):
                    return

    def problems(self, workspace: Workspace) -> Iterator[str]:
        """Yield what is lost, doubled or changed of what the server said it had kept."""
        yield from (f"{self.name}: a stroke was refused: {why}" for why in self.refused)
        log = list(corrections.steps_after(workspace, self.result, 0))
        counts = Counter(step.serial for step in log)
        known = [step.serial for step in self._sent]
        kept = {note.revision for note in self.notes if note.what == "stroke"}
        for number, serial in enumerate(known, 1):
            if counts[serial] > 1 or (number in kept and counts[serial] != 1):
                yield f"{self.name}: the stroke {serial} is there {counts[serial]} times"
        if [step.serial for step in log] != known[: len(log)] or len(log) < len(kept):
            yield f"{self.name}: the log is not what was drawn"
        expected = self._state_after(len(log))
        found = open_correction(workspace, VISITORS, self.result).state
        if not np.array_equal(found.ids, expected.ids) or found.objects != expected.objects:
            yield f"{self.name}: the objects are not those that were drawn"

    def _begun(self, workspace: Workspace) -> str:
        data, name = image_bytes(self.name, 0), name_of(self.name, 0)
        source = micrographs.source_of(name, data, {})
        kept = micrographs.add(workspace, VISITORS, source, name, data)
        made = blank(formats.read(data, name))
        stored = results.add(workspace, VISITORS, kept.id, f"{name} by hand", made)
        corrections.begin(workspace, VISITORS, stored.id, made)
        self._workspace = workspace
        return stored.id

    def _step(self, number: int) -> Step:
        """Return the next stroke, which is made here already."""
        base, last = len(self._sent), self._sent[-1] if self._sent else None
        if number % UNDONE_EVERY == 0 and last is not None:
            undone = last.change.reversed()
            step = Step(f"{self.name} {number}", base, UNDO, undone, of=last.serial)
        else:
            step = Step(f"{self.name} {number}", base, "brush", _object(self._drawn, number))
        changes.apply(self._drawn, step.change)
        self._sent.append(step)
        return step

    def _send(self, client: httpx.Client, step: Step) -> bool:
        """Send a step until the server says that it is kept; return whether it did."""
        data = encode_step(step)
        while not self.stop.is_set():
            self.is_sending = True
            try:
                answer = client.post(self._address, content=data)
            except httpx.HTTPError:
                answer = None
            self.is_sending = False
            if answer is None or answer.status_code >= 502:
                self.stop.wait(AGAIN_S)
                continue
            if answer.status_code != 200 or answer.json() != {"revision": step.base + 1}:
                self.refused.append(f"{answer.status_code} {answer.text[:200]}")
                return False
            self.notes.append(Note("stroke", self.name, 0, self.result, step.base + 1))
            return True
        return False

    def _state_after(self, steps: int) -> CorrectionState:
        """Return what was drawn with so many steps, made anew."""
        head = corrections.find(self._workspace, VISITORS, self.result)
        assert head is not None
        state = corrections.beginning(self._workspace, head)
        for step in self._sent[:steps]:
            changes.apply(state, step.change)
        return state


def _object(state: CorrectionState, number: int) -> changes.Change:
    """Return a new object that fills a cell of its own."""
    row, column = divmod(number, SIDE_PX // CELL_PX)
    rows, columns = np.mgrid[:CELL_PX, :CELL_PX]
    where = ((row * CELL_PX + rows) * SIDE_PX + column * CELL_PX + columns).ravel()
    record = ObjectRecord(1, "drawn", confirmed=True)
    return changes.repainted(state, where, state.next_id, 1, {state.next_id: record})

"""Corrections as bytes: what a browser is sent, what it sends, and what the log on disk keeps.

All numbers are little-endian, lengths are in pixels, and a pixel's value is id * 256 + label; label
255 is where there is no image. Everything begins with

- the length of the head in bytes, uint32, a multiple of 4
- the head: JSON in UTF-8, filled up with spaces

A step goes on with ``runs`` of four uint32: start, length, value before, value after. ``start`` is
row * W + column of the first pixel; runs are in raster order, may go on into the next row, and all
pixels of one are alike. Its head has ``serial``, drawn by the browser, so that a step that is sent
twice is made once; ``base``, the revision that it builds on; ``kind``, in one word what was done,
"undo" and "redo" being the last step but taken back or made again; ``of``, the serial of that step;
``objects``, a list of [id, before, after], each [phase, origin, corrected, confirmed] or null where
there is no such object; ``areas``, what is confirmed as a whole, before and after, as lists of
[top, left, bottom, right], where that changes; ``runs``, how many. Several steps may follow each
other.

A whole correction goes on with ``runs`` of three uint32: value, start, length, of every pixel but
those of the ground without an object; then with the runs of the steps that can be undone, the
oldest first, and of those that can be made again, the next one last. Its head has ``revision``,
``height``, ``width``, ``phases``, ``objects_phase``, ``ground``, ``found``, ``next_id``,
``objects`` (a list of [id, phase, origin, corrected, confirmed]), ``areas``, and ``undo`` and
``redo``, the heads of those steps.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from typing import Any

import numpy as np

from core import typed
from core.correction.changes import Change, ChangedRuns, ObjectChange
from core.correction.state import Box, CorrectionState, ObjectRecord, Origin
from core.errors import CorrectionError

MOST_BYTES = 64_000_000
LONGEST_WORD = 64


@dataclass(frozen=True, eq=False)
class Step:
    """A change with what its head says beside; see the module."""

    serial: str
    base: int
    kind: str
    change: Change
    of: str | None = None


@dataclass(frozen=True)
class _Head:
    serial: str
    base: int
    kind: str
    runs: int
    objects: tuple[tuple[int, _Record | None, _Record | None], ...] = ()
    areas: tuple[tuple[_Corners, ...], tuple[_Corners, ...]] | None = None
    of: str | None = None


_Record = tuple[int, Origin, bool, bool]
_Corners = tuple[int, int, int, int]


def encode_step(step: Step) -> bytes:
    """Return a step as bytes."""
    head: dict[str, object] = {"serial": step.serial, "base": step.base, "kind": step.kind}
    head |= {"of": step.of, **_change_head(step.change)}
    return _head(head) + _runs(step.change)


def decode_steps(data: bytes, most_bytes: int = MOST_BYTES) -> tuple[Step, ...]:
    """Return the steps in ``data``, which may come from anybody; whether they fit an image is found
    out when they are made.

    Raises:
        CorrectionError: these are no steps, or more than ``most_bytes`` of them.
    """
    if len(data) > most_bytes:
        raise CorrectionError(
            f"A correction of {len(data) / 1e6:.0f} MB was sent and at most {most_bytes / 1e6:.0f} "
            "MB are taken at once; make it in smaller steps."
        )
    found: list[Step] = []
    at = 0
    try:
        while at < len(data) or not found:
            step, at = _step(data, at)
            found.append(step)
    except (ValueError, TypeError, RecursionError) as error:
        raise CorrectionError(
            f"What was sent is no correction ({str(error):.200}); reload the page."
        ) from error
    return tuple(found)


def _step(data: bytes, at: int) -> tuple[Step, int]:
    about, at = _read_head(data, at)
    head: _Head = typed.read(_Head, about)
    if not all(0 < len(word) <= LONGEST_WORD for word in (head.serial, head.kind)):
        raise ValueError("a serial and a kind of up to 64 letters are needed")
    end = at + 16 * head.runs
    if head.runs < 0 or end > len(data):
        raise ValueError("it is cut off")
    values = np.frombuffer(data, "<u4", 4 * head.runs, at).reshape(-1, 4)
    start, length = values[:, :2].T.astype(np.int64)
    before, after = values[:, 2:].T
    runs = ChangedRuns(
        *(start, length, before >> 8, after >> 8),
        *((one & 255).astype(np.uint8) for one in (before, after)),
    )
    objects = tuple(
        ObjectChange(number, _record(one), _record(other)) for number, one, other in head.objects
    )
    areas = head.areas and tuple(tuple(Box(*box) for box in side) for side in head.areas)
    change = Change(runs, objects, areas)  # type: ignore[arg-type] # A pair, as it was.
    return Step(head.serial, head.base, head.kind, change, head.of), end


def encode_state(
    state: CorrectionState,
    revision: int,
    objects_phase: int | None,
    undo: Sequence[Step],
    redo: Sequence[Step],
) -> bytes:
    """Return a whole correction as bytes."""
    values = (state.ids.astype(np.uint32) << 8 | state.labels).ravel()
    start = np.flatnonzero(np.concatenate([[True], values[1:] != values[:-1]]))
    length = np.diff(np.append(start, values.size))
    shown = values[start] != state.ground
    runs = np.stack([values[start], start, length], axis=1)[shown]
    head = {
        "revision": revision,
        "height": state.shape[0],
        "width": state.shape[1],
        "phases": [{"name": one.name, "color": one.color} for one in state.phases],
        "objects_phase": objects_phase,
        "ground": state.ground,
        "found": state.found,
        "next_id": state.next_id,
        "objects": [[number, *astuple(one)] for number, one in sorted(state.objects.items())],
        "areas": [astuple(area) for area in state.areas],
        "runs": len(runs),
        "undo": [_told(step) for step in undo],
        "redo": [_told(step) for step in redo],
    }
    changes = b"".join(_runs(step.change) for step in (*undo, *redo))
    return _head(head) + runs.astype("<u4").tobytes() + changes


def _told(step: Step) -> dict[str, object]:
    return {"serial": step.serial, "kind": step.kind, **_change_head(step.change)}


def _change_head(change: Change) -> dict[str, object]:
    objects = [
        [one.id, one.before and astuple(one.before), one.after and astuple(one.after)]
        for one in change.objects
    ]
    head: dict[str, object] = {"objects": objects, "runs": len(change.runs)}
    if change.areas is not None:
        head["areas"] = [[astuple(box) for box in side] for side in change.areas]
    return head


def _runs(change: Change) -> bytes:
    runs = change.runs
    before, after = (
        one.astype(np.uint32) << 8 | label
        for one, label in ((runs.id_before, runs.label_before), (runs.id_after, runs.label_after))
    )
    return np.stack([runs.start, runs.length, before, after], axis=1).astype("<u4").tobytes()


def _record(found: _Record | None) -> ObjectRecord | None:
    return None if found is None else ObjectRecord(*found)


def _head(head: Mapping[str, object]) -> bytes:
    text = json.dumps(head, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    return len(text).to_bytes(4, "little") + text


def _read_head(data: bytes, at: int) -> tuple[Any, int]:
    """Return the head at this byte, and where it ends."""
    size = int.from_bytes(data[at : at + 4], "little")
    end = at + 4 + size
    if not size or size % 4 or end > len(data):
        raise ValueError("it is cut off")
    return json.loads(data[at + 4 : end]), end


def head_of(data: bytes) -> Any:
    """Return the head that ``data`` begins with.

    Raises:
        ValueError: it has none.
    """
    return _read_head(data, 0)[0]

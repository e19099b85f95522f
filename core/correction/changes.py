"""A change of a correction: exactly what was before and what is after, so that it can be undone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from core.correction.state import LARGEST_ID, OUTSIDE, Box, CorrectionState, ObjectRecord
from core.errors import CorrectionError
from core.image_size import width_x_height

_MISFIT = (
    "This step does not follow from what is in the image, so it was not made; reload the page."
)


@dataclass(frozen=True, eq=False)
class ChangedRuns:
    """Pixels that changed, as runs (R,) in raster order, all pixels of one alike.

    ``start``: index of the first pixel, row * W + column. ``length``: in px. ``id_before``,
    ``id_after``: uint32. ``label_before``, ``label_after``: uint8.
    """

    start: np.ndarray
    length: np.ndarray
    id_before: np.ndarray
    id_after: np.ndarray
    label_before: np.ndarray
    label_after: np.ndarray

    def __len__(self) -> int:
        return len(self.start)


NO_RUNS = ChangedRuns(
    *(np.empty(0, kind) for kind in ("i8", "i8", np.uint32, np.uint32, np.uint8, np.uint8))
)


@dataclass(frozen=True)
class ObjectChange:
    """What was known of an object before and is after; None = there is no such object."""

    id: int
    before: ObjectRecord | None
    after: ObjectRecord | None


@dataclass(frozen=True, eq=False)
class Change:
    """One step of a correction.

    ``areas``: what was confirmed as a whole, before and after; None = as it was.
    """

    runs: ChangedRuns = NO_RUNS
    objects: tuple[ObjectChange, ...] = ()
    areas: tuple[tuple[Box, ...], tuple[Box, ...]] | None = None

    @property
    def ids(self) -> frozenset[int]:
        """The objects whose pixels or record it changes."""
        runs = np.union1d(self.runs.id_before, self.runs.id_after).tolist()
        return frozenset((*runs, *(one.id for one in self.objects))) - {0}

    def reversed(self) -> Change:
        """Return the change that takes this one back."""
        runs = self.runs
        return Change(
            replace(
                runs,
                id_before=runs.id_after,
                id_after=runs.id_before,
                label_before=runs.label_after,
                label_after=runs.label_before,
            ),
            tuple(replace(one, before=one.after, after=one.before) for one in self.objects),
            self.areas and self.areas[::-1],
        )


def repainted(
    state: CorrectionState,
    pixels: np.ndarray,
    ids: np.ndarray | int,
    labels: np.ndarray | int,
    made: Mapping[int, ObjectRecord] | None = None,
) -> Change:
    """Return the change that gives pixels other objects and phases, without making it.

    Objects that lose or gain pixels are corrected by it, and go with their last pixel.

    ``pixels``: (n,) indices, row * W + column, rising. ``ids``, ``labels``: (n,) or one for all.
    ``made``: what is known of objects that are new, by id.
    """
    runs = _changed_runs(state, pixels, ids, labels)
    objects = []
    for number, balance in sorted(_balance(runs).items()):
        before, after = state.objects.get(number), (made or {}).get(number)
        if before is not None:
            is_left = state.pixels[number] + balance > 0
            after = replace(before, corrected=True) if is_left else None
        if after != before:
            objects.append(ObjectChange(number, before, after))
    return Change(runs, tuple(objects))


def _changed_runs(
    state: CorrectionState, pixels: np.ndarray, ids: np.ndarray | int, labels: np.ndarray | int
) -> ChangedRuns:
    before, label_before = state.ids.ravel()[pixels], state.labels.ravel()[pixels]
    after = np.broadcast_to(np.asarray(ids, np.uint32), before.shape)
    label_after = np.broadcast_to(np.asarray(labels, np.uint8), before.shape)
    differs = ((before != after) | (label_before != label_after)) & (label_before != OUTSIDE)
    pixels = pixels[differs]
    if not len(pixels):
        return NO_RUNS
    values = [one[differs] for one in (before, after, label_before, label_after)]
    begins = np.ones(len(pixels), np.bool_)
    begins[1:] = (np.diff(pixels) != 1) | (pixels[1:] % state.shape[1] == 0)
    for one in values:
        begins[1:] |= one[1:] != one[:-1]
    at = np.flatnonzero(begins)
    length = np.diff(np.append(at, len(pixels)))
    return ChangedRuns(pixels[at], length, *(one[at] for one in values))


def apply(state: CorrectionState, change: Change) -> None:
    """Make ``change``, in place.

    Raises:
        CorrectionError: the state is not the one that the change was made for, or the change is
            none of such an image; the state stays as it is.
    """
    runs, balance = change.runs, _balance(change.runs)
    pixels = _run_pixels(state, runs)
    _check(state, change, pixels, balance)
    if len(runs):
        state.ids.ravel()[pixels] = np.repeat(runs.id_after, runs.length)
        state.labels.ravel()[pixels] = np.repeat(runs.label_after, runs.length)
        for labels, sign in ((runs.label_before, -1), (runs.label_after, 1)):
            state.phase_pixels += sign * np.bincount(labels, runs.length, 256).astype(np.int64)
        for number, count in balance.items():
            state.pixels[number] = state.pixels.get(number, 0) + count
        _widen_boxes(state, runs)
    for one in change.objects:
        if one.after is None:
            del state.objects[one.id], state.pixels[one.id]
            state.boxes.pop(one.id, None)
        else:
            state.objects[one.id] = one.after
            state.next_id = max(state.next_id, one.id + 1)
    if change.areas is not None:
        state.areas = change.areas[1]


def check_new(state: CorrectionState, change: Change) -> None:
    """Refuse a step that is new, neither undone nor done again, where it breaks a rule of ids: none
    is given twice, and what changed by hand is marked so.

    Raises:
        CorrectionError: it does.
    """
    marked = {one.id: one.after for one in change.objects}
    for one in change.objects:
        if one.before is None and one.id < state.next_id:
            raise CorrectionError(
                f"The number {one.id} was given before, and a new object needs one that was not, "
                f"such as {state.next_id}; reload the page."
            )
        if one.before and one.after and one.before.phase != one.after.phase:
            _check_marked(one.id, one.after)
    for number in _balance(change.runs):
        _check_marked(number, marked.get(number, state.objects.get(number)))


def _check_marked(number: int, record: ObjectRecord | None) -> None:
    if record is not None and not record.by_hand:
        raise CorrectionError(
            f"Object {number} was changed and is not marked as corrected; reload the page."
        )


def _check(
    state: CorrectionState, change: Change, pixels: np.ndarray, balance: Mapping[int, int]
) -> None:
    runs, phases = change.runs, len(state.phases)
    records = {one.id: one for one in change.objects}
    fits = len(records) == len(change.objects)
    fits &= all(state.objects.get(one.id) == one.before for one in change.objects)
    fits &= all(0 < one.id <= LARGEST_ID for one in change.objects)
    fits &= all(one.after is None or 0 <= one.after.phase < phases for one in change.objects)
    fits &= change.areas is None or _are_areas(state, change.areas)
    if fits and len(runs):
        labels = (runs.label_before, runs.label_after)
        fits = (
            max(int(one.max()) for one in labels) < min(phases, OUTSIDE)
            and np.array_equal(state.ids.ravel()[pixels], np.repeat(runs.id_before, runs.length))
            and np.array_equal(
                state.labels.ravel()[pixels], np.repeat(runs.label_before, runs.length)
            )
        )
    for number in {*balance, *records} if fits else ():
        left = state.pixels.get(number, 0) + balance.get(number, 0)
        change_of_it = records.get(number)
        there = state.objects.get(number) if change_of_it is None else change_of_it.after
        fits &= (left > 0) == (there is not None)
    if not fits:
        raise CorrectionError(_MISFIT)


def _are_areas(state: CorrectionState, areas: tuple[tuple[Box, ...], tuple[Box, ...]]) -> bool:
    before, after = areas
    height, width = state.shape
    return before == state.areas and all(
        0 <= one.top < one.bottom <= height and 0 <= one.left < one.right <= width for one in after
    )


def _run_pixels(state: CorrectionState, runs: ChangedRuns) -> np.ndarray:
    """Return the index of each pixel of runs, in order."""
    if not len(runs):
        return np.empty(0, np.int64)
    size, start, length = state.ids.size, runs.start, runs.length
    # Each is compared before any are added, so that no sum can wrap.
    is_sound = (
        start.min() >= 0
        and start.max() < size
        and length.min() >= 1
        and bool((length <= size - start).all())
        and bool((start[1:] >= (start + length)[:-1]).all())
    )
    if not is_sound:
        raise CorrectionError(
            f"Pixels outside the image of {width_x_height(state.shape)} px were drawn on, or "
            "some of them twice in one step; reload the page."
        )
    ends = np.cumsum(length)
    return np.arange(ends[-1]) + np.repeat(start - ends + length, length)


def _balance(runs: ChangedRuns) -> dict[int, int]:
    """Return how many pixels each object gains, by id; below 0 where it loses some."""
    ids = np.concatenate([runs.id_before, runs.id_after])
    numbers, index = np.unique(ids, return_inverse=True)
    signed = np.concatenate([-runs.length, runs.length])
    sums = np.bincount(index, signed, len(numbers)).astype(np.int64)
    found = dict(zip(numbers.tolist(), sums.tolist(), strict=True))
    found.pop(0, None)
    return found


def _widen_boxes(state: CorrectionState, runs: ChangedRuns) -> None:
    width = state.shape[1]
    numbers, index = np.unique(runs.id_after, return_inverse=True)
    row, column = np.divmod(runs.start, width)
    last = (runs.start + runs.length - 1) // width
    goes_on = last > row
    left, right = np.where(goes_on, 0, column), np.where(goes_on, width, column + runs.length)
    low, high = np.full((2, len(numbers)), state.ids.size), np.zeros((2, len(numbers)), np.int64)
    for axis, (first, end) in enumerate(((row, last + 1), (left, right))):
        np.minimum.at(low[axis], index, first)
        np.maximum.at(high[axis], index, end)
    corners = np.concatenate([low, high]).T.tolist()
    for number, corner in zip(numbers.tolist(), corners, strict=True):
        if number:
            box = Box(*corner)
            state.boxes[number] = state.boxes.get(number, box).around(box)

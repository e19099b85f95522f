"""Changes as a browser makes them, at random."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from core.correction.changes import Change, ChangedRuns, ObjectChange, repainted
from core.correction.state import Box, CorrectionState, ObjectRecord
from core.types.segmentation import Phase

PHASES = (Phase("ground", "#000000"), Phase("particle", "#ffffff"), Phase("pore", "#808080"))
SHAPE = (48, 64)


def small_state() -> CorrectionState:
    """Nine squares of 8 px, one with a hole of the ground's phase, above two rows of info bar."""
    ids, labels = np.zeros(SHAPE, np.uint32), np.zeros(SHAPE, np.uint8)
    for number in range(9):
        row, column = 3 + 14 * (number // 3), 4 + 20 * (number % 3)
        ids[row : row + 8, column : column + 8] = number + 1
        labels[row : row + 8, column : column + 8] = 1
    labels[6:8, 7:9] = 0
    labels[46:] = 255
    return CorrectionState(ids, labels, PHASES, {n: ObjectRecord(1) for n in range(1, 10)})


def copied(state: CorrectionState) -> CorrectionState:
    return CorrectionState(
        state.ids.copy(),
        state.labels.copy(),
        state.phases,
        state.objects,
        ground=state.ground,
        areas=state.areas,
        next_id=state.next_id,
        first_new_id=state.first_new_id,
        found=state.found,
    )


def assert_equal(found: CorrectionState, wanted: CorrectionState) -> None:
    """Bit for bit, with everything that is counted on the way."""
    np.testing.assert_array_equal(found.ids, wanted.ids)
    np.testing.assert_array_equal(found.labels, wanted.labels)
    np.testing.assert_array_equal(found.phase_pixels, wanted.phase_pixels)
    assert found.objects == wanted.objects
    assert found.pixels == wanted.pixels
    assert found.areas == wanted.areas
    for number in wanted.objects:
        assert found.crop(number) == wanted.crop(number)


def disc(random: np.random.Generator, shape: tuple[int, int] = SHAPE) -> np.ndarray:
    """Return the indices of the pixels of a disc, perhaps cut by the edge."""
    (row, column), radius = random.integers(0, shape), random.integers(1, 9)
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    return np.flatnonzero((rows - row) ** 2 + (columns - column) ** 2 <= radius**2)


def pixels_of(state: CorrectionState, *numbers: int) -> np.ndarray:
    return np.flatnonzero(np.isin(state.ids, numbers))


def random_change(state: CorrectionState, random: np.random.Generator) -> Change:
    """Return a stroke, an erasing, a new object, a merge, a split, a deletion, another phase, a
    confirmation or an area."""
    numbers = sorted(state.objects)
    kind = random.integers(0, 8) if numbers else random.choice([1, 2])
    one = int(random.choice(numbers)) if numbers else 0
    phase, brush = int(random.integers(0, len(state.phases))), disc(random, state.shape)
    if kind == 0:
        return repainted(state, brush, one, state.objects[one].phase)
    if kind == 1:
        return repainted(state, brush, 0, phase)
    if kind == 2:
        new = state.next_id
        return repainted(state, brush, new, phase, {new: ObjectRecord(phase, "drawn")})
    if kind == 3:
        others = random.choice(numbers, min(3, len(numbers)), replace=False).tolist()
        return repainted(state, pixels_of(state, *others), one, state.objects[one].phase)
    if kind == 4:
        part = pixels_of(state, one)
        part = part[len(part) // 2 :]
        made = {state.next_id: replace(state.objects[one], corrected=True)}
        return repainted(state, part, state.next_id, state.labels.ravel()[part], made)
    if kind == 5:
        return repainted(state, pixels_of(state, one), 0, 0)
    if kind == 6:
        before = state.objects[one]
        return Change(objects=(ObjectChange(one, before, replace(before, confirmed=True)),))
    top, left = int(random.integers(0, 40)), int(random.integers(0, 60))
    return Change(areas=(state.areas, (*state.areas, Box(top, left, top + 4, left + 4))))


def one_run(
    start: int, length: int, before: tuple[int, int], after: tuple[int, int]
) -> ChangedRuns:
    """Return a run with its id and label, before and after."""
    kinds = (np.uint32, np.uint32, np.uint8, np.uint8)
    values = (before[0], after[0], before[1], after[1])
    return ChangedRuns(
        np.array([start]),
        np.array([length]),
        *(np.array([value], kind) for value, kind in zip(values, kinds, strict=True)),
    )

"""How many clicks an object takes: clicks that are simulated on images whose objects are known."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from core.errors import DataError
from core.interaction.answers import Part, Prompts, together
from core.interaction.looks import Network
from core.interaction.predictor import answer
from core.interaction.prompts import Click
from core.interaction.scenes import Scene, read_scene
from core.interaction.simulated_clicks import correcting_click, first_click, standard_click
from core.training.dataset import find_pairs
from core.types.progress import ProgressCallback, no_progress

MOST_CLICKS = 20
LEAST_CLICKS = 5
TARGETS = (0.85, 0.9)
LEAST_OBJECT_PX = 100
SIZES = {"under 20 px": (0, 20), "20 to 70 px": (20, 70), "over 70 px": (70, np.inf)}
"""Of the diameter of a circle of the object's area."""


@dataclass(frozen=True, eq=False)
class Target:
    """An object to be found: ``truth``, its mask. ``touching``: another lies beside it."""

    image: str
    grey: np.ndarray
    truth: Part
    touching: bool

    @property
    def diameter_px(self) -> float:
        """Of a circle of the object's area."""
        return float(np.sqrt(4 * self.truth.values.sum() / np.pi))


@dataclass(frozen=True)
class ClickedObject:
    """``ious``: after each click, 5 to 20 of them; the last value holds on where nothing was left
    to click."""

    image: str
    diameter_px: float
    touching: bool
    ious: tuple[float, ...]

    def iou_after(self, clicks: int) -> float:
        """Return the IoU after so many clicks."""
        return self.ious[min(clicks, len(self.ious)) - 1]

    def clicks_to(self, iou: float) -> int:
        """Return the number of clicks until ``iou`` was reached; 20 where it never was."""
        reached = (number for number, value in enumerate(self.ious, start=1) if value >= iou)
        return next(reached, MOST_CLICKS)

    def fails(self, iou: float) -> bool:
        """Whether ``iou`` was never reached."""
        return max(self.ious) < iou


@dataclass(frozen=True)
class ClickMethod:
    """What turns clicks into an object. ``respond``: from grey levels, the target (of which only an
    oracle may look at the truth), all clicks and what it returned as state before, to a mask and a
    new state. ``most_clicks``: after which it is too slow to go on."""

    name: str
    respond: Callable[[Target, tuple[Click, ...], Any], tuple[Part, Any]]
    most_clicks: int = MOST_CLICKS


def network_method(network: Network) -> ClickMethod:
    """Return the click network as a method."""

    def respond(target: Target, clicks: tuple[Click, ...], before: Any) -> tuple[Part, Any]:
        found = answer(network, target.grey, Prompts(clicks), before)
        return found.mask, found

    return ClickMethod("click network", respond)


def targets(
    images: Path,
    masks: Path,
    most_per_image: int,
    seed: int = 0,
    among: frozenset[str] | None = None,
    classes: bool = False,
) -> Iterator[Target]:
    """Yield objects of 100 px and more, some of each image, the same for the same seed.

    ``among``: stems of the images that are taken, None = all. ``classes``: see
    :func:`core.interaction.scenes.read_scene`.

    Raises:
        DataError: an image without a mask, or with one that does not fit.
    """
    paths, mistakes = find_pairs(images, masks)
    if mistakes:
        raise DataError("; ".join(mistakes) + ".")
    random = np.random.default_rng(seed)
    for image, mask in paths:
        if among is not None and image.stem not in among:
            continue
        scene = read_scene(image, mask, classes)
        areas = np.bincount(scene.ids.ravel())
        large = [one for one in scene.objects if areas[one[0]] >= LEAST_OBJECT_PX]
        chosen = random.permutation(len(large))[:most_per_image]
        grey = scene.image.astype(np.float32) / 255
        yield from (_target(image.stem, grey, scene, *large[index]) for index in chosen)


def _target(
    stem: str, grey: np.ndarray, scene: Scene, number: int, box: tuple[slice, slice]
) -> Target:
    rows, columns = box
    ring = scene.ids[
        max(rows.start - 2, 0) : rows.stop + 2, max(columns.start - 2, 0) : columns.stop + 2
    ]
    own = (ring == number).astype(np.uint8)
    near = cv2.dilate(own, np.ones((5, 5), np.uint8)) > 0
    touching = bool((near & (ring > 0) & (ring != number)).any())
    truth = scene.ids[box] == number
    return Target(stem, grey, Part(rows.start, columns.start, truth), touching)


def clicked(
    method: ClickMethod, target: Target, random: np.random.Generator | None = None
) -> ClickedObject:
    """Return how the object is found, click after click.

    ``random``: for clicks as people make them (:func:`simulated_clicks.correcting_click`); None for
    the standard ones.
    """
    clicks: tuple[Click, ...] = ()
    mask, state = Part(target.truth.top, target.truth.left, np.zeros((1, 1), bool)), None
    ious: list[float] = []
    while len(ious) < method.most_clicks:
        click = _next_click(target.truth, mask, clicks, random)
        if click is None:
            break
        clicks = (*clicks, click)
        mask, state = method.respond(target, clicks, state)
        ious.append(intersection_over_union(target.truth, mask))
        if len(ious) >= LEAST_CLICKS and max(ious) >= TARGETS[-1]:
            break
    return ClickedObject(target.image, target.diameter_px, target.touching, tuple(ious))


def _next_click(
    truth: Part, mask: Part, before: Sequence[Click], random: np.random.Generator | None
) -> Click | None:
    top, left, (wanted, found) = together(truth, mask)
    moved = [Click(one.row - top, one.column - left, one.inside) for one in before]
    inside = [
        one for one in moved if 0 <= one.row < wanted.shape[0] and 0 <= one.column < wanted.shape[1]
    ]
    if random is None:
        click = standard_click(wanted, found, inside)
    elif not before:
        click = first_click(wanted, random)
    else:
        click = correcting_click(wanted, found, random)
    return click and Click(click.row + top, click.column + left, click.inside)


def intersection_over_union(truth: Part, mask: Part) -> float:
    """Return the IoU of two masks; ``truth`` is not empty."""
    _, _, (wanted, found) = together(truth, mask)
    return float((wanted & found).sum() / (wanted | found).sum())


@dataclass(frozen=True)
class ClickScores:
    """Of some objects. ``noc``: mean number of clicks until 0.85 and 0.90, 20 where never reached;
    ``failures``: share of the objects that never reach them. ``median``, ``tenth``: of the IoU
    after 1, 3 and 5 clicks, the 50th and 10th percentile; ``mean`` likewise."""

    objects: int
    noc: tuple[float, float]
    failures: tuple[float, float]
    mean: tuple[float, float, float]
    median: tuple[float, float, float]
    tenth: tuple[float, float, float]


AFTER = (1, 3, 5)


def scores_of(objects: Sequence[ClickedObject]) -> ClickScores | None:
    """Return the scores of ``objects``; None where there is none."""
    if not objects:
        return None
    after = np.array([[one.iou_after(clicks) for clicks in AFTER] for one in objects])
    low, high = TARGETS
    return ClickScores(
        len(objects),
        (_mean([o.clicks_to(low) for o in objects]), _mean([o.clicks_to(high) for o in objects])),
        (_mean([o.fails(low) for o in objects]), _mean([o.fails(high) for o in objects])),
        tuple(after.mean(0).tolist()),
        tuple(np.median(after, axis=0).tolist()),
        tuple(np.percentile(after, 10, axis=0).tolist()),
    )


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values))


def grouped(objects: Sequence[ClickedObject]) -> dict[str, ClickScores]:
    """Return the scores of all objects, then by size and by whether another one touches them."""
    groups: dict[str, list[ClickedObject]] = {"all": list(objects)}
    for name, (low, high) in SIZES.items():
        groups[name] = [one for one in objects if low <= one.diameter_px < high]
    groups["touching"] = [one for one in objects if one.touching]
    groups["free"] = [one for one in objects if not one.touching]
    found = {name: scores_of(some) for name, some in groups.items()}
    return {name: scores for name, scores in found.items() if scores is not None}


def evaluate_clicks(
    methods: Sequence[ClickMethod],
    some: Sequence[Target],
    jittered: bool = False,
    seed: int = 0,
    progress: ProgressCallback = no_progress,
) -> dict[str, list[ClickedObject]]:
    """Return how each method finds each target, by the method's name.

    ``jittered``: with clicks as people make them in place of the standard ones.

    Source of the protocol: Sofiiuk et al. 2021, arXiv:2102.06583, section 4.
    """
    found: dict[str, list[ClickedObject]] = {method.name: [] for method in methods}
    for number, target in enumerate(some):
        for method in methods:
            random = np.random.default_rng((seed, number)) if jittered else None
            found[method.name].append(clicked(method, target, random))
        progress(number + 1, len(some))
    return found

"""A whole training: which images test, the runs, before and after, and what was forgotten."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import nn

from core import typed
from core.training.fine_tuning.images import TeachingImage
from core.training.fine_tuning.run import Taught, fine_tune, view_of
from core.training.fine_tuning.scoring import View, predictor, score
from core.training.fine_tuning.start import FineTuning, Start, Task
from core.training.fine_tuning.tested import Forgetting, HeldOut, HeldOutImage
from core.training.progress import Progress

ENOUGH_FOR_A_THIRD = 6
SCORES, WEIGHTS = "scores.json", "weights.pt"
SPLIT_SEED = 1


@dataclass(frozen=True)
class Stage:
    """Where a training stands: in which of its ``runs``, from 0, and where that one stands; None
    before its first step."""

    run: int
    runs: int
    progress: Progress | None


@dataclass(frozen=True, eq=False)
class Lesson:
    """What a training gave. ``test``: how the images were kept apart; ``tested``: empty with one
    specimen. ``forgetting``: None where it cannot be told."""

    taught: Taught
    test: HeldOut
    tested: tuple[HeldOutImage, ...]
    forgetting: Forgetting | None


def usual_test(specimens: int) -> HeldOut:
    """Return how a model is tested by default: not at all with one specimen; with two to five each
    is left out once, in a run of its own; with more a third of them is kept apart."""
    if specimens < 2:
        return "none"
    return "left out" if specimens < ENOUGH_FOR_A_THIRD else "third"


def folds(specimens: Sequence[str], test: HeldOut) -> tuple[tuple[str, ...], ...]:
    """Return the specimens that are kept apart in each run; () in the one whose network is kept,
    where that learns from all."""
    names = sorted(set(specimens))
    if test == "none" or len(names) < 2:
        return ((),)
    if test == "left out":
        return (*((name,) for name in names), ())
    np.random.default_rng(SPLIT_SEED).shuffle(names)
    return (tuple(sorted(names[: max(1, round(len(names) / 3))])),)


def teach(
    start: Start,
    task: Task,
    images: Sequence[TeachingImage],
    settings: FineTuning,
    folder: Path,
    report: Callable[[Stage], None] = lambda stage: None,
    device: torch.device | None = None,
    test: HeldOut | None = None,
) -> Lesson:
    """Teach a network and test it on specimens that it did not see.

    With ``test`` "left out" the network that is kept learned from all, and each test is that of a
    run without the specimen: a cross-validation. With "third" the network that is kept is tested.

    ``settings``: whose ``seconds`` the runs share. ``folder``: keeps what a training that was
    stopped goes on from; the caller removes it. ``report`` may raise ``core.errors.Cancelled``.
    """
    names = [image.origin.specimen for image in images]
    test = usual_test(len(set(names))) if test is None else test
    plan = folds(names, test)
    shared = replace(settings, seconds=settings.seconds / len(plan))
    tested: list[HeldOutImage] = []
    taught: Taught | None = None
    for number, apart in enumerate(plan):
        place = folder / f"run-{number}"
        report(Stage(number, len(plan), None))

        def seen(progress: Progress, number: int = number) -> None:
            report(Stage(number, len(plan), progress))

        held = [image for image in images if image.origin.specimen in apart]
        is_kept = number == len(plan) - 1
        found = None if is_kept else _scores(place)
        if found is None:
            learned = [image for image in images if image.origin.specimen not in apart]
            taught = fine_tune(start, task, learned, shared, place, seen, device)
            found = _tested(start, task, taught, held, device)
            _keep_scores(place, found)
        tested += found
    assert taught is not None
    return Lesson(taught, test, tuple(tested), _forgetting(start, task, taught, device))


def _tested(
    start: Start,
    task: Task,
    taught: Taught,
    images: Sequence[TeachingImage],
    device: torch.device | None,
) -> tuple[HeldOutImage, ...]:
    if not images:
        return ()
    old = _network(start, task, None, device)
    new = _network(start, task, taught, device)
    views = view_of(start, task), view_of(start, task, taught.scale)
    found = []
    for image in images:
        pair = image.pair(task.objects_phase if task.learns_objects(start) else None)
        before = score(predictor(old, views[0]), pair, views[0]) if task.same_phases else None
        found.append(
            HeldOutImage(image.origin, before, score(predictor(new, views[1]), pair, views[1]))
        )
    return tuple(found)


def _network(
    start: Start, task: Task, taught: Taught | None, device: torch.device | None
) -> nn.Module:
    network = start.network(task.outputs(start))
    if taught is not None:
        network.load_state_dict(taught.state)
    return network.to(device or torch.device("cpu")).eval()


def _forgetting(
    start: Start, task: Task, taught: Taught, device: torch.device | None
) -> Forgetting | None:
    """Return the scores on generated images; None where the phases are others or there are none."""
    if not task.same_phases or start.generated is None:
        return None
    pairs = start.generated()

    def mean(network: nn.Module, view: View) -> float:
        predict = predictor(network, view)
        return float(np.mean([score(predict, pair, view).mean_iou for pair in pairs]))

    before = mean(_network(start, task, None, device), view_of(start, task))
    after = mean(_network(start, task, taught, device), view_of(start, task, taught.scale))
    return Forgetting(len(pairs), before, after)


def _scores(place: Path) -> tuple[HeldOutImage, ...] | None:
    """Return what a run that is over scored; None where it is not over."""
    try:
        return tuple(typed.read(tuple[HeldOutImage, ...], json.loads((place / SCORES).read_text())))
    except (OSError, ValueError):
        return None


def _keep_scores(place: Path, found: Sequence[HeldOutImage]) -> None:
    unfinished = (place / SCORES).with_suffix(".part")
    unfinished.write_text(json.dumps([asdict(one) for one in found]))
    unfinished.replace(place / SCORES)

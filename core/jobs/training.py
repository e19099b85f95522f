"""The job that teaches a network from a user's images; it goes on from its last checkpoint."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from core.errors import LamellaError
from core.jobs import queue
from core.jobs.job import Job
from core.jobs.worker import Handler, Keep
from core.types.progress import ProgressCallback
from core.workspace.disk.trouble import DiskFullError, in_words
from core.workspace.lab import trainings
from core.workspace.lab.training import Result, Settings, Standing, Training

if TYPE_CHECKING:
    import apsw
    from torch import Tensor

    from core.training.fine_tuning.lesson import Lesson, Stage
    from core.training.fine_tuning.start import Start, Task
    from core.workspace.workspace import Workspace

    StartOf: TypeAlias = Callable[[Workspace, str, str], Start]
    Pack: TypeAlias = Callable[[Mapping[str, Tensor]], bytes]

KIND = "train"
PARTS = 1000
"""Into which the progress of each run is divided."""
NICE = 10


def enqueue(workspace: Workspace, training: Training, settings: Settings) -> Job:
    """Ask for a training; one that was stopped, with the same settings, goes on.

    Raises:
        WorkspaceError: it is gone, or the workspace cannot be written to.
    """
    begun = trainings.begin(workspace, training, settings)
    params = {"training": begun.id}
    return queue.enqueue(workspace, begun.owner, KIND, begun.key, params, queue.BATCH)


def cancel(workspace: Workspace, training: Training) -> None:
    """Stop a training at its next step; it can go on from there."""
    queue.cancel(workspace, training.owner, training.key)


def last_job(workspace: Workspace, training: Training) -> Job | None:
    """Return the last job of a training, open or ended."""
    return queue.find(workspace, training.owner, training.key)


def handler(start_of: StartOf, pack: Pack) -> Handler:
    """Return what does such jobs.

    ``start_of``: from the workspace, an owner and the name of a model to what a training starts
    from. ``pack``: from weights to the file that a network of the lab is kept as.
    """

    def train(workspace: Workspace, job: Job, progress: ProgressCallback) -> Keep:
        trainings.tidy(workspace)
        training = trainings.find(workspace, job.owner, job.params["training"])
        if training is None or training.settings is None:
            raise LamellaError(trainings.GONE)
        start = start_of(workspace, job.owner, training.settings.start)
        result, data = run(workspace, training, start, pack, progress)
        digest = workspace.blobs.add(data)

        def keep(db: apsw.Connection) -> None:
            trainings.finish(db, workspace, training.id, result, digest)

        return keep

    return train


def run(
    workspace: Workspace,
    training: Training,
    start: Start,
    pack: Pack,
    progress: ProgressCallback,
) -> tuple[Result, bytes]:
    """Run a training that was begun, and return what it gave with the file of its weights; one that
    was stopped goes on.

    Raises:
        WorkspaceError: the disk is full.
    """
    assert training.settings is not None
    with _gently(), _disk_full(workspace):
        lesson = _teach(workspace, training, training.settings, start, progress)
        return _result(lesson, training.settings, training, start), pack(lesson.taught.state)


def usual_steps(training: Training) -> int:
    """Return how many steps the run whose network is kept has where there is time for them."""
    from core.training.fine_tuning.lesson import folds, usual_test
    from core.training.fine_tuning.start import FineTuning

    specimens = [one.specimen for one in training.facts.origins]
    asked = training.settings.test if training.settings else None
    apart = folds(specimens, asked or usual_test(len(set(specimens))))[-1]
    return FineTuning().steps(sum(one not in apart for one in specimens))


def steps_in_time(training: Training) -> int | None:
    """Return how many steps of its last run a training that is over had time for; None where they
    were not noted.

    They are those planned, or fewer where the time ran out before. A run that ended because it no
    longer became better would have had the time.
    """
    from core.training.fine_tuning.start import FineTuning

    standing, result = training.standing, training.result
    if standing is None or result is None:
        return None
    settings = FineTuning()
    last = result.curve[-1].step if result.curve else standing.steps
    is_no_better = last - result.step >= settings.patience * settings.validate_every
    return standing.steps if is_no_better else last


def _teach(
    workspace: Workspace,
    training: Training,
    settings: Settings,
    start: Start,
    progress: ProgressCallback,
) -> Lesson:
    from core.segmentation.engines.device import choose_device
    from core.training.fine_tuning.lesson import teach
    from core.training.fine_tuning.start import FineTuning

    images = tuple(
        replace(image, origin=origin)
        for image, origin in zip(
            trainings.images(workspace, training), training.facts.origins, strict=True
        )
    )

    def report(stage: Stage) -> None:
        at = stage.progress
        share = at.step / at.steps if at else 0.0
        progress(round(PARTS * (stage.run + share)), PARTS * stage.runs + 1)
        if at is not None and (at.validated or at.step % 10 == 0):
            standing = Standing(stage.run, stage.runs, at.step, at.steps, at.seconds, at.curve)
            trainings.note(workspace, training.id, standing)

    return teach(
        start,
        task_of(training, settings),
        images,
        FineTuning(seconds=60 * settings.minutes),
        trainings.folder(workspace, training.id),
        report,
        choose_device("auto"),
        settings.test,
    )


def task_of(training: Training, settings: Settings) -> Task:
    """Return what is to be learned."""
    from core.training.fine_tuning.start import Task

    instances = training.facts.instances and settings.objects_phase is not None
    return Task(settings.phases, settings.same_phases, settings.objects_phase, instances)


def _result(lesson: Lesson, settings: Settings, training: Training, start: Start) -> Result:
    taught, task = lesson.taught, task_of(training, settings)
    return Result(
        lesson.test,
        lesson.tested,
        lesson.forgetting,
        taught.mix,
        taught.scale,
        taught.step,
        taught.seconds,
        taught.score,
        taught.before if task.same_phases else None,
        taught.curve,
        start.sha256,
        task.learns_objects(start),
    )


@contextmanager
def _gently() -> Iterator[None]:
    """Let whoever waits for an image go first: one thread, of a low priority where the system gives
    threads one."""
    import torch

    threads, number = torch.get_num_threads(), threading.get_native_id()
    torch.set_num_threads(1)
    is_linux = sys.platform == "linux"
    before = os.getpriority(os.PRIO_PROCESS, number) if is_linux else 0
    if is_linux:
        os.setpriority(os.PRIO_PROCESS, number, max(before, NICE))
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        if is_linux and os.geteuid() == 0:
            os.setpriority(os.PRIO_PROCESS, number, before)


@contextmanager
def _disk_full(workspace: Workspace) -> Iterator[None]:
    """Say in words that a checkpoint could not be written."""
    try:
        with in_words(workspace.folder):
            yield
    except RuntimeError as error:
        # PyTorch's own writer does not say why.
        if "PytorchStreamWriter" not in str(error) and "file write" not in str(error):
            raise
        raise DiskFullError(workspace.folder) from error

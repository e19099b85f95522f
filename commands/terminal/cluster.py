"""Images measured on the workers of a Dask cluster, one image a task."""

from __future__ import annotations

import argparse
from asyncio import CancelledError
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from distributed import Client, KilledWorker, Worker, WorkerPlugin, as_completed, get_worker

from commands.terminal.batch import say, unforeseen, with_path
from commands.terminal.fields import Clock, Field, Measurer, one_line
from core.errors import LamellaError
from core.types.progress import no_progress

if TYPE_CHECKING:
    from core.fields.settings import MeasureSettings

SECONDS_TO_CONNECT = 60
TASKS_OF_A_THREAD = 3
"""How many images wait for each thread: few, so that Ctrl-C is quick."""
LOST = "The scheduler is gone; start it again and go on with --resume."


class ModelOnWorker(WorkerPlugin):
    """Holds the model of a worker, which is loaded with the first image that it measures."""

    name = "lamella-measurer"

    def __init__(
        self, options: argparse.Namespace, settings: MeasureSettings, paths: Sequence[Path]
    ) -> None:
        self._given = options, settings, paths
        self.measurer: Measurer | None = None

    def setup(self, worker: Worker) -> None:
        """Begin anew on each worker, also on one that takes the place of another."""
        self.measurer = Measurer(*self._given)


def measure_on_cluster(
    options: argparse.Namespace,
    settings: MeasureSettings,
    every: Sequence[Field],
    missing: Sequence[Field],
    failures: dict[Path, str],
) -> None:
    """Measure the ``missing`` fields; workers write them, so a killed one costs its task alone.

    Raises:
        LamellaError: no scheduler, no worker, or workers of another version of Lamella.
    """
    client = _connected(options.scheduler)
    try:
        _check_workers(client)
        paths = [one.path.resolve() for one in every]
        client.register_plugin(ModelOnWorker(_absolute(options), settings, paths))
        for field, message in _failed(client, missing):
            say(with_path(message, field.path))
            failures[field.path] = message
    finally:
        client.close()


def _connected(address: str) -> Client:
    try:
        client = Client(address, timeout=SECONDS_TO_CONNECT, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise LamellaError(
            f"--scheduler {address} did not answer ({error}); check the address, such as "
            "tcp://host:8786, and that `dask scheduler` runs there."
        ) from error
    try:
        client.wait_for_workers(1, timeout=SECONDS_TO_CONNECT)
    except TimeoutError as error:
        client.close()
        raise LamellaError(
            f"The scheduler {address} has no worker; start `dask worker {address}`."
        ) from error
    return client


def _check_workers(client: Client) -> None:
    """Hold that all workers run this Lamella: two versions give two results."""
    ours = _version()
    try:
        found = client.run(_version)
    except ModuleNotFoundError as error:
        raise LamellaError(
            f"A worker has no Lamella ({error}); install {ours} on every machine."
        ) from error
    others = {worker: version for worker, version in found.items() if version != ours}
    for worker, version in others.items():
        raise LamellaError(
            f"The worker {worker} has Lamella {version} and this is {ours}; install the same one "
            "on every machine."
        )


def _version() -> object:
    from core.export.provenance import software

    return software()["lamella"]


def _absolute(options: argparse.Namespace) -> argparse.Namespace:
    """Return the options with whole paths, as a worker runs in a folder of its own."""
    found = {name: value for name, value in vars(options).items() if name != "run"}
    for name in ("out", "marks", "marks_image"):
        found[name] = found[name] and found[name].resolve()
    return argparse.Namespace(**found)


def _failed(client: Client, fields: Sequence[Field]) -> Iterator[tuple[Field, str]]:
    """Measure the fields, say how it goes, and yield those that failed, and why."""
    waiting, clock = iter(fields), Clock(len(fields))
    running, field_of = as_completed(loop=client.loop), {}

    def submit(count: int) -> None:
        for field in islice(waiting, count):
            future = client.submit(_measure_here, _whole(field), pure=False)
            field_of[future.key] = field
            running.add(future)

    submit(TASKS_OF_A_THREAD * max(1, sum(client.nthreads().values())))
    for future in running:
        field = field_of.pop(future.key)
        place = clock.one_more()
        try:
            say(f"{field.name}: {future.result()} ({place})")
        except CancelledError as error:
            raise LamellaError(LOST) from error
        except KilledWorker:
            yield field, "every worker that took it died; it may need more memory than they have."
        except LamellaError as error:
            yield field, " ".join(str(error).split())
        except Exception as error:
            yield field, " ".join(unforeseen(error).split())
        submit(1)


def _whole(field: Field) -> Field:
    return replace(field, path=field.path.resolve(), record=field.record.resolve())


def _measure_here(field: Field) -> str:
    """Measure a field on the worker that runs this; return the result in a line."""
    plugin: Any = get_worker().plugins[ModelOnWorker.name]
    measurer: Measurer = plugin.measurer
    try:
        found = measurer.segment(field, measurer.read(field), no_progress)
        analysis, measured = measurer.measure(field, found)
        measurer.write(field, analysis, measured)
    except OSError as error:
        raise LamellaError(
            f"{error.strerror or error} on {get_worker().address}; every worker needs the files "
            "under the same path."
        ) from error
    return one_line(measured)

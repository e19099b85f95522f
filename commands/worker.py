"""Run the segmentations that the web app asks for; `lamella app` starts workers by itself."""

from __future__ import annotations

import argparse
import os
import secrets
import signal
import socket
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.jobs.worker import Handler

HELP = "run jobs of the web app, beside those that `lamella app` starts"
MOST_MODELS = 3
"""That a worker holds at a time."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the worker's name, and which jobs it runs."""
    parser.add_argument("--name", help="which no other worker has (default: one is made up)")
    parser.add_argument(
        "--train",
        action="store_true",
        help="teach networks, which takes minutes, and nothing else; others leave that alone",
    )


def run(options: argparse.Namespace) -> int:
    """Work until SIGTERM or Ctrl-C; end with status 75 where a new process should go on.

    Raises:
        WorkspaceError: the workspace cannot be opened.
    """
    from core.jobs import batch, queue, segmentation, supervisor, training, worker
    from core.settings import WorkerLimits, WorkspaceLimits, workspace_folder
    from core.workspace.workspace import Workspace

    limits = WorkerLimits.from_environment()
    workspace = Workspace(workspace_folder(), WorkspaceLimits.from_environment())
    name = options.name or f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
    if options.train:
        os.nice(training.NICE)
    else:
        _import_networks()

    from models import lab
    from models.measured import measurand_errors

    # Not before: whoever ends it while it imports need not wait.
    stop = _stop_at_signals()
    load = lab.loader(MOST_MODELS)
    ending = worker.work(
        workspace,
        _teaching()
        if options.train
        else {
            segmentation.KIND: segmentation.handler(load),
            batch.KIND: batch.handler(load, measurand_errors),
        },
        name,
        stop,
        most_bytes=limits.bytes,
        on_stuck=lambda: os._exit(0 if stop.is_set() else supervisor.RESTART),
    )
    if ending == "device":
        queue.end_leases(workspace, name)
    workspace.close()
    # Without what Python does at an end: to free torch's objects one by one takes it seconds.
    os._exit(0 if ending == "told" else supervisor.RESTART)


def _teaching() -> Mapping[str, Handler]:
    """Return what a worker does that teaches networks: what that needs is imported with the first
    training, as most servers have none for days."""
    from core.jobs import training
    from models import teaching

    return {training.KIND: training.handler(teaching.start_for, teaching.packed)}


def _stop_at_signals() -> threading.Event:
    """Return an event that SIGTERM and Ctrl-C set at once: Python's own handlers wait until the
    main thread is back from the network, which may take minutes."""
    stop = threading.Event()
    heard, told = socket.socketpair()
    told.setblocking(False)
    signal.set_wakeup_fd(told.detach())
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())

    def listen() -> None:
        heard.recv(1)
        stop.set()

    threading.Thread(target=listen, name="lamella-signals", daemon=True).start()
    return stop


def _import_networks() -> None:
    """Import before the first job what it would have to wait for."""
    import core.segmentation.segment  # noqa: F401

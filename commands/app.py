"""Start the web app on this machine: its server, and the workers that run its jobs."""

from __future__ import annotations

import argparse
import math
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator, Mapping
from itertools import chain, repeat
from pathlib import Path

from commands.terminal.batch import say
from commands.terminal.options import UsageError
from commands.terminal.worker_processes import worker_environments
from core.errors import LamellaError
from core.segmentation.engines.processor import usable_cores
from core.settings import Limits, WorkerLimits, WorkspaceLimits, workspace_folder

HELP = "start the web app"
REPOSITORY = Path(__file__).resolve().parents[1]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add where to listen."""
    parser.add_argument("--port", type=int, default=8501, help="default 8501")
    parser.add_argument(
        "--address", default="127.0.0.1", help="default 127.0.0.1: only this machine"
    )


def run(options: argparse.Namespace) -> int:
    """Run Streamlit's server and the workers, whatever the working directory, until Ctrl-C or
    SIGTERM; start again what dies.

    Raises:
        UsageError: an address or port that cannot be listened on.
        LamellaError: the workspace cannot be opened, or a limit is no number.
    """
    from core.jobs import queue
    from core.jobs.supervisor import End, Program, supervise
    from core.workspace.workspace import Workspace

    stop = stop_at_signals()
    check_free(options.address, options.port)
    workspace = Workspace(workspace_folder().absolute(), WorkspaceLimits.from_environment())
    environments = worker_environments(os.environ, WorkerLimits.from_environment(), usable_cores())
    is_local = has_screen(os.environ, sys.platform, sys.stdout.isatty())
    commands = server_commands(options.address, options.port, is_local)
    server = Program(
        "server",
        lambda name: next(commands),
        server_environment(os.environ, workspace.folder, len(environments)),
        is_essential=True,
    )
    workers = [
        Program(f"worker {number}", worker_command, {**server.environment, **own})
        for number, own in enumerate(environments, 1)
    ]
    if environments:
        # By itself, so that no image waits behind a training of minutes.
        of_trainer = {**server.environment, **environments[0], "OMP_NUM_THREADS": "1"}
        workers.append(Program("trainer", trainer_command, of_trainer))

    def on_end(end: End) -> None:
        say(f"{end.in_words}.")
        try:
            queue.end_leases(workspace, end.name)
        except LamellaError as error:
            say(str(error))

    def on_stopped(name: str) -> None:
        try:
            queue.put_back_all(workspace, name)
        except LamellaError as error:
            say(str(error))

    host = "localhost" if options.address in ("0.0.0.0", "::") else options.address
    print(f"Lamella starts at http://{host}:{options.port} (Ctrl-C stops it)", flush=True)
    # Streamlit reads .streamlit/config.toml from the working directory.
    os.chdir(REPOSITORY)
    return supervise([server, *workers], stop, on_end, on_stopped)


def stop_at_signals() -> threading.Event:
    """Return an event that Ctrl-C, SIGTERM and the end of the terminal set."""
    stop = threading.Event()
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda *_: stop.set())
    return stop


def server_commands(address: str, port: int, opens_browser: bool) -> Iterator[list[str]]:
    """Yield the command of each start of Streamlit's server; only the first opens a browser."""
    # Streamlit's are of 2**20 bytes: what is a little larger than ours is refused in our own words,
    # and the page shows the number that all else says.
    upload_megabytes = math.ceil(Limits.from_environment().file_bytes / 1e6)
    command = [sys.executable, "-m", "streamlit", "run", "app.py"]
    command += [f"--server.address={address}", f"--server.port={port}"]
    command += [f"--server.maxUploadSize={upload_megabytes}"]
    command += ["--server.showEmailPrompt=false", "--browser.gatherUsageStats=false"]
    # Streamlit's own welcome asks a server on the internet for this machine's address.
    command += ["--logger.hideWelcomeMessage=true"]
    first = [*command, "--server.headless=false"] if opens_browser else command
    return chain([first], repeat(command))


def worker_command(name: str) -> list[str]:
    """Return the command that starts a worker of this name."""
    return [sys.executable, "-m", "cli", "worker", "--name", name]


def trainer_command(name: str) -> list[str]:
    """Return the command that starts the worker of this name that teaches networks."""
    return [*worker_command(name), "--train"]


def server_environment(
    environment: Mapping[str, str], workspace: Path, workers: int
) -> dict[str, str]:
    """Return the environment of the server: folders by their whole path, and how many workers."""
    found = dict(environment)
    if samples := found.get("LAMELLA_SAMPLES"):
        found["LAMELLA_SAMPLES"] = str(Path(samples).absolute())
    return found | {"LAMELLA_WORKSPACE": str(workspace), "LAMELLA_WORKERS": str(workers)}


def has_screen(environment: Mapping[str, str], platform: str, terminal: bool) -> bool:
    """Return whether a browser should open by itself: somebody sits at this very machine."""
    if not terminal or "SSH_CONNECTION" in environment:
        return False
    if environment.get("STREAMLIT_SERVER_HEADLESS"):
        return False
    return platform in ("darwin", "win32") or any(
        environment.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")
    )


def check_free(address: str, port: int) -> None:
    """Refuse an address or port that cannot be listened on, before Streamlit takes seconds to."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or "no such port"
            raise UsageError(
                f"{address}:{port} cannot be listened on ({reason}); choose another port, for "
                "example `make run PORT=8502` or `lamella app --port 8502`."
            ) from error

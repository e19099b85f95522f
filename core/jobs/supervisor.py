"""Keep programs running: what ends by itself is started again, and all end with this process."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

RESTART = 75
"""Status of a program that asks to be started anew at once."""
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
SOUND_SECONDS = 60.0
"""A program that ran for so long began well: its next pause is the first one again."""
MOST_DEATHS = 5
END_SECONDS = 10.0
_POLL_SECONDS = 0.1


@dataclass(frozen=True)
class Program:
    """A program to keep running.

    ``command``: from a name, new for each start, to the command. ``is_essential``: without it the
    others are of no use.
    """

    title: str
    command: Callable[[str], Sequence[str]]
    environment: Mapping[str, str]
    is_essential: bool = False


@dataclass(frozen=True)
class End:
    """The end of a program that was not asked for. ``name``: of this start. ``status``: of the
    process; negative = by a signal. ``pause_seconds``: until it starts again; None = never."""

    title: str
    name: str
    status: int
    pause_seconds: float | None

    @property
    def in_words(self) -> str:
        """What happened, and what follows."""
        if self.status == RESTART:
            return f"{self.title} asked for a new process and gets it at once"
        how = f"by signal {-self.status}" if self.status < 0 else f"with status {self.status}"
        if self.pause_seconds is None:
            return f"{self.title} ended {how}, {MOST_DEATHS} times in a row; giving up"
        when = f"in {self.pause_seconds:g} s" if self.pause_seconds else "at once"
        return f"{self.title} ended {how}; it starts again {when}"


@dataclass
class _Child:
    program: Program
    name: str = ""
    process: subprocess.Popen | None = None
    began: float = 0.0
    due: float = 0.0
    deaths: int = field(default=0)

    def start(self) -> None:
        self.name = f"{self.program.title.replace(' ', '-')}-{secrets.token_hex(4)}"
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            list(self.program.command(self.name)),
            env=dict(self.program.environment),
            # Ctrl-C reaches this process alone, which then ends the others in order.
            start_new_session=True,
            preexec_fn=_end_with_parent() if sys.platform == "linux" else None,
        )

    def take_end(self) -> End | None:
        """Return the end of the process where it ended since it was last asked."""
        if self.process is None or (status := self.process.poll()) is None:
            return None
        self.process = None
        now = time.monotonic()
        self.deaths = 1 if now - self.began >= SOUND_SECONDS else self.deaths + 1
        pause: float | None
        if status == RESTART:
            self.deaths, pause = 0, 0.0
        elif self.program.is_essential and self.deaths >= MOST_DEATHS:
            pause = None
        else:
            pause = min(FIRST_PAUSE_SECONDS * 2 ** (self.deaths - 1), LONGEST_PAUSE_SECONDS)
        self.due = now + (pause or 0.0)
        return End(self.program.title, self.name, status, pause)


def supervise(
    programs: Sequence[Program],
    stop: threading.Event,
    on_end: Callable[[End], object],
    on_stopped: Callable[[str], object] = lambda name: None,
) -> int:
    """Run ``programs`` until ``stop``; return 0, or 1 where an essential one ended for good.

    ``on_end``: told of each end that was not asked for. ``on_stopped``: told the name of each start
    that was asked to end, once it has or was killed. Call it from the main thread: on Linux the
    programs get SIGTERM when the thread that started them ends, however it does.
    """
    children = [_Child(program) for program in programs]
    try:
        while not stop.is_set():
            for child in children:
                end = child.take_end()
                if end is not None:
                    on_end(end)
                    if end.pause_seconds is None:
                        return 1
                if child.process is None and time.monotonic() >= child.due:
                    child.start()
            stop.wait(_POLL_SECONDS)
        return 0
    finally:
        running = {child.name: child.process for child in children if child.process is not None}
        _end_all(list(running.values()))
        for name in running:
            on_stopped(name)


def _end_all(processes: Sequence[subprocess.Popen]) -> None:
    """Ask all to end, and kill what has not after 10 s."""
    for process in processes:
        process.terminate()
    until = time.monotonic() + END_SECONDS
    for process in processes:
        try:
            process.wait(max(until - time.monotonic(), 0.0))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _end_with_parent() -> Callable[[], None]:
    """Return what a child calls before its program, so that Linux ends it with its parent."""
    import ctypes

    prctl, parent = ctypes.CDLL(None).prctl, os.getpid()
    set_death_signal = 1

    def ask() -> None:
        prctl(set_death_signal, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(0)

    return ask

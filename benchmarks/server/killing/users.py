"""Users of ``benchmarks.server.kill``, who note what they were told is done.

A :class:`Writer` is a process that calls what the pages call, and is killed itself. A
:class:`Visitor` uploads to the server as a browser does, and segments on its page.
"""

from __future__ import annotations

import itertools
import multiprocessing
import threading
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qs

import httpx
from websockets.exceptions import WebSocketException

from benchmarks.server.killing.images import drawing, image_bytes, name_of
from benchmarks.server.streamlit_client import StreamlitClient
from benchmarks.server.streamlit_page import StreamlitError
from core import formats
from core.jobs import queue, segmentation
from core.workspace import drawings, micrographs
from core.workspace.workspace import Workspace

What = Literal[
    "begins",
    "uploaded",
    "drawn",
    "asked",
    "cancels",
    "cancelled",
    "deletes",
    "deleted",
    "shown",
    "stroke",
]
MOST_OPEN = 3
PAUSE_SECONDS = 0.5
PATIENCE_S = 120
VISITORS = "everyone"
"""The owner of all that goes through the server."""


@dataclass(frozen=True)
class Note:
    """What a user was told, or began: who is killed after "deletes" may or may not have deleted.

    ``number``: of the image. ``id``: of the image in the library.
    ``revision``: of the drawing."""

    what: What
    owner: str
    number: int
    id: str = ""
    revision: int = 0


class Writer:
    """A user whose process is started again, with the next image, where it was killed."""

    def __init__(self, folder: Path, owner: str, model: str) -> None:
        self.owner, self.notes = owner, list[Note]()
        self._folder, self._model = folder, model
        self._start()

    @property
    def pid(self) -> int:
        """Of its process now."""
        assert self._process.pid is not None
        return self._process.pid

    @property
    def is_writing(self) -> bool:
        """Whether it was last heard of in the middle of an image."""
        return bool(self.notes) and self.notes[-1].what in ("begins", "uploaded", "drawn")

    def listen(self) -> None:
        """Take what the process was told so far; start it again where it is gone."""
        try:
            while self._notes.poll():
                self.notes.append(self._notes.recv())
        except (EOFError, OSError):
            self._process.join()
            self._start()

    def end(self) -> None:
        """End the process for good."""
        self._process.kill()
        self._process.join()
        try:
            while True:
                self.notes.append(self._notes.recv())
        except (EOFError, OSError):
            return

    def _start(self) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([__name__])
        self._notes, theirs = context.Pipe(duplex=False)
        begun = max((note.number for note in self.notes), default=-1) + 1
        arguments = (self._folder, self.owner, self._model, begun, theirs)
        self._process = context.Process(target=_write, args=arguments, daemon=True)
        self._process.start()
        theirs.close()


def _write(folder: Path, owner: str, model: str, begun: int, notes: Connection) -> None:
    """Upload, draw, segment, sometimes cancel or delete, image after image until killed."""
    workspace = Workspace(folder)
    kept: list[str] = []
    for number in itertools.count(begun):
        notes.send(Note("begins", owner, number))
        data, name = image_bytes(owner, number), name_of(owner, number)
        micrograph = formats.read(data, name)
        source = micrographs.source_of(name, data, {})
        found = micrographs.add(workspace, owner, source, name, data)
        notes.send(Note("uploaded", owner, number, found.id))
        for revision in range(1, 3):
            drawn = drawing(owner, number, revision)
            drawings.save(workspace, owner, found.id, micrograph.digest, drawn)
            notes.send(Note("drawn", owner, number, found.id, revision))
        segmentation.enqueue(workspace, owner, found.id, name, micrograph, model)
        notes.send(Note("asked", owner, number, found.id))
        if number % 7 == 3:
            notes.send(Note("cancels", owner, number, found.id))
            queue.cancel(workspace, owner, name)
            notes.send(Note("cancelled", owner, number, found.id))
        if number % 9 == 5:
            notes.send(Note("deletes", owner, number, found.id))
            micrographs.delete(workspace, owner, [found.id])
            notes.send(Note("deleted", owner, number, found.id))
        kept.append(name)
        time.sleep(PAUSE_SECONDS)
        while sum(_is_open(workspace, owner, key) for key in kept[-MOST_OPEN:]) == MOST_OPEN:
            time.sleep(0.05)


def _is_open(workspace: Workspace, owner: str, key: str) -> bool:
    found = queue.find(workspace, owner, key)
    return found is not None and found.is_open


class Visitor(threading.Thread):
    """A user of the page Segment, who comes back with the next image when the server was killed.

    ``is_served``: an upload or a segmentation is under way.
    """

    def __init__(self, address: str, name: str) -> None:
        super().__init__(name=name, daemon=True)
        self.notes: list[Note] = []
        self.interruptions = 0
        self.is_served = False
        self.stop = threading.Event()
        self._address = address
        self._numbers = itertools.count()

    def run(self) -> None:
        """Visit until told to stop."""
        while not self.stop.is_set():
            try:
                with StreamlitClient(self._address, timeout_s=PATIENCE_S) as client:
                    # With the last image: samples take a server that has just begun seconds.
                    client.open("segment", model="otsu", **self._last())
                    while not self.stop.is_set():
                        self.is_served = True
                        self._use(client)
            except (OSError, httpx.HTTPError, WebSocketException, StreamlitError):
                self.interruptions += self.is_served
                self.is_served = False
                self.stop.wait(0.3)

    def is_shown_another(self, patience_seconds: float = 2 * PATIENCE_S) -> bool:
        """Wait until one more result is on the screen; return whether one was."""
        before, until = len(self.notes), time.monotonic() + patience_seconds
        while time.monotonic() < until:
            if any(note.what == "shown" for note in self.notes[before:]):
                return True
            time.sleep(0.1)
        return False

    def _last(self) -> dict[str, str]:
        return {"image": self.notes[-1].id} if self.notes else {"sample": "gold-tem"}

    def _use(self, client: StreamlitClient) -> None:
        number = next(self._numbers)
        data, name = image_bytes(self.name, number), name_of(self.name, number)
        client.upload("sidebar-upload", {name: data})
        found = parse_qs(client.page.query).get("image")
        if not found:
            raise StreamlitError(f"The upload is not in the address. {client.page.text()}")
        self.notes.append(Note("uploaded", self.name, number, found[0]))
        client.press("segment")
        client.wait_for(lambda: client.page.has("download-all"))
        self.notes.append(Note("shown", self.name, number, found[0]))

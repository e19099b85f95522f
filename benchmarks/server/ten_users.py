"""Many users at once: python -m benchmarks.server.ten_users [--users 10] [--minutes 5]

Each user, from a browser of his own, again and again: uploads an image, segments it, reads number
of objects, picture and link back, opens the link in another tab, tries another user's link and
picture, and deletes the image in the library. It is the app as ``streamlit run app.py`` starts it,
on this machine alone. Exit code 1 where anything failed, somebody saw another's image, or memory
grew by more than 10 % after the first minute. Linux only: memory is read from /proc.
"""

from __future__ import annotations

import argparse
import csv
import io
import statistics
import sys
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from urllib.parse import parse_qs

import httpx
import numpy as np
from PIL import Image

from benchmarks.server.app_server import AppServer, app_server
from benchmarks.server.streamlit_client import StreamlitClient
from pages.components.frame.keeping import NOT_YOURS
from pages.components.frame.words import literal

HEIGHT, WIDTH, GROUND, DISK = 200, 320, 200, 40
MODEL, TABLE = "otsu", "download-objects.csv"
FIRST_MINUTE_S, LOOK_S, MOST_GROWTH, PATIENCE_S = 60.0, 2.0, 1.10, 300.0


@dataclass
class Load:
    """What the users share: the ``newest`` image of each, and what went wrong.

    ``newest``: id and address of the picture by user. ``seconds``: of each step by its name.
    """

    address: str
    until: float
    newest: dict[int, tuple[str, str]] = field(default_factory=dict)
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    faults: list[str] = field(default_factory=list)
    rounds: int = 0

    def timed(self, step: str, begun: float) -> None:
        """Note how long a step took that began at ``begun`` on the monotonic clock."""
        self.seconds[step].append(time.monotonic() - begun)


def image_of(user: int, turn: int) -> bytes:
    """Return a PNG of ``user + 3`` dark disks, which differs from every other one."""
    row, column = np.mgrid[:HEIGHT, :WIDTH]
    image = np.full((HEIGHT, WIDTH), GROUND, np.uint8)
    for number in range(user + 3):
        center = 30 + 45 * (number // 7), 25 + 44 * (number % 7)
        radius = 10 + (turn + number) % 7
        image[(row - center[0]) ** 2 + (column - center[1]) ** 2 < radius**2] = DISK
    image[0, : turn % WIDTH] = GROUND - 1
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG")
    return buffer.getvalue()


def play(load: Load, user: int, most_rounds: int) -> None:
    """Be one user until the time is up."""
    try:
        with StreamlitClient(load.address, PATIENCE_S) as tab:
            tab.open("segment", model=MODEL)
            uploader = "first-upload"
            for turn in range(most_rounds):
                if time.monotonic() > load.until:
                    return
                _round(load, user, turn, tab, uploader)
                uploader = "first-upload" if tab.page.has("first-upload") else "sidebar-upload"
                load.rounds += 1
    except Exception as error:
        load.faults.append(f"user {user}: {type(error).__name__}: {error}")


def _round(load: Load, user: int, turn: int, tab: StreamlitClient, uploader: str) -> None:
    name, data = f"user-{user}-{turn}.png", image_of(user, turn)
    begun = time.monotonic()
    tab.upload(uploader, {name: data})
    load.timed("upload", begun)
    begun = time.monotonic()
    tab.press("segment")
    tab.wait_for(lambda: tab.page.has("download-all"))
    load.timed("segment", begun)
    begun = time.monotonic()
    rows = list(csv.DictReader(io.StringIO(tab.download(TABLE).decode())))
    _check(len(rows) == user + 3, f"{len(rows)} objects instead of {user + 3}")
    shown = tab.page.component_data("viewer")["image"]
    _check(shown["name"] == name, f"the viewer shows {shown['name']} instead of {name}")
    picture = np.asarray(Image.open(io.BytesIO(tab.fetch(shown["url"]))).convert("L"), np.int16)
    own = np.asarray(Image.open(io.BytesIO(data)), np.int16)
    _check(int(abs(picture - own).max()) <= 1, "the viewer shows other pixels")
    load.timed("read back", begun)
    kept = parse_qs(tab.page.query)["image"][0]
    load.newest[user] = kept, shown["url"]
    with StreamlitClient(load.address, PATIENCE_S, tab.cookies) as other:
        begun = time.monotonic()
        other.open("segment", image=kept, model=MODEL)
        _check(other.page.has("download-all"), "the link does not show the result")
        load.timed("open the link", begun)
        _try_anothers(load, user, other)
        begun = time.monotonic()
        other.open("library", item=kept)
        other.press("library-delete")
        load.timed("delete", begun)
    tab.open("segment", model=MODEL)


def _try_anothers(load: Load, user: int, tab: StreamlitClient) -> None:
    others = [one for one in list(load.newest) if one != user]
    for one in others[:1]:
        kept, picture = load.newest[one]
        tab.open("segment", image=kept)
        _check(literal(NOT_YOURS) in tab.page.text(), "another user's link was opened")
        try:
            tab.fetch(picture)
        except httpx.HTTPStatusError as error:
            _check(error.response.status_code == 404, "another user's picture: not 404")
        else:
            raise AssertionError("another user's picture was given")


def _check(holds: bool, fault: str) -> None:
    if not holds:
        raise AssertionError(fault)


def run(address: str, users: int, seconds: float, most_rounds: int = 100_000) -> Load:
    """Let users work on the server at ``address``; return what they found."""
    load = Load(address, time.monotonic() + seconds)
    threads = [
        threading.Thread(target=play, args=(load, user, most_rounds)) for user in range(users)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return load


def watched(server: AppServer, users: int, seconds: float) -> tuple[Load, list[float]]:
    """Return what users found, and the server's memory in MB every 2 s meanwhile."""
    memory: list[float] = []
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(LOOK_S):
            memory.append(server.memory_bytes() / 1e6)

    # The first page waits for the libraries, which is the server's start and not the users'.
    with StreamlitClient(server.address, PATIENCE_S) as first:
        first.open("segment", model=MODEL)
    watcher = threading.Thread(target=watch)
    watcher.start()
    load = run(server.address, users, seconds)
    ended.set()
    watcher.join()
    return load, memory


def main() -> int:
    """Run the load and print what it measured."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--users", type=int, default=10)
    parser.add_argument("--minutes", type=float, default=5.0)
    chosen = parser.parse_args()
    with app_server() as server:
        load, memory = watched(server, chosen.users, 60 * chosen.minutes)
    for step, seconds in load.seconds.items():
        p95 = sorted(seconds)[int(0.95 * (len(seconds) - 1))]
        print(f"{step}: median {statistics.median(seconds):.2f} s, 95 % under {p95:.2f} s")
    later = memory[int(FIRST_MINUTE_S / LOOK_S) :]
    growth = max(later) / later[0] if later else 1.0
    print(f"{chosen.users} users, {load.rounds} rounds, {len(load.faults)} faults")
    print("memory every 30 s (MB):", *(f"{one:.0f}" for one in memory[:: int(30 / LOOK_S)]))
    print(f"memory after the first minute: {later[0] if later else memory[-1]:.0f} MB", end="")
    print(f", at most {100 * (growth - 1):.1f} % more until the end")
    print("\n".join(load.faults))
    return int(bool(load.faults) or not load.rounds or growth > MOST_GROWTH)


if __name__ == "__main__":
    sys.exit(main())

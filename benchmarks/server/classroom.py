"""A class in the lecture: python -m benchmarks.server.classroom [--students 60] [--seconds 60]

Each student, from a browser of their own, opens the lecture's link, then steps on every few
seconds: fetches the next picture, answers the question of the moment, and asks how many chose what.
It is the app as ``streamlit run app.py`` starts it, on this machine alone. It prints the median and
the 95th percentile of each action; exit code 1 where anything failed, a median is over 200 ms, or a
95th percentile over 1 s.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from urllib.parse import parse_qs

from benchmarks.server.app_server import app_server
from benchmarks.server.streamlit_client import StreamlitClient

PATIENCE_S, PAUSE_S = 120.0, 3.0
MOST_MEDIAN_S, MOST_P95_S = 0.2, 1.0
DECK, BEGIN = "lecture_deck", "Open a class"


@dataclass
class Load:
    """``seconds``: of each action by its name. ``faults``: what went wrong, a sentence each."""

    address: str
    code: str
    until: float
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    faults: list[str] = field(default_factory=list)

    def timed(self, action: str, begun: float) -> None:
        """Note how long an action took that began at ``begun`` on the monotonic clock."""
        self.seconds[action].append(time.monotonic() - begun)


def study(load: Load, number: int) -> None:
    """Be one student until the time is up."""
    chance = random.Random(number)
    try:
        time.sleep(chance.uniform(0, PAUSE_S))
        with StreamlitClient(load.address, PATIENCE_S) as tab:
            begun = time.monotonic()
            tab.open("lecture", step="numbers", present="1", **{"class": load.code})
            load.timed("open the link", begun)
            data = tab.page.component_data(DECK)
            for step in data["steps"]:
                if time.monotonic() > load.until:
                    return
                _step(load, tab, data["answers"], step, number, chance)
                time.sleep(chance.uniform(0.5, 1.5) * PAUSE_S)
    except Exception as error:
        load.faults.append(f"student {number}: {type(error).__name__}: {error}")


def _step(
    load: Load,
    tab: StreamlitClient,
    answers: str,
    step: dict,
    number: int,
    chance: random.Random,
) -> None:
    begun = time.monotonic()
    if not step["choices"]:
        tab.fetch(step["figure"])
        load.timed("picture", begun)
        return
    choice = chance.randrange(len(step["choices"]))
    body = json.dumps({"visitor": f"student {number}", "choice": choice})
    tab.post(f"{answers}/{step['key']}", body.encode())
    load.timed("answer", begun)
    begun = time.monotonic()
    counts = json.loads(tab.fetch(f"{answers}/{step['key']}"))["counts"]
    load.timed("ask for the counts", begun)
    if not sum(counts):
        raise AssertionError("the answer was not counted")


def run(address: str, students: int, seconds: float) -> Load:
    """Let a class of students step through the lecture at ``address``; return what they found."""
    with StreamlitClient(address, PATIENCE_S) as instructor:
        instructor.open("lecture", present="1")
        # As on stage: the pictures are drawn once, ahead of the class.
        for step in instructor.page.component_data(DECK)["steps"]:
            instructor.fetch(step["figure"])
    with StreamlitClient(address, PATIENCE_S) as instructor:
        instructor.open("lecture")
        instructor.press(BEGIN)
        code = parse_qs(instructor.page.query)["class"][0]
    load = Load(address, code, time.monotonic() + seconds)
    threads = [threading.Thread(target=study, args=(load, one)) for one in range(students)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return load


def main() -> int:
    """Run the class and print what it measured."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--students", type=int, default=60)
    parser.add_argument("--seconds", type=float, default=60.0)
    chosen = parser.parse_args()
    with app_server() as server:
        load = run(server.address, chosen.students, chosen.seconds)
    is_slow = False
    for action, seconds in load.seconds.items():
        median = statistics.median(seconds)
        p95 = sorted(seconds)[int(0.95 * (len(seconds) - 1))]
        is_slow |= median > MOST_MEDIAN_S or p95 > MOST_P95_S
        print(
            f"{action}: {len(seconds)} times, median {1000 * median:.0f} ms, 95 % under "
            f"{1000 * p95:.0f} ms"
        )
    print(f"{chosen.students} students, {len(load.faults)} faults")
    print("\n".join(load.faults[:10]))
    return int(bool(load.faults) or not load.seconds or is_slow)


if __name__ == "__main__":
    sys.exit(main())

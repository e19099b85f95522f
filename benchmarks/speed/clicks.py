"""How long an answer of the click network takes: python -m benchmarks.speed.clicks [WEIGHTS]

Objects of generated micrographs, 1024 x 1024 px, are clicked at by the protocol of ``lamella
evaluate click``, through the desk that the page's route asks; the clock runs from the question to
the rows of the mask. First clicks look at several windows and are told apart from later ones. The
processor's time is of all threads together; the clock's suffers from other jobs on the machine.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np

from core.interaction.answers import Part, Prompts
from core.interaction.desk import Desk
from core.interaction.evaluation import ClickMethod, Target, clicked
from core.interaction.prompts import Click
from core.interaction.questions import Question, rows_of_mask
from core.segmentation.engines.processor import machine_in_words
from core.synthesis.crowds import draw_crowd
from models import interactive

SIDE, IMAGES, OBJECTS = 1024, 3, 8


class Clock:
    """A method of the evaluation that notes how long each answer took."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.turn = desk, 0
        self.wall: dict[bool, list[float]] = {True: [], False: []}
        self.processor: dict[bool, list[float]] = {True: [], False: []}

    def respond(
        self, target: Target, clicks: tuple[Click, ...], state: object
    ) -> tuple[Part, None]:
        """Return the mask that the desk answers."""
        self.turn += 1
        begun, worked = time.perf_counter(), time.process_time()
        found = self.desk.answer(Question("benchmark", self.turn, Prompts(clicks), SIDE))
        assert found is not None
        rows_of_mask(found.mask)
        first = len(clicks) == 1
        self.wall[first].append(time.perf_counter() - begun)
        self.processor[first].append(time.process_time() - worked)
        return found.mask, None


def objects(number: int) -> list[Target]:
    """Return some objects of a generated micrograph."""
    random = np.random.default_rng((19, number))
    grey, ids = draw_crowd(random, SIDE)
    found = []
    for chosen in random.permutation(np.unique(ids)[1:])[:OBJECTS]:
        rows, columns = np.nonzero(ids == chosen)
        top, left = int(rows.min()), int(columns.min())
        mask = ids[top : rows.max() + 1, left : columns.max() + 1] == chosen
        found.append(Target(str(number), grey, Part(top, left, mask), touching=False))
    return found


def line(name: str, seconds: list[float]) -> str:
    """Return median and 95th percentile in ms."""
    middle, late = np.percentile(np.array(seconds) * 1000, [50, 95])
    return f"{name:34}{middle:9.0f}{late:9.0f}{len(seconds):9}"


def main() -> None:
    weights = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    network = interactive.click_network(weights)
    print(machine_in_words("cpu"))
    wall: dict[bool, list[float]] = {True: [], False: []}
    processor: dict[bool, list[float]] = {True: [], False: []}
    for number in range(IMAGES):
        targets = objects(number)
        clock = Clock(Desk(network, targets[0].grey))
        for target in targets:
            clicked(ClickMethod("desk", clock.respond, most_clicks=5), target)
        for first in (True, False):
            wall[first] += clock.wall[first]
            processor[first] += clock.processor[first]
    print(f"{'ms':34}{'median':>9}{'95 %':>9}{'answers':>9}")
    for first, name in ((True, "first click"), (False, "later click")):
        print(line(f"{name}, clock", wall[first]))
        print(line(f"{name}, processor", processor[first]))
    print(line("all, clock", wall[True] + wall[False]))


if __name__ == "__main__":
    main()

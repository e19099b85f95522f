"""What was measured for the case study of grain boundaries, and how it is measured again."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from core.records import read_records
from core.synthesis.grains.settings import EFFECTS

TABLE = Path(__file__).with_name("ablation.csv")
STEPS, BATCH, CROP_PX = 100, 4, 160
MICROSCOPE = (
    *("blur", "noise", "scan_lines", "drift", "charging"),
    *("shading", "tone", "compression"),
)
# What is taken away, one network each; the first has everything.
RUNS: tuple[tuple[str, ...], ...] = (
    (),
    ("attack",),
    ("slip_lines",),
    ("etch_pits",),
    ("grooves",),
    ("channelling",),
    ("scratches",),
    MICROSCOPE,
    ("pores",),
    ("curvature",),
    ("noise",),
    ("blur",),
    ("sizes",),
    ("tone",),
    ("twins",),
)


@dataclass(frozen=True)
class Row:
    """One network of the ablation.

    ``without``: the effects it never saw. ``dice``: boundary Dice within 3 px, mean over images;
    ``low``, ``high``: its 95 % interval by bootstrap over micrographs. ``images``: how many.
    ``seconds``: of training.
    """

    without: tuple[str, ...]
    dice: float
    low: float
    high: float
    images: int
    seconds: float

    @property
    def title(self) -> str:
        """What was left out, in words."""
        if self.without == MICROSCOPE:
            return "The whole microscope"
        titles = {one.name: one.info.label for one in EFFECTS}
        return ", ".join(titles[name] for name in self.without) or "Nothing: all effects"

    @property
    def half_interval(self) -> float:
        """Half of the interval's width."""
        return (self.high - self.low) / 2


def read_rows(path: Path) -> tuple[Row, ...]:
    """Return the rows of a table, in its order; none where there is no such file."""
    return read_records(path, Row)


@cache
def ablation() -> tuple[Row, ...]:
    """Return the table that is shipped."""
    return read_rows(TABLE)

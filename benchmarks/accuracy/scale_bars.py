"""How many burnt-in scale bars are read right, wrong and not at all, on images of journals.

    python -m benchmarks.accuracy.scale_bars DIR

``DIR`` holds ``images/NAME.png`` of the EMPS data set (Yildirim and Cole 2021, doi
10.1021/acs.jcim.0c01455). ``scale_bars_truth.csv`` has the label and the ends of the bar, in px, as
they were read by eye in enlarged crops: 50 images drawn at random, none of an article that the
reading was tuned on, and the images of the same draw without a scale that can be read. Right is a
pixel size within 2 %.
"""

from __future__ import annotations

import csv
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from core.errors import LamellaError
from core.formats import read
from core.formats.reading.calibration import metres
from core.scale_bar.find import find_scale_bar
from core.scale_bar.text import RapidReader

TRUTH = Path(__file__).with_name("scale_bars_truth.csv")
TOLERANCE = 0.02


@dataclass(frozen=True)
class Case:
    """An image and its nm per px, None where it has no scale that can be read."""

    name: str
    label: str
    nm_per_px: float | None


def cases() -> list[Case]:
    """Return the images with what was read in them by eye."""
    found = []
    with TRUTH.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            nm = None
            if row["length"]:
                length_m = metres(float(row["length"]), row["unit"])
                assert length_m is not None
                nm = 1e9 * length_m / (float(row["right_px"]) - float(row["left_px"]))
            found.append(Case(row["name"], f"{row['length']} {row['unit']}", nm))
    return found


def outcome(case: Case, folder: Path, reader: RapidReader) -> tuple[str, str]:
    """Return "right", "wrong" or "not found", and what was read or why nothing was."""
    path = folder / "images" / f"{case.name}.png"
    try:
        found = find_scale_bar(read(path.read_bytes(), path.name).pixels, reader)
    except LamellaError as error:
        return "not found", str(error).partition(".")[0]
    said = f"{found.length.in_words} = {found.bar.length_px:.1f} px"
    if case.nm_per_px is None:
        return "wrong", said
    off = found.nm_per_px / case.nm_per_px - 1
    return ("right" if abs(off) <= TOLERANCE else "wrong"), f"{said}, {100 * off:+.1f} %"


def main() -> None:
    """Print the table."""
    if len(sys.argv) != 2:
        sys.exit("python -m benchmarks.accuracy.scale_bars DIR")
    folder, reader = Path(sys.argv[1]), RapidReader()
    counts: dict[bool, dict[str, int]] = {True: {}, False: {}}
    began = time.perf_counter()
    for case in cases():
        result, said = outcome(case, folder, reader)
        has_scale = case.nm_per_px is not None
        counts[has_scale][result] = counts[has_scale].get(result, 0) + 1
        print(f"{case.name}  {case.label:8}  {result:9}  {said}")
    seconds = (time.perf_counter() - began) / sum(sum(one.values()) for one in counts.values())
    for has_scale, title in ((True, "with a scale"), (False, "without one")):
        print(title, ", ".join(f"{n} {what}" for what, n in sorted(counts[has_scale].items())))
    print(f"{seconds:.2f} s an image")


if __name__ == "__main__":
    main()

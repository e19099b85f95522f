"""Make the snapshots that the lecture shows: `python -m research.lecture.make_snapshots`."""

from __future__ import annotations

import numpy as np

from core.concepts.snapshots import two_classes
from models.lecture import SNAPSHOTS

COUNT = 120


def main() -> None:
    """Write COUNT generated snapshots, one bit a spin, beside this file."""
    spins, labels = two_classes(COUNT)
    np.savez_compressed(SNAPSHOTS, spins=np.packbits(spins > 0), labels=labels.astype(np.uint8))


if __name__ == "__main__":
    main()

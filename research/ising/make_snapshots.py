"""Make what the Ising page shows and learns from: `python -m research.ising.make_snapshots`.

Made by Lamella, so they are there without a network: a class that fetched the lecture's images may
use those instead.
"""

from __future__ import annotations

import numpy as np

from core.synthesis.ising.snapshots import make_snapshots, spread_temperatures
from studies.ising.networks.results import SNAPSHOTS

COUNTS = {("quench", 16): 3000, ("quench", 64): 1200, ("equilibrium", 16): 1500}
COUNTS |= {("equilibrium", 64): 800}


def main() -> None:
    """Write spins, one bit each, and temperatures beside this file, unless they are there."""
    if SNAPSHOTS.is_file():
        return
    kept = {}
    for seed, ((kind, side), count) in enumerate(COUNTS.items(), start=101):
        made = make_snapshots(kind, side, spread_temperatures(count, seed), seed)
        kept[f"{kind}_{side}_spins"] = np.packbits(made.spins > 0)
        kept[f"{kind}_{side}_temperatures"] = made.temperatures.astype(np.float32)
        print(kind, side, count, flush=True)
    np.savez_compressed(SNAPSHOTS, **kept)


if __name__ == "__main__":
    main()

"""The colours of phases: Okabe and Ito's palette, told apart by almost everybody.

Source: Okabe and Ito 2008, "Color Universal Design"; black is left out, as it would vanish on a
dark ground.
"""

from __future__ import annotations

import numpy as np

OKABE_ITO = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442")
ACCENT = OKABE_ITO[1]


def phase_color(index: int) -> str:
    """Return "#rrggbb" for a phase; after seven the colours begin again."""
    return OKABE_ITO[index % len(OKABE_ITO)]


def rgb(color: str) -> np.ndarray:
    """Return "#rrggbb" as (3,) uint8."""
    return np.frombuffer(bytes.fromhex(color.removeprefix("#")), np.uint8)

"""Arrays that can be shared: read-only views, and a name for the rooms that do not compute."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

Array: TypeAlias = np.ndarray
"""An array of numpy, for the rooms that hand arrays on and do not compute with them."""


def read_only(array: np.ndarray) -> np.ndarray:
    """Return a view of ``array`` that cannot be written to."""
    view = array.view()
    view.flags.writeable = False
    return view

"""What an engine asks of the library that runs its network."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from core.errors import LamellaError
from core.execution import Execution


class BackendError(LamellaError):
    """A library that cannot run a network, or gives no numbers; another one may."""


class OutOfMemory(LamellaError):  # noqa: N818 - named as what happened, like MemoryError
    """A tile that the memory has no room for; a smaller one may fit."""


class Backend(Protocol):
    """A network, ready to run on one device at one precision."""

    execution: Execution

    def outputs(self, grey: np.ndarray) -> np.ndarray:
        """Return the card's outputs (N, C, H, W) float32 in [0, 1] for grey levels (N, H, W).

        Raises:
            BackendError: a number that is none came out.
            OutOfMemory: no room for tiles of this size.
        """

    def release(self) -> None:
        """Give back the memory that tiles were computed in; the next tile takes it anew."""


def checked(outputs: np.ndarray, backend: str) -> np.ndarray:
    """Return ``outputs``.

    Raises:
        BackendError: one of them is NaN or infinite.
    """
    # A sum is a tenth of the work of looking at every value, and NaN and infinity survive it.
    if not np.isfinite(outputs.sum()):
        raise BackendError(f"{backend} gave values that are no numbers")
    return outputs

"""Runs a classic method where an engine runs a network."""

from __future__ import annotations

import numpy as np

from core.execution import Execution
from core.types.model_card import ModelCard
from core.types.progress import ProgressCallback, no_progress


class ClassicEngine:
    """A method without a network; it must see an image whole, since thresholds are of the image."""

    device = "cpu"
    execution = Execution()
    forest_training = None

    def __init__(self, card: ModelCard) -> None:
        self.card = card

    def whole(
        self,
        grey: np.ndarray,
        valid: np.ndarray | None = None,
        progress: ProgressCallback = no_progress,
    ) -> np.ndarray:
        """Return 1 for the phase of each pixel and 0 for the others, (C, H, W) float32.

        ``grey``: (H, W) in [0, 1]. ``valid``: (H, W) bool, which of them count; None = all.
        """
        if self.card.method is None:
            raise TypeError(f"{self.card.name} is a network")
        progress(0, 1)
        labels = self.card.method(grey, valid)
        progress(1, 1)
        phases = np.arange(len(self.card.phases), dtype=np.uint8)[:, None, None]
        return (labels[None] == phases).astype(np.float32)

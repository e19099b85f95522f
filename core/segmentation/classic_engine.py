"""Runs a classic method where an engine runs a network."""

from __future__ import annotations

import numpy as np
import torch

from core.types import ModelCard, ProgressCallback, no_progress


class ClassicEngine:
    """A method without a network; it must see an image whole, since thresholds are of the image."""

    whole_image = True
    precision = "float32"
    teaching = None

    def __init__(self, card: ModelCard) -> None:
        self.card = card
        self.device = torch.device("cpu")

    def whole(self, grey: np.ndarray, progress: ProgressCallback = no_progress) -> np.ndarray:
        """Return the probabilities (C, H, W) float32 of grey levels (H, W) in [0, 1]."""
        progress(0, 1)
        found = self.probabilities(grey[None])[0]
        progress(1, 1)
        return found

    def probabilities(self, grey: np.ndarray) -> np.ndarray:
        """Return 1 for the phase of each pixel and 0 for the others, (N, C, H, W) float32.

        ``grey``: (N, H, W) in [0, 1].
        """
        if self.card.method is None:
            raise TypeError(f"{self.card.name} is a network")
        labels = np.stack([self.card.method(one) for one in grey])
        phases = np.arange(len(self.card.phases), dtype=np.uint8)[:, None, None]
        return (labels[:, None] == phases).astype(np.float32)

"""A trained network ready to run, shared by all users."""

from __future__ import annotations

import threading

import numpy as np
import torch
from torch import nn

from core.errors import LamellaError
from core.segmentation.device import (
    DeviceName,
    Precision,
    choose_device,
    choose_precision,
    forward,
    on_device,
)
from core.types import ModelCard


class Engine:
    """One network on one device.

    ``network``: in eval mode, without gradients. ``lock``: whoever hooks or changes the network
    holds it; :meth:`probabilities` does.
    ``forest_training``: of a random forest, which is trained on annotations.
    """

    forest_training = None

    def __init__(self, card: ModelCard, network: nn.Module, device: DeviceName = "auto") -> None:
        self.card = card
        self.device = choose_device(device)
        self.network = on_device(network, self.device)
        self.precision: Precision = choose_precision(self.network, self.device, in_channels=1)
        self.lock = threading.RLock()

    def tensor(self, grey: np.ndarray) -> torch.Tensor:
        """Return grey levels (N, H, W) in [0, 1] as the network's input (N, 1, H, W)."""
        batch = torch.from_numpy(np.array(grey, np.float32, order="C"))[:, None]
        batch = (batch.to(self.device) - self.card.mean) / self.card.std
        return batch.to(memory_format=torch.channels_last)

    @torch.inference_mode()
    def probabilities(self, grey: np.ndarray) -> np.ndarray:
        """Return the card's outputs (N, C, H, W) float32 in [0, 1]: the probability of each phase,
        then contact and normalized distance of a network that has them.

        ``grey``: (N, H, W) in [0, 1], sides multiples of the network's stride.

        Raises:
            LamellaError: the device has not enough memory.
        """
        try:
            with self.lock:
                logits = forward(self.network, self.tensor(grey), self.precision)
                phases = logits[:, : len(self.card.phases)].softmax(1)
                others = logits[:, len(self.card.phases) :].sigmoid()
                return torch.cat([phases, others], 1).cpu().numpy()
        except torch.OutOfMemoryError as error:
            raise LamellaError(
                f"The {self.device.type} device ran out of memory on tiles of {grey.shape[1]} x "
                f"{grey.shape[2]} px. Close other programs on it, or use --device cpu."
            ) from error

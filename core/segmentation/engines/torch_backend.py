"""Networks in PyTorch: any device, and the network that *Inspect* looks into."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import nn

from core.execution import Execution, Precision
from core.segmentation.engines.backend import OutOfMemory, checked
from core.segmentation.engines.device import forward
from core.types.model_card import ModelCard


class TorchBackend:
    """``network``: in eval mode, without gradients, on ``device``."""

    def __init__(
        self,
        card: ModelCard,
        network: nn.Module,
        device: torch.device,
        precision: Precision,
        notes: tuple[str, ...] = (),
    ) -> None:
        self.execution = Execution(device.type, "torch", precision, notes)
        self._card, self._network, self._device = card, network, device

    @torch.inference_mode()
    def outputs(self, grey: np.ndarray) -> np.ndarray:
        """Return the card's outputs, see :class:`core.segmentation.engines.backend.Backend`."""
        with memory_in_words(self._device.type):
            batch = input_tensor(grey, self._card, self._device)
            logits = forward(self._network, batch, self.execution.precision)
            return checked(answers(self._card, logits).cpu().numpy(), "PyTorch")

    def release(self) -> None:
        """Keep nothing; PyTorch frees the memory of a tile itself."""


class Answering(nn.Module):
    """A network from grey levels (N, 1, H, W) in [0, 1] to the card's outputs (N, C, H, W)."""

    def __init__(self, card: ModelCard, network: nn.Module) -> None:
        super().__init__()
        self.card, self.network = card, network

    def forward(self, grey: torch.Tensor) -> torch.Tensor:
        return answers(self.card, self.network((grey - self.card.mean) / self.card.std))


def input_tensor(grey: np.ndarray, card: ModelCard, device: torch.device) -> torch.Tensor:
    """Return grey levels (N, H, W) in [0, 1] as a network's input (N, 1, H, W)."""
    batch = torch.from_numpy(np.array(grey, np.float32, order="C"))[:, None]
    batch = (batch.to(device) - card.mean) / card.std
    return batch.to(memory_format=torch.channels_last)


def answers(card: ModelCard, logits: torch.Tensor) -> torch.Tensor:
    """Return the card's outputs (N, C, H, W) in [0, 1] of ``logits`` (N, C, H, W)."""
    phases = logits[:, : len(card.phases)].softmax(1)
    if not card.object_outputs:
        return phases
    return torch.cat([phases, logits[:, len(card.phases) :].sigmoid()], 1)


@contextmanager
def memory_in_words(device: str) -> Iterator[None]:
    """Turn the libraries' own words for memory that ran out into :class:`OutOfMemory`."""
    try:
        yield
    except (MemoryError, torch.OutOfMemoryError) as error:
        raise OutOfMemory(f"The {device} device ran out of memory.") from error
    except RuntimeError as error:
        # PyTorch's allocator of the processor's memory has no error class of its own.
        if "can't allocate memory" not in str(error):
            raise
        raise OutOfMemory(f"The {device} device ran out of memory.") from error

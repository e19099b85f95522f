"""The click network ready to answer, shared by all users; OpenVINO on the processor."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from core.execution import Precision, PrecisionChoice
from core.interaction.prompts import MAPS
from core.segmentation.engines.backend import BackendError, checked
from core.segmentation.engines.openvino_models import converted, folder_of
from core.segmentation.engines.openvino_runtime import core, settings
from core.segmentation.engines.processor import bfloat16_units, share_threads
from core.types.model_card import ModelCard

if TYPE_CHECKING:
    from torch import nn

CHANNELS = 1 + len(MAPS)


class ClickNetwork:
    """One network on the processor; safe between threads, which take turns.

    ``network``: called for one in eval mode where it must be converted first. ``precision``:
    "fast" for bfloat16 where the processor multiplies it.

    Raises:
        LamellaError: the weights are missing or damaged.
    """

    def __init__(
        self,
        card: ModelCard,
        network: Callable[[], nn.Module],
        precision: PrecisionChoice = "exact",
    ) -> None:
        self.card = card
        self._lock = threading.Lock()
        chosen: Precision = "bfloat16" if precision == "fast" and bfloat16_units() else "float32"
        share_threads()
        try:
            self._infer = _in_openvino(card, network, chosen)
        except BackendError:
            self._infer = _in_torch(card, network)

    def probabilities(self, grey: np.ndarray, maps: np.ndarray) -> np.ndarray:
        """Return the probability (N, S, S) float32 that each pixel belongs to the object.

        ``grey``: (N, S, S) float32 in [0, 1]. ``maps``: (N, 4, S, S) float32 of
        :func:`core.interaction.prompts.prompt_maps`. S: a multiple of 32.
        """
        batch = np.concatenate([grey[:, None], maps], axis=1).astype(np.float32)
        with self._lock:
            return checked(self._infer(np.ascontiguousarray(batch)), "The click network")[:, 0]


def _in_openvino(
    card: ModelCard, network: Callable[[], nn.Module], precision: Precision
) -> Callable[[np.ndarray], np.ndarray]:
    model = converted(card, network, folder_of(card), _answering, CHANNELS)
    try:
        request = core().compile_model(model, "CPU", settings(precision)).create_infer_request()
    except RuntimeError as error:
        raise BackendError("it cannot compile the network") from error
    # The answer lies in memory that the next one overwrites.
    return lambda batch: np.array(request.infer([batch], share_inputs=True)[0])


def _in_torch(
    card: ModelCard, network: Callable[[], nn.Module]
) -> Callable[[np.ndarray], np.ndarray]:
    import torch

    answering = _answering(card, network()).eval()

    def infer(batch: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            return answering(torch.from_numpy(batch)).numpy()

    return infer


def _answering(card: ModelCard, network: nn.Module) -> Any:
    """Return a module from grey levels in [0, 1] and prompts (N, 5, H, W) to probabilities."""
    import torch
    from torch import Tensor, nn

    class Answering(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.network = network

        def forward(self, seen: Tensor) -> Tensor:
            grey = (seen[:, :1] - card.mean) / card.std
            return self.network(torch.cat([grey, seen[:, 1:]], 1)).sigmoid()

    return Answering()

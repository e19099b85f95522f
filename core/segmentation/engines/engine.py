"""A trained network ready to run, shared by all users.

On the processor OpenVINO runs it, with the labels of PyTorch and several times as fast; PyTorch
runs it on a GPU and where a network is looked into, and is imported only there.
"""

from __future__ import annotations

import copy
import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

import numpy as np

from core.execution import BackendName, DeviceName, Execution, Precision, PrecisionChoice
from core.segmentation.engines.backend import Backend, BackendError
from core.segmentation.engines.processor import bfloat16_units, may_have_gpu, share_threads
from core.types.model_card import ModelCard

if TYPE_CHECKING:
    import torch
    from torch import nn

NOT_FAST = "This processor does not multiply bfloat16, so the network ran in float32."
LOG = logging.getLogger("lamella")


class Engine:
    """One network on one device.

    ``network``: what loads the weights that the card names when they are needed, or a network in
    memory, of which the engine keeps a copy. ``precision``: asked for; :attr:`execution` says what
    was taken. ``backend``: None for OpenVINO on the processor, but PyTorch for a network in memory:
    one that was trained a moment ago takes longer to convert than to run. ``lock``: whoever hooks
    or changes the network holds it; :meth:`probabilities` does. ``loads_card``: ``network`` loads
    the very weights that the card names, by their digest; only then is its conversion kept on disk,
    and one that is there taken. ``forest_training``: of a random forest, which is trained on
    annotations.

    Raises:
        LamellaError: the device asked for is not there, or the weights are not.
    """

    forest_training = None

    def __init__(
        self,
        card: ModelCard,
        network: nn.Module | Callable[[], nn.Module],
        device: DeviceName = "auto",
        precision: PrecisionChoice = "auto",
        backend: BackendName | None = None,
        loads_card: bool = False,
    ) -> None:
        self.card = card
        self.lock = threading.RLock()
        self.device = _device(device)
        self._network: nn.Module | None = None
        self._load = cast("Callable[[], nn.Module]", network)
        self._loads_card = loads_card
        in_memory = hasattr(network, "state_dict")
        if in_memory:
            # Whoever gave it may change it.
            self._network = self._placed(cast("nn.Module", network))
        on_processor = self.device == "cpu" and not in_memory
        named = backend or ("openvino" if on_processor else "torch")
        share_threads()
        self._backend = self._openvino(precision) if named == "openvino" else self._torch(precision)

    @property
    def execution(self) -> Execution:
        """Where, with what and how precisely the network runs."""
        return self._backend.execution

    @property
    def network(self) -> nn.Module:
        """The network in PyTorch on the engine's device: eval mode, no gradients, float32."""
        with self.lock:
            if self._network is None:
                self._network = self._placed(self._load())
            return self._network

    def tensor(self, grey: np.ndarray) -> torch.Tensor:
        """Return grey levels (N, H, W) in [0, 1] as the network's input (N, 1, H, W)."""
        import torch

        from core.segmentation.engines.torch_backend import input_tensor

        return input_tensor(grey, self.card, torch.device(self.device))

    def probabilities(self, grey: np.ndarray) -> np.ndarray:
        """Return the card's outputs (N, C, H, W) float32 in [0, 1]: the probability of each phase,
        then contact and normalized distance of a network that has them.

        ``grey``: (N, H, W) in [0, 1], sides multiples of the network's stride.

        Raises:
            BackendError: a number that is none came out; :meth:`instead` may do better.
            OutOfMemory: the device has no room for tiles of this size.
        """
        with self.lock:
            return self._backend.outputs(grey)

    def release(self) -> None:
        """Give back the memory that tiles were computed in; the next tile takes it anew."""
        with self.lock:
            self._backend.release()

    def instead(self, why: str) -> Engine | None:
        """Return this engine with PyTorch in float32 on the same device, and a note of ``why``;
        None where that is what it is already."""
        if (self.execution.backend, self.execution.precision) == ("torch", "float32"):
            return None
        with self.lock:
            other = copy.copy(self)
            other._backend = self._torch("exact", why)
        return other

    def _placed(self, network: nn.Module) -> nn.Module:
        import torch

        from core.segmentation.engines.device import on_device

        return on_device(network, torch.device(self.device))

    def _openvino(self, asked: PrecisionChoice) -> Backend:
        from core.segmentation.engines.openvino_backend import OpenVinoBackend
        from core.segmentation.engines.openvino_models import folder_of

        precision: Precision = "bfloat16" if asked == "fast" and bfloat16_units() else "float32"
        notes = (NOT_FAST,) if asked == "fast" and precision == "float32" else ()
        try:
            # Any other network need not be the one whose weights the card names.
            kept = folder_of(self.card) if self._loads_card else None
            return OpenVinoBackend(self.card, lambda: self.network, precision, notes, kept)
        except BackendError as error:
            return self._torch("exact", f"OpenVINO was asked first and {error}")

    def _torch(self, asked: PrecisionChoice, why: str = "") -> Backend:
        import torch

        from core.segmentation.engines.device import choose_precision
        from core.segmentation.engines.torch_backend import TorchBackend

        # PyTorch counts the host's cores when it is imported.
        share_threads()
        device, notes = torch.device(self.device), tuple[str, ...]()
        if why:
            notes = (f"The network ran in PyTorch, in float32: {why.rstrip('.')}.",)
            LOG.warning("%s: %s", self.card.name, notes[0])
        precision = choose_precision(self.network, device, asked)
        return TorchBackend(self.card, self.network, device, precision, notes)


def _device(asked: DeviceName) -> str:
    """Return the device to use; PyTorch is imported only to look for a GPU that may be there."""
    if asked == "cpu" or (asked == "auto" and not may_have_gpu()):
        return "cpu"
    from core.segmentation.engines.device import choose_device

    return choose_device(asked).type

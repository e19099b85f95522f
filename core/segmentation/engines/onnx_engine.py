"""A foreign network in Lamella's form of ONNX, ready to run, see ``core.exchange.onnx_form``."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, NoReturn

from core.errors import LamellaError
from core.execution import DeviceName, Precision, PrecisionChoice
from core.segmentation.engines.engine import NOT_FAST, Engine
from core.segmentation.engines.openvino_backend import OnnxBackend
from core.segmentation.engines.processor import bfloat16_units, share_threads
from core.types.model_card import ModelCard

if TYPE_CHECKING:
    import torch
    from torch import nn


class OnnxEngine(Engine):
    """``data``: of the ONNX file. It runs on the processor, in OpenVINO, and cannot be looked into.

    Raises:
        BackendError: OpenVINO is missing, or cannot read it.
        LamellaError: it was asked to run on a GPU.
    """

    def __init__(
        self,
        card: ModelCard,
        data: bytes,
        device: DeviceName = "auto",
        precision: PrecisionChoice = "auto",
    ) -> None:
        if device not in ("auto", "cpu"):
            raise LamellaError(
                f"{card.title} is a foreign network, which runs on the processor alone; choose "
                "the device auto or cpu."
            )
        self.card, self.device = card, "cpu"
        self.lock = threading.RLock()
        share_threads()
        taken: Precision = "bfloat16" if precision == "fast" and bfloat16_units() else "float32"
        notes = (NOT_FAST,) if precision == "fast" and taken == "float32" else ()
        self._backend = OnnxBackend(data, taken, notes)

    @property
    def network(self) -> nn.Module:
        """There is none in PyTorch."""
        self._refuse()

    def tensor(self, grey: object) -> torch.Tensor:
        """There is none in PyTorch."""
        self._refuse()

    def instead(self, why: str) -> Engine | None:
        """Return None: nothing else runs it."""
        return None

    def _refuse(self) -> NoReturn:
        raise LamellaError(
            f"{self.card.title} is a foreign network in ONNX, which cannot be looked into; choose "
            "one that was trained in Lamella."
        )

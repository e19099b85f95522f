"""Networks in OpenVINO, on the processor; imports no PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.execution import Execution, Precision
from core.segmentation.engines.backend import BackendError, OutOfMemory, checked
from core.segmentation.engines.openvino_models import converted
from core.segmentation.engines.openvino_runtime import core, settings
from core.types import ModelCard

if TYPE_CHECKING:
    from torch import nn


class OpenVinoBackend:
    """A compiled network; ``network`` is called where it must be converted first and is not in
    ``kept``.

    Raises:
        BackendError: OpenVINO is missing, or cannot convert or compile the network.
    """

    def __init__(
        self,
        card: ModelCard,
        network: Callable[[], nn.Module],
        precision: Precision,
        notes: tuple[str, ...] = (),
        kept: Path | None = None,
    ) -> None:
        self.execution = Execution("cpu", "openvino", precision, notes)
        self._compile(converted(card, network, kept), precision)

    def _compile(self, model: Any, precision: Precision) -> None:
        try:
            self._compiled = core().compile_model(model, "CPU", settings(precision))
            self._request = self._compiled.create_infer_request()
        except RuntimeError as error:
            raise BackendError("it cannot compile the network") from error

    def outputs(self, grey: np.ndarray) -> np.ndarray:
        """Return the card's outputs, see :class:`core.segmentation.engines.backend.Backend`."""
        batch = np.ascontiguousarray(grey, np.float32)[:, None]
        with _errors_in_words():
            found = self._request.infer([batch], share_inputs=True)[0]
        return checked(found, "OpenVINO")

    def release(self) -> None:
        """Give back the memory of the tiles, see
        :class:`core.segmentation.engines.backend.Backend`."""
        self._compiled.release_memory()


class OnnxBackend(OpenVinoBackend):
    """A compiled network from ONNX in Lamella's form, see ``core.exchange.onnx_form``.

    Raises:
        BackendError: OpenVINO is missing, or cannot read or compile the network.
    """

    def __init__(self, data: bytes, precision: Precision, notes: tuple[str, ...] = ()) -> None:
        self.execution = Execution("cpu", "openvino", precision, notes)
        try:
            model = core().read_model(data, b"")
        except RuntimeError as error:
            raise BackendError("it cannot read the network") from error
        self._compile(model, precision)


@contextmanager
def _errors_in_words() -> Iterator[None]:
    try:
        yield
    except MemoryError as error:
        raise OutOfMemory("The cpu device ran out of memory.") from error
    except RuntimeError as error:
        words = str(error).lower()
        if "bad_alloc" in words or "memory" in words:
            raise OutOfMemory("The cpu device ran out of memory.") from error
        raise BackendError("it stopped while the network ran") from error

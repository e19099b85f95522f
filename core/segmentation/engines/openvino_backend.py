"""Networks in OpenVINO, on the processor; imports no PyTorch.

A network is compiled for each shape of tiles that comes: compiled for any shape it takes more than
twice the memory, 512 bytes a pixel in place of 225 with ``particles``, since only what is known
beforehand can share it. The time is the same: what compiling takes, the first tile saves.
"""

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
from core.types.model_card import ModelCard

if TYPE_CHECKING:
    from torch import nn


MOST_COMPILED = 2
"""Shapes of tiles that a network stays compiled for: an image may be seen at two scales."""


class OpenVinoBackend:
    """A network; ``network`` is called where it must be converted first and is not in ``kept``.

    Raises:
        BackendError: OpenVINO is missing, or cannot convert the network.
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
        self._hold(converted(card, network, kept))

    def _hold(self, model: Any) -> None:
        self._model, self._requests = model, dict[tuple[int, ...], Any]()

    def outputs(self, grey: np.ndarray) -> np.ndarray:
        """Return the card's outputs, see :class:`core.segmentation.engines.backend.Backend`."""
        batch = np.ascontiguousarray(grey, np.float32)[:, None]
        request = self._request(batch.shape)
        with _errors_in_words():
            found = request.infer([batch], share_inputs=True)[0]
        return checked(found, "OpenVINO")

    def release(self) -> None:
        """Give back the memory of the tiles, see
        :class:`core.segmentation.engines.backend.Backend`."""
        for request in self._requests.values():
            request.get_compiled_model().release_memory()

    def _request(self, shape: tuple[int, ...]) -> Any:
        """Return what runs the network on a batch of ``shape`` (N, 1, H, W)."""
        if shape != next(reversed(self._requests), None):
            # Tiles of one shape alone are in memory.
            self.release()
            known = self._requests.pop(shape, None)
            self._requests[shape] = known or self._compiled(shape).create_infer_request()
            if len(self._requests) > MOST_COMPILED:
                del self._requests[next(iter(self._requests))]
        return self._requests[shape]

    def _compiled(self, shape: tuple[int, ...]) -> Any:
        try:
            self._model.reshape(list(shape))
            return core().compile_model(self._model, "CPU", settings(self.execution.precision))
        except RuntimeError as error:
            raise BackendError("OpenVINO cannot compile the network") from error


class OnnxBackend(OpenVinoBackend):
    """A compiled network from ONNX in Lamella's form, see ``core.exchange.onnx_form``.

    Raises:
        BackendError: OpenVINO is missing, or cannot read the network.
    """

    def __init__(self, data: bytes, precision: Precision, notes: tuple[str, ...] = ()) -> None:
        self.execution = Execution("cpu", "openvino", precision, notes)
        try:
            model = core().read_model(data, b"")
        except RuntimeError as error:
            raise BackendError("it cannot read the network") from error
        self._hold(model)


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

"""Networks in OpenVINO, on the processor; imports no PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

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
        model = converted(card, network, kept)
        try:
            compiled = core().compile_model(model, "CPU", settings(precision))
            self._request = compiled.create_infer_request()
        except RuntimeError as error:
            raise BackendError("it cannot compile the network") from error

    def outputs(self, grey: np.ndarray) -> np.ndarray:
        """Return the card's outputs, see :class:`core.segmentation.engines.backend.Backend`."""
        batch = np.ascontiguousarray(grey, np.float32)[:, None]
        with _errors_in_words():
            found = self._request.infer([batch], share_inputs=True)[0]
        return checked(found, "OpenVINO")


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

"""The one door to OpenVINO.

Importing it, and every conversion, would report to a server of its makers and write an identifier
into the user's home, without asking. The reporting is a package of its own,
``openvino_telemetry``; where that cannot be imported OpenVINO takes a stand-in that does nothing.
So it is made unimportable first; ``tests/core/segmentation/engines/test_openvino.py`` holds that
nothing is sent.
"""

from __future__ import annotations

import sys
from functools import cache
from types import ModuleType
from typing import Any

from core.execution import Precision
from core.segmentation.engines.backend import BackendError
from core.segmentation.engines.processor import threads

HINTS: dict[Precision, str] = {"float32": "f32", "bfloat16": "bf16"}


@cache
def openvino() -> ModuleType:
    """Return OpenVINO, imported at the first call.

    Raises:
        BackendError: it is not installed, or was imported elsewhere with its reporting.
    """
    if sys.modules.get("openvino_telemetry") is not None:
        raise BackendError("it was imported before with its reporting to a server switched on")
    sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
    try:
        import openvino
    except ImportError as error:
        raise BackendError(f"it cannot be imported: {error}") from error
    return openvino


@cache
def core() -> Any:
    """Return the one runtime of this process."""
    runtime = openvino().Core()
    # A file that is mapped into memory cannot be deleted on Windows.
    runtime.set_property({"ENABLE_MMAP": False})
    return runtime


def settings(precision: Precision) -> dict[str, object]:
    """Return how a network is compiled.

    The precision is always named: left to itself OpenVINO rounds float32 networks to bfloat16 on
    processors that multiply it. One stream of all threads for one image; not pinned to cores, which
    other processes of the machine may have pinned too.
    """
    return {
        "INFERENCE_PRECISION_HINT": HINTS[precision],
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_NUM_THREADS": threads(),
        "ENABLE_CPU_PINNING": False,
    }

"""A network in Lamella's form, run for the first time, in a child, on made-up grey levels."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from core.errors import ModelError
from core.image_size import width_x_height
from core.segmentation.engines.openvino_runtime import core, settings

SIDES = ((96, 96), (128, 160), (512, 512))
"""(H, W) that every network must take: it is run on tiles whose sides are multiples of 32."""
_CLOSE = 1e-3


def infer(data: bytes, batch: np.ndarray, name: str) -> list[np.ndarray]:
    """Return what the network in ``data``, checked ONNX, makes of ``batch``.

    Raises:
        ModelError: it cannot be read or run.
    """
    return [np.array(one) for one in _request(data, name)(batch)]


def check_runs(data: bytes, outputs: int, name: str) -> float:
    """Run a network in Lamella's form at several sizes; return seconds a megapixel on one core.

    ``outputs``: how many channels it must give.

    Raises:
        ModelError: it does not run, gives another shape, or numbers that are no probabilities.
    """
    run, seconds = _request(data, name), 0.0
    for shape in SIDES:
        begun = time.perf_counter()
        (found,) = run(grey_field(shape)[None, None])
        seconds = (time.perf_counter() - begun) / (shape[0] * shape[1]) * 1e6
        wanted = (1, outputs, *shape)
        if found.shape != wanted:
            raise ModelError(
                f"{name} makes {found.shape} of an image of {width_x_height(shape)} px; {wanted} "
                "is needed: one value a pixel and phase, at the image's size."
            )
        if not np.isfinite(found).all():
            raise ModelError(f"{name} gives values that are no numbers (NaN or infinite).")
        if found.min() < -_CLOSE or found.max() > 1 + _CLOSE:
            raise ModelError(
                f"{name} gives values from {found.min():.3g} to {found.max():.3g} where "
                "probabilities from 0 to 1 are needed; say that its output is logits."
            )
    return seconds


def grey_field(shape: tuple[int, int]) -> np.ndarray:
    """Return grey levels (H, W) float32 in [0, 1]: smooth blobs with a little noise."""
    rows, columns = (np.linspace(0, side / 12, side, dtype=np.float32) for side in shape)
    noise = np.random.default_rng(0).normal(0, 0.03, shape)
    grey = 0.5 + 0.4 * np.sin(rows)[:, None] * np.sin(1.3 * columns)[None] + noise
    return np.clip(grey, 0, 1).astype(np.float32)


def _request(data: bytes, name: str) -> Any:
    """Return a function that runs the network; its errors are sentences."""
    try:
        compiled = core().compile_model(core().read_model(data, b""), "CPU", settings("float32"))
        request = compiled.create_infer_request()
    except RuntimeError as error:
        raise _no_run(name, error) from error

    def run(batch: np.ndarray) -> list[np.ndarray]:
        try:
            return list(request.infer([np.ascontiguousarray(batch, np.float32)]).values())
        except RuntimeError as error:
            raise _no_run(name, error) from error

    return run


def _no_run(name: str, error: RuntimeError) -> ModelError:
    words = str(error).lower()
    if "bad_alloc" in words or "memory" in words:
        return ModelError(f"{name} needs more memory than is allowed for a network of its size.")
    return ModelError(
        f"{name} cannot be run by OpenVINO on every image size whose sides are multiples of 32; "
        "export it again with free sizes and usual operators."
    )

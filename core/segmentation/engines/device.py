"""Where and how precisely networks run, chosen in this one place."""

from __future__ import annotations

import copy
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from core.errors import LamellaError
from core.execution import DeviceName, Precision, PrecisionChoice
from core.segmentation.engines.processor import bfloat16_units

AGREEMENT = 0.999
PROBE_SIDE = 512
PROBE_RUNS = 3


def choose_device(name: DeviceName = "auto") -> torch.device:
    """Return CUDA where there is one, then Apple's MPS, then the CPU; or the one asked for.

    Raises:
        LamellaError: the device asked for is not there.
    """
    available = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if name == "auto":
        return torch.device(next(device for device, there in available.items() if there))
    if name not in available:
        raise LamellaError(f"There is no device {name!r}; choose auto, cpu, cuda or mps.")
    if not available[name]:
        raise LamellaError(
            f"This machine has no {name} device that PyTorch {torch.__version__} can use; choose "
            "auto or cpu, or install the GPU's driver."
        )
    return torch.device(name)


def choose_precision(
    network: nn.Module, device: torch.device, asked: PrecisionChoice = "auto"
) -> Precision:
    """Return at which precision a network of one channel runs.

    ``auto`` is bfloat16 where it is measured now, on a field of smooth blobs 512 px wide, to be
    faster and to agree with float32 on 99.9 % of the labels; only CUDA devices with bfloat16 units
    are tried. ``fast`` is bfloat16 wherever something multiplies it.
    """
    has_units = {
        "cuda": lambda: torch.cuda.is_bf16_supported(including_emulation=False),
        "cpu": lambda: bool(bfloat16_units()),
    }.get(device.type, lambda: False)()
    if asked == "exact" or not has_units or (asked == "auto" and device.type != "cuda"):
        return "float32"
    if asked == "fast":
        return "bfloat16"
    probe = _probe(1).to(device).to(memory_format=torch.channels_last)
    exact, seconds_exact = _timed(network, probe, "float32")
    rounded, seconds_rounded = _timed(network, probe, "bfloat16")
    agrees = (exact == rounded).float().mean().item() >= AGREEMENT
    return "bfloat16" if agrees and seconds_rounded < seconds_exact else "float32"


def forward(network: nn.Module, batch: torch.Tensor, precision: Precision) -> torch.Tensor:
    """Return the logits (N, C, H, W) float32 of ``batch`` at ``precision``."""
    if precision == "float32":
        return network(batch)
    with torch.autocast(batch.device.type, dtype=torch.bfloat16):
        return network(batch).float()


class _ExactRuns:
    """How many runs want exact float32 now. The setting is the process's and not the thread's, so
    the first one in turns it off and the last one out puts it back."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.running = 0
        self.before = True

    def begin(self) -> None:
        with self.lock:
            if not self.running:
                self.before = torch.backends.cudnn.allow_tf32
                torch.backends.cudnn.allow_tf32 = False
            self.running += 1

    def end(self) -> None:
        with self.lock:
            self.running -= 1
            if not self.running:
                torch.backends.cudnn.allow_tf32 = self.before


_EXACT_RUNS = _ExactRuns()


@contextmanager
def exact_float32() -> Iterator[None]:
    """Let float32 be float32 within: PyTorch rounds what convolutions read to TF32 on CUDA.

    Labels do not show that, sums that must come out and small gradients do. While one thread is
    within, the others are exact too.

    Source: https://docs.pytorch.org/docs/stable/notes/cuda.html, TensorFloat-32.
    """
    _EXACT_RUNS.begin()
    try:
        yield
    finally:
        _EXACT_RUNS.end()


def _probe(channels: int) -> torch.Tensor:
    axis = torch.linspace(0, 12 * torch.pi, PROBE_SIDE)
    blobs = torch.sin(axis)[:, None] * torch.sin(1.3 * axis)[None, :]
    return blobs.expand(1, channels, -1, -1).contiguous()


@torch.inference_mode()
def _timed(
    network: nn.Module, probe: torch.Tensor, precision: Precision
) -> tuple[torch.Tensor, float]:
    labels = forward(network, probe, precision).argmax(1)
    torch.cuda.synchronize()
    begun = time.perf_counter()
    for _ in range(PROBE_RUNS):
        forward(network, probe, precision)
    torch.cuda.synchronize()
    return labels, time.perf_counter() - begun


def on_device(network: nn.Module, device: torch.device) -> nn.Module:
    """Return a copy of ``network`` on ``device``: eval mode, channels last, no gradients."""
    placed = copy.deepcopy(network).to(device).eval().requires_grad_(False)
    return placed.to(memory_format=torch.channels_last)

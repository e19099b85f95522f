"""Where, with what and how precisely a model ran: part of every result, since two differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

DeviceName = Literal["auto", "cpu", "cuda", "mps"]
BackendName = Literal["openvino", "torch"]
Precision = Literal["float32", "bfloat16"]
PrecisionChoice = Literal["auto", "exact", "fast"]
"""``exact``: float32. ``fast``: bfloat16 where the device multiplies it. ``auto``: bfloat16 where
it was measured to change neither labels nor score, else float32."""


@dataclass(frozen=True)
class RunChoice:
    """How a user asks a network to run. ``careful``: with the ensemble of its card."""

    precision: PrecisionChoice = "auto"
    careful: bool = False


USUAL = RunChoice()


@dataclass(frozen=True)
class Execution:
    """``device``: "cpu", "cuda" or "mps". ``backend``: what ran the network; "" of a method without
    one. ``notes``: sentences on why not as asked. ``scale``: at which the image was seen, where it
    was not the card's usual one."""

    device: str = "cpu"
    backend: str = ""
    precision: Precision = "float32"
    notes: tuple[str, ...] = ()
    scale: float | None = None

    @property
    def in_words(self) -> str:
        """Device, backend and precision, and an unusual scale: "cpu, openvino, float32"."""
        scale = f"seen at {self.scale:g} times its size" if self.scale else ""
        words = (self.device, self.backend, self.precision, scale)
        return ", ".join(word for word in words if word)

"""What a user says of a foreign network whose file does not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core.palette import phase_color
from core.types.segmentation import Phase


@dataclass(frozen=True)
class Description:
    """What a user says of a network whose file does not. ``phases``: their names, () = as many as
    the network has outputs. ``mean``, ``std``: of the grey levels in [0, 1] that it expects.
    ``outputs``: whether it gives probabilities or logits; "auto" = as they look."""

    phases: tuple[str, ...] = ()
    mean: float = 0.0
    std: float = 1.0
    outputs: Literal["auto", "probabilities", "logits"] = "auto"


def phases_named(names: tuple[str, ...]) -> tuple[Phase, ...]:
    """Return phases of these names in the usual colours."""
    return tuple(Phase(name, phase_color(index)) for index, name in enumerate(names))

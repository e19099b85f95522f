"""What an architecture is: a builder and the words to introduce it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import nn


@dataclass(frozen=True)
class ArchitectureCard:
    """A network builder, without weights.

    ``name``: as in links. ``idea``: what it brought, in one sentence. ``build``: no file and no
    network access. ``side``: of the square image it is made for, in px; None for any multiple of
    ``multiple``. ``parameters``: trainable ones, as published. ``reference``: the paper.
    """

    name: str
    title: str
    year: int
    idea: str
    build: Callable[[], nn.Module]
    channels: int
    side: int | None
    parameters: int
    reference: str
    multiple: int = 1

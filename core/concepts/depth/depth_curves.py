"""What training made of networks of different depth, step by step."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class DepthRun:
    """One network. ``training`` and ``test``: its errors in [0, 1] after each of ``steps``.

    The training error is the share of wrong answers over the steps since the one before.
    """

    layers: int
    skip: bool
    parameters: int
    steps: tuple[int, ...]
    training: tuple[float, ...]
    test: tuple[float, ...]

    @property
    def name(self) -> str:
        return f"{'residual' if self.skip else 'plain'}, {self.layers} layers"

"""The trained weights: safetensors files, each named with its SHA-256 by a card of the zoo."""

from __future__ import annotations

from pathlib import Path

from core.types import Weights

FOLDER = Path(__file__).parent


def weights(name: str, sha256: str) -> Weights:
    """Return the file ``NAME.safetensors`` of this folder and the hash that it must have."""
    return Weights(FOLDER / f"{name}.safetensors", sha256)

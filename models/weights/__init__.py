"""The trained weights: safetensors files, each named with its SHA-256 by a card of the zoo."""

from __future__ import annotations

import hashlib
from pathlib import Path

from core.errors import ModelError
from core.types.model_card import Weights

FOLDER = Path(__file__).parent


def weights(name: str, sha256: str) -> Weights:
    """Return the file ``NAME.safetensors`` of this folder and the hash that it must have."""
    return Weights(FOLDER / f"{name}.safetensors", sha256)


def weights_of_a_run(path: Path) -> Weights:
    """Return a file of weights that no card names, with the SHA-256 that it has.

    Raises:
        ModelError: there is no such file.
    """
    if not path.is_file():
        raise ModelError(f"There is no file {path}; `lamella train` writes NAME.safetensors.")
    return Weights(path, hashlib.sha256(path.read_bytes()).hexdigest())


def read_weights(file: Weights) -> bytes:
    """Return the content of ``file``, a safetensors file.

    Raises:
        ModelError: the file is missing, or is not the one the card names.
    """
    if not file.path.is_file():
        raise ModelError(
            f"The weights {file.path.name} are missing from {file.path.parent}; get them from the "
            "repository again."
        )
    data = file.path.read_bytes()
    found = hashlib.sha256(data).hexdigest()
    if found != file.sha256:
        raise ModelError(
            f"{file.path.name} is damaged or was swapped: its SHA-256 begins {found[:12]}, the "
            f"card says {file.sha256[:12]}. Get the file from the repository again."
        )
    return data

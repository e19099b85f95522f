"""Weights as safetensors in half precision, named by their SHA-256; a pickle would be code."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor, nn

from core.errors import ModelError
from core.types.model_card import ModelCard, Weights
from models.weights import read_weights


def trained(card: ModelCard) -> nn.Module:
    """Return the network of ``card`` with its weights, in eval mode, without gradients.

    A card without weights gives an untrained network.

    Raises:
        ModelError: the weights are missing, damaged, or do not fit, or the card is of a classic
            method.
    """
    if card.build is None:
        raise ModelError(f"{card.title} has no network; choose a trained model.")
    network = card.build()
    if card.weights is not None:
        load_weights(network, card.weights)
    return network.eval().requires_grad_(False)


def load_weights(network: nn.Module, file: Weights) -> None:
    """Put the weights of ``file`` into ``network``, in place.

    Raises:
        ModelError: the file is missing, is not the one the card names, or does not fit.
    """
    data = read_weights(file)
    try:
        network.load_state_dict(unpacked(data))
    except (SafetensorError, RuntimeError) as error:
        reason = str(error).splitlines()[0].rstrip(":. ")
        raise ModelError(
            f"{file.path.name} does not fit its architecture: {reason}. Give the weights that "
            "`lamella train` wrote for this very model."
        ) from error


def packed(state: Mapping[str, Tensor]) -> bytes:
    """Return ``state`` in half precision as a safetensors file."""
    return save({name: _half(value).contiguous() for name, value in state.items()})


def unpacked(data: bytes) -> dict[str, Tensor]:
    """Return the weights of :func:`packed`, in single precision again."""
    return {name: _full(value) for name, value in load(data).items()}


def save_weights(state: Mapping[str, Tensor], path: Path) -> str:
    """Write ``state`` in half precision; return the file's SHA-256."""
    path.parent.mkdir(parents=True, exist_ok=True)
    data = packed(state)
    path.write_bytes(data)
    return hashlib.sha256(data).hexdigest()


def _half(value: Tensor) -> Tensor:
    if not value.is_floating_point():
        return value
    half = value.half()
    # A batch variance can lie above the largest half, 65504.
    return half if half.isfinite().all() else value


def _full(value: Tensor) -> Tensor:
    return value.float() if value.dtype == torch.float16 else value

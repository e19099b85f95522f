"""Safetensors that others made: its header, read by hand within limits before anything else is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import ModelError
from core.settings import Limits

MOST_HEADER_BYTES = 1_000_000
MOST_TENSORS = 2000
DTYPES = {"F16": "<f2", "F32": "<f4", "F64": "<f8", "I64": "<i8", "I32": "<i4"}
FILE, WEIGHTS = "model", "weights"
"""Names of what is handed to a child, and of the array that comes back."""
CARD = "lamella_card"
"""Under which a card lies in the metadata of a safetensors or ONNX file, as JSON."""


@dataclass(frozen=True)
class WeightsHeader:
    """``shapes``: of the tensors by name. ``card``: the JSON text of a card; "" without one."""

    shapes: Mapping[str, tuple[int, ...]]
    card: str


def read_header(data: bytes, name: str) -> WeightsHeader:
    """Return what the header of a safetensors file says, after looking at every value.

    Source: https://huggingface.co/docs/safetensors, "Format".

    Raises:
        ModelError: it is none, is larger than a network's, or a value is NaN or infinite.
    """
    length = int.from_bytes(data[:8], "little")
    if len(data) < 10 or length > MOST_HEADER_BYTES or 8 + length > len(data):
        raise ModelError(
            f"{name} is no safetensors file of a network: its header says {length:,} bytes, and "
            f"up to {MOST_HEADER_BYTES:,} are read."
        )
    try:
        header = json.loads(data[8 : 8 + length])
        tensors = {key: value for key, value in header.items() if key != "__metadata__"}
        card = header.get("__metadata__", {}).get(CARD, "")
        if len(tensors) > MOST_TENSORS or not isinstance(card, str):
            raise ModelError(f"{name} holds {len(tensors):,} tensors; {MOST_TENSORS:,} are read.")
        body = data[8 + length :]
        shapes = {key: _checked(value, body, name) for key, value in tensors.items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ModelError(f"{name} has a damaged header; get the file again.") from error
    return WeightsHeader(shapes, card)


def with_card(data: bytes, card: str) -> bytes:
    """Return a safetensors file of ours with the JSON text of a card in its metadata, "" for none,
    and no other metadata."""
    length = int.from_bytes(data[:8], "little")
    tensors = json.loads(data[8 : 8 + length])
    tensors.pop("__metadata__", None)
    header = {"__metadata__": {CARD: card}, **tensors} if card else tensors
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    # The format's own writers begin the values at a multiple of 8 bytes.
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + data[8 + length :]


def open_as_child(
    folder: Path, job: Mapping[str, Any], limits: Limits
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Look into a safetensors file, see :func:`core.exchange.opening.open_model`."""
    data, name = (folder / FILE).read_bytes(), job["name"]
    header = read_header(data, name)
    if not header.card:
        raise ModelError(
            f"{name} holds weights without a card, so nothing says what they are of; export the "
            "model from Lamella, or give its network as ONNX."
        )
    return {}, {"card": header.card, "shapes": header.shapes, "has_card": True}


def _checked(entry: Mapping[str, object], body: bytes, name: str) -> tuple[int, ...]:
    shape = tuple(int(side) for side in entry["shape"])  # type: ignore[attr-defined]
    begin, end = (int(edge) for edge in entry["data_offsets"])  # type: ignore[attr-defined]
    dtype = np.dtype(DTYPES[str(entry["dtype"])])
    if not 0 <= begin <= end <= len(body) or prod(shape) * dtype.itemsize != end - begin:
        raise ValueError("a tensor lies outside the file")
    if min(shape, default=0) < 0 or not np.isfinite(np.frombuffer(body[begin:end], dtype)).all():
        raise ModelError(
            f"{name} has weights that are no numbers (NaN or infinite); take the file of an "
            "earlier step of its training."
        )
    return shape

"""Models out of Lamella and into it; what opens a foreign file is in ``core.exchange``."""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from core.errors import FormatError, ModelError
from core.exchange import needed, weights_file
from core.exchange.opening import Opened, open_model
from core.formats.isolation.running import run_isolated
from core.settings import Limits
from core.types.model_card import ModelCard, Weights
from core.workspace.lab import lab_card
from core.workspace.lab.lab_card import LabCard
from models import zoo
from models.lab.networks import builder

if TYPE_CHECKING:
    import numpy as np
    from torch import nn

    from core.exchange.description import Description
    from core.exchange.onnx_writing import WrittenOnnx

Format = Literal["safetensors", "onnx", "bioimage"]
FORMATS: Mapping[Format, str] = MappingProxyType(
    {
        "safetensors": "Safetensors with card",
        "onnx": "ONNX",
        "bioimage": "BioImage.IO package",
    }
)
_ENDINGS: Mapping[Format, str] = {
    "safetensors": ".safetensors",
    "onnx": ".onnx",
    "bioimage": ".bioimage.zip",
}
LIMITS = Limits(decoded_bytes=4_000_000_000, seconds=300)
"""Of the process that writes ONNX: PyTorch's libraries for a GPU alone take 10 GB of addresses."""
_WEIGHTS, _FILE = "weights", "file"


@dataclass(frozen=True)
class Exported:
    """A file to be handed out. ``notes``: sentences on what is in it and how it was checked."""

    file_name: str
    data: bytes
    notes: tuple[str, ...]


def formats(card: ModelCard) -> tuple[Format, ...]:
    """Return in which formats a model can be exported; () where it is no trained network."""
    if card.weights is None or (card.origin == "zoo" and card.name not in zoo.CARDS):
        return ()
    if _is_foreign(card):
        return ("onnx",)
    return tuple(FORMATS) if card.build is not None else ()


def export(card: ModelCard, data: bytes, wanted: Format) -> Exported:
    """Return a model as a file.

    ``data``: of the file of weights that ``card`` names.

    Raises:
        ModelError: it cannot be exported in this format, or the export does not agree with the
            network.
    """
    if wanted not in formats(card):
        raise ModelError(
            f"{card.title} cannot be exported as {wanted}; "
            + (f"choose {', '.join(formats(card))}." if formats(card) else "it is no network.")
        )
    file_name = card.name + _ENDINGS[wanted]
    kept = lab_card.lab_card(card, "onnx" if _is_foreign(card) else "network")
    if wanted == "safetensors":
        named = weights_file.with_card(data, lab_card.to_json(kept))
        note = "Weights in half precision and the card, in one file without code."
        return Exported(file_name, named, (note,))
    needed.check_installed()
    job = {"card": lab_card.to_json(kept), "format": wanted, "name": card.name}
    try:
        answer = run_isolated(
            f"{__name__}:export_as_child", {_WEIGHTS: data}, job, card.name, LIMITS
        )
    except FormatError as error:
        raise ModelError(
            f"{card.title} could not be written as {wanted}: it took longer than "
            f"{LIMITS.seconds} s, or more memory than is allowed. Try again when the machine is "
            "less busy."
        ) from error
    return Exported(file_name, answer.arrays[_FILE].tobytes(), tuple(answer.facts["notes"]))


def export_as_child(
    folder: Path, job: Mapping[str, Any], limits: Limits
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Do the work of :func:`export` for ONNX and BioImage.IO."""
    import numpy as np

    card = lab_card.from_json(job["card"])
    if card.weights_format == "onnx":
        from core.exchange.onnx_check import checked_model, with_card

        foreign = checked_model((folder / _WEIGHTS).read_bytes(), card.name)
        data = with_card(foreign, job["card"])
        note = "The network as it was imported, with the card that it has here."
        return {_FILE: np.frombuffer(data, np.uint8)}, {"notes": [note]}
    from core.exchange import bioimage_writing

    network = _network(card, folder / _WEIGHTS)
    if job["format"] == "onnx":
        written = _lamella_form(card, network, job["card"])
        data = written.data
    else:
        written = _logits(card, network)
        data = bioimage_writing.package(card, written)
    notes = [_in_words(written)]
    if job["format"] == "bioimage":
        notes += bioimage_writing.beyond_words(card)
    return {_FILE: np.frombuffer(data, np.uint8)}, {"notes": notes}


def opened(data: bytes, name: str, description: Description | None = None) -> Opened:
    """Return the model in a file that anybody may have made, checked, and ready to be kept.

    Raises:
        ModelError: it holds what is not opened, or weights for another network than its card says.
        LamellaError: this server takes no models of others.
    """
    found = open_model(data, name, description)
    if found.shapes is not None:
        _check_shapes(found.card, found.shapes, name)
    return found


def free_name(name: str, taken: Collection[str]) -> str:
    """Return ``name``, or with a number behind it where a model has it already or none may."""
    numbered = (f"{name[:36]}-{number}" for number in count(2))
    return next(one for one in chain([name], numbered) if one not in taken and _may_be(one))


def _may_be(name: str) -> bool:
    from models.lab import check_name

    try:
        check_name(name)
    except ModelError:
        return False
    return True


def _check_shapes(card: LabCard, shapes: Mapping[str, tuple[int, ...]], name: str) -> None:
    import torch

    if card.weights_format != "network":
        raise ModelError(f"{name} has the card of a {card.weights_format}, not of a network.")
    outputs = len(lab_card.model_card(card).outputs)
    with torch.device("meta"):
        wanted = builder(card.architecture, outputs)().state_dict()
    needed_shapes = {key: tuple(value.shape) for key, value in wanted.items()}
    if needed_shapes != dict(shapes):
        odd = sorted(set(needed_shapes.items()) ^ set(shapes.items()))
        raise ModelError(
            f"{name} holds other weights than its network has ({card.architecture}, {outputs} "
            f"outputs): {odd[0][0]:.80} and {len(odd) - 1} more differ."
        )


def _is_foreign(card: ModelCard) -> bool:
    return card.origin == "foreign" and card.build is None


def _network(card: LabCard, weights: Path) -> nn.Module:
    import hashlib

    from models.weights_file import load_weights

    network = builder(card.architecture, len(lab_card.model_card(card).outputs))()
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    load_weights(network, Weights(weights, digest))
    return network.eval().requires_grad_(False)


def _lamella_form(card: LabCard, network: nn.Module, text: str) -> WrittenOnnx:
    """Return a network from grey levels in [0, 1] to probabilities as ONNX, with its card."""
    from core.exchange.onnx_form import OUTPUTS
    from core.exchange.onnx_writing import written
    from core.segmentation.engines.torch_backend import Answering

    answering = Answering(lab_card.model_card(card), network).eval()
    return written(answering, (OUTPUTS,), text, card.name)


def _logits(card: LabCard, network: nn.Module) -> WrittenOnnx:
    """Return a network from normalized grey levels to logits, those of the phases over the card's
    temperature, as ONNX."""
    from core.exchange.bioimage_writing import OBJECTS, PHASES
    from core.exchange.onnx_writing import written
    from models.lab.logits import Logits

    names = (PHASES, OBJECTS) if card.object_outputs else (PHASES,)
    cooled = Logits(copy.deepcopy(network), len(card.phases), card.temperature).eval()
    return written(cooled, names, "", card.name)


def _in_words(written: WrittenOnnx) -> str:
    operators = ", ".join(f"{name} {count}" for name, count in written.operators.items())
    return (
        f"ONNX opset {written.opset}: {operators}. In ONNX Runtime it differs from PyTorch by up "
        f"to {written.difference:.1e}, at three image sizes and batches of 1 and 2."
    )

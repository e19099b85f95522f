"""BioImage.IO packages with ONNX weights, read by hand: of what a package may hold, code, addresses
and pickled weights are refused.

Source: https://github.com/bioimage-io/spec-bioimage-io, model description 0.5.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import yaml

from core.errors import ModelError
from core.exchange import packed
from core.exchange.bioimage_processing import Step

DESCRIPTIONS = ("rdf.yaml", "bioimageio.yaml", "model.yaml")
MOST_DESCRIPTION_BYTES = 1_000_000
MOST_YAML_EVENTS = 50_000
AXES = ("batch", "channel", "y", "x")
MOST_STEPS = 10


@dataclass(frozen=True, eq=False)
class Tensor:
    """An input or an output. ``channels``: their names, () where there are none. ``test``: its test
    tensor (N, C, H, W) float32; None without one."""

    channels: tuple[str, ...]
    steps: tuple[Step, ...]
    test: np.ndarray | None


@dataclass(frozen=True, eq=False)
class Package:
    """A package: its ``onnx`` and what its description says. ``texts``: name, description, licence,
    reference and training data in its makers' words, under these names. ``card``: the JSON text of
    a card by Lamella; "" without one."""

    onnx: bytes
    input: Tensor
    outputs: tuple[Tensor, ...]
    texts: Mapping[str, str]
    card: str


def read_package(data: bytes, name: str) -> Package:
    """Return what is in a package.

    Raises:
        ModelError: it is none, or holds what is not opened.
    """
    files = packed.files_in(data, name)
    found = _description(files, name)
    kind, version = found.get("type"), str(found.get("format_version"))
    if kind != "model" or not version.startswith("0.5"):
        raise ModelError(
            f"{name} describes a {kind!r:.40} in format {version:.20}; a model in format 0.5 is "
            "read. `bioimageio update-format` brings an older one up to date."
        )
    try:
        (given,) = found["inputs"]
        return Package(
            onnx=_onnx(found["weights"], files, name),
            input=_tensor(given, "preprocessing", files, name),
            outputs=tuple(_tensor(one, "postprocessing", files, name) for one in found["outputs"]),
            texts=_texts(found),
            card=_card(found.get("config")),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ModelError(
            f"The description in {name} lacks what a model of one input needs, or has it in "
            "another form; `bioimageio validate-format` says what."
        ) from error


def _description(files: Mapping[str, bytes], name: str) -> Mapping[str, Any]:
    named = [one for one in files if one in DESCRIPTIONS or one.endswith(".bioimageio.yaml")]
    if len(named) != 1:
        raise ModelError(f"{name} holds {len(named)} descriptions (rdf.yaml); one is needed.")
    text = files[named[0]]
    if len(text) > MOST_DESCRIPTION_BYTES:
        raise ModelError(f"The description in {name} has {len(text):,} bytes, too many.")
    try:
        for number, event in enumerate(yaml.parse(text, yaml.SafeLoader)):
            if isinstance(event, yaml.AliasEvent):
                raise ModelError(
                    f"The description in {name} refers to parts of itself (YAML aliases), which "
                    "may unpack to any size; write it without."
                )
            if number > MOST_YAML_EVENTS:
                raise ModelError(f"The description in {name} is too long.")
        found = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise ModelError(f"The description in {name} is no YAML of plain values.") from error
    if not isinstance(found, dict):
        raise ModelError(f"The description in {name} is empty.")
    return found


def _onnx(weights: Mapping[str, Any], files: Mapping[str, bytes], name: str) -> bytes:
    if "onnx" not in weights:
        others = ", ".join(map(str, weights))
        raise ModelError(
            f"{name} has its weights as {others:.100}; only ONNX is read, as the others can run "
            "code. `bioimageio add-weights` makes ONNX of them."
        )
    return _member(weights["onnx"], "ONNX weights", files, name)


def _member(entry: Mapping[str, Any], what: str, files: Mapping[str, bytes], name: str) -> bytes:
    content = packed.member(files, entry["source"], what, name)
    wanted = entry.get("sha256")
    if wanted is not None and hashlib.sha256(content).hexdigest() != wanted:
        raise ModelError(
            f"The {what} in {name} are not those that its description names (SHA-256)."
        )
    return content


def _tensor(
    entry: Mapping[str, Any], processing: str, files: Mapping[str, bytes], name: str
) -> Tensor:
    axes = [str(axis.get("id", axis["type"])) for axis in entry["axes"]]
    if tuple(axes) != AXES:
        raise ModelError(
            f"{name} has a tensor with the axes {', '.join(axes):.80}; {', '.join(AXES)} are read."
        )
    channels = entry["axes"][1].get("channel_names") or ()
    steps = entry.get(processing) or ()
    if len(steps) > MOST_STEPS:
        raise ModelError(f"{name} has {len(steps)} steps of {processing}; {MOST_STEPS} are read.")
    test = None
    if entry.get("test_tensor"):
        content = _member(entry["test_tensor"], "test tensors", files, name)
        test = packed.tensor(content, "test tensor", name)
        if test.ndim != 4:
            raise ModelError(f"{name} has a test tensor of {test.ndim} axes; 4 are needed.")
    return Tensor(_names(channels), tuple(_step(one) for one in steps), test)


def _step(entry: Mapping[str, Any]) -> Step:
    return Step(str(entry["id"]), dict(entry.get("kwargs") or {}))


def _names(channels: Sequence[Any]) -> tuple[str, ...]:
    return tuple(plain(one, 40) for one in channels)


def _texts(found: Mapping[str, Any]) -> dict[str, str]:
    cited = [one for one in found.get("cite") or () if isinstance(one, dict)]
    authors = [one.get("name") for one in found.get("authors") or () if isinstance(one, dict)]
    data = found.get("training_data")
    if isinstance(data, dict):
        data = ", ".join(str(data[key]) for key in ("name", "id", "description") if key in data)
    texts = {
        "title": found.get("name"),
        "purpose": found.get("description"),
        "licence": found.get("license"),
        "reference": "; ".join(
            " ".join(str(one.get(key) or "") for key in ("text", "doi")).strip() for one in cited
        ),
        "authors": ", ".join(str(one) for one in authors if one),
        "data": data,
    }
    return {key: plain(value, 1000) for key, value in texts.items()}


def _card(config: Any) -> str:
    ours = config.get("lamella") if isinstance(config, dict) else None
    card = ours.get("card") if isinstance(ours, dict) else None
    return json.dumps(card) if isinstance(card, dict) else ""


def plain(value: object, most: int) -> str:
    """Return a text in one line of up to ``most`` characters, without what cannot be printed."""
    text = " ".join(str(value or "").split())
    return "".join(one for one in text if one.isprintable())[:most]

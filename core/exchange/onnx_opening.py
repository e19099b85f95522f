"""ONNX, alone or in a BioImage.IO package, to a card and a network in Lamella's form.

Runs in a child, see ``core.exchange.opening``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from onnx import ModelProto

from core.errors import ModelError
from core.exchange import onnx_check, onnx_form, trial
from core.exchange.bioimage_processing import Normalization, applied, normalization
from core.exchange.bioimage_reading import Package, plain, read_package
from core.exchange.description import Description, phases_named
from core.exchange.onnx_form import Activation, Processing, Sides
from core.exchange.weights_file import FILE, WEIGHTS
from core.settings import Limits
from core.types.segmentation import Phase
from core.workspace.lab import lab_card
from core.workspace.lab.lab_card import LabCard
from core.workspace.lab.lab_models import slug

TOLERANCE = 1e-3
"""Absolute and relative, of a test output, as in ``bioimageio.core``."""
MOST_OFF = 100
"""Values in a million that may lie outside of it."""
_SUM = 1e-3
_NOT_IN_TITLES = re.compile(r"[\[\]<>`\\!|]|://")


@dataclass(frozen=True, eq=False)
class OpenedOnnx:
    """See :class:`core.exchange.opening.Opened`."""

    card: LabCard
    weights: bytes
    has_card: bool
    notes: tuple[str, ...]
    difference: float | None
    seconds: float


def open_as_child(
    folder: Path, job: Mapping[str, Any], limits: Limits
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Do the work of :func:`core.exchange.opening.open_model`."""
    data, name, told = (folder / FILE).read_bytes(), job["name"], job["description"]
    description = Description(**{**told, "phases": tuple(told["phases"])})
    try:
        found = opened(data, name, job["kind"], description)
        card = lab_card.to_json(found.card)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise ModelError(
            f"{name} describes itself in a way that makes no sense ({error!r:.100}), so it was not "
            "opened."
        ) from error
    facts = {
        "card": card,
        "has_card": found.has_card,
        "notes": found.notes,
        "difference": found.difference,
        "seconds": found.seconds,
    }
    return {WEIGHTS: np.frombuffer(found.weights, np.uint8)}, facts


def opened(data: bytes, name: str, kind: str, description: Description) -> OpenedOnnx:
    """Return the model in ``data``, after it ran.

    Raises:
        ModelError: as :func:`core.exchange.opening.open_model`.
    """
    package = read_package(data, name) if kind == "bioimage" else None
    model = onnx_check.checked_model(package.onnx if package else data, name)
    sides = onnx_form.sides_of(model, name)
    own = _own_card(package, data, name)
    if own is not None:
        processing = _own_processing(own, package, name)
        card, notes = own, processing.normalization.notes
    else:
        card, processing, notes = _foreign(model, sides, package, description, name)
    if package is not None:
        _check_channels(package, sides, name)
    difference = None if package is None else _difference(model, package, processing, name)
    weights = onnx_form.in_form(model, processing, name)
    seconds = trial.check_runs(weights, len(lab_card.model_card(card).outputs), name)
    # The form takes grey levels in [0, 1]; what the network subtracts is within it.
    card = replace(card, weights_format="onnx", mean=0.0, std=1.0)
    return OpenedOnnx(card, weights, own is not None, notes, difference, seconds)


def _own_card(package: Package | None, data: bytes, name: str) -> LabCard | None:
    text = package.card if package else onnx_check.card_in(data)
    if not text:
        return None
    try:
        return lab_card.from_json(text)
    except ValueError as error:
        raise ModelError(
            f"The card in {name} is none that this Lamella reads: {error}. If a newer one made it, "
            "update this one."
        ) from error


def _own_processing(card: LabCard, package: Package | None, name: str) -> Processing:
    """Return what stands around a network that Lamella exported."""
    if package is None:
        return Processing()
    activations: tuple[Activation, ...] = ("softmax", "sigmoid")
    return Processing(
        normalization(package.input.steps, name),
        activations[: 2 if card.object_outputs else 1],
        logit_scale=card.temperature,
    )


def _foreign(
    model: ModelProto,
    sides: Sides,
    package: Package | None,
    description: Description,
    name: str,
) -> tuple[LabCard, Processing, tuple[str, ...]]:
    if len(sides.outputs) != 1:
        raise ModelError(f"{name} has {len(sides.outputs)} outputs; networks with one are read.")
    told = Normalization((description.mean,), (description.std,))
    wanted = normalization(package.input.steps, name) if package else told
    named = _activation_named(package, name)
    activation, adds = named or _activation_seen(model, sides, wanted, description, name)
    channels = sides.outputs[0] or _raw(model, sides, wanted, name).shape[1]
    processing = Processing(wanted, (activation,), adds_background=adds)
    names = package.outputs[0].channels if package else ()
    phases = _phases(description.phases, names, channels, adds, name)
    card = _card(model, phases, package.texts if package else {}, name)
    return card, processing, wanted.notes


def _activation_named(package: Package | None, name: str) -> tuple[Activation, bool] | None:
    """Return what a package says of its output; None where it says nothing."""
    if package is None:
        return None
    if len(package.outputs) != 1:
        raise ModelError(f"{name} describes {len(package.outputs)} outputs; one is read.")
    steps = [step.id for step in package.outputs[0].steps if step.id != "ensure_dtype"]
    if not steps:
        return None
    if steps == ["softmax"]:
        return "softmax", False
    if steps == ["sigmoid"]:
        return "sigmoid", True
    if "custom" in steps:
        raise ModelError(
            f"{name} brings code of its own for its output, which is never run here. Ask its "
            "makers for a package that does without."
        )
    raise ModelError(
        f"{name} does {', '.join(steps):.100} to its output; softmax or sigmoid alone are read."
    )


def _activation_seen(
    model: ModelProto, sides: Sides, wanted: Normalization, description: Description, name: str
) -> tuple[Activation, bool]:
    """Return what turns outputs into probabilities, from what they look like."""
    values = _raw(model, sides, wanted, name)
    channels = values.shape[1]
    within = bool(values.min() >= -_SUM and values.max() <= 1 + _SUM)
    if description.outputs == "probabilities" or (description.outputs == "auto" and within):
        sums_to_one = channels > 1 and bool(np.abs(values.sum(1) - 1).max() <= _SUM)
        return "none", not sums_to_one
    return ("softmax", False) if channels > 1 else ("sigmoid", True)


def _raw(model: ModelProto, sides: Sides, wanted: Normalization, name: str) -> np.ndarray:
    """Return what the network itself makes of made-up grey levels, (1, C, H, W)."""
    grey = np.repeat(trial.grey_field(trial.SIDES[1])[None, None], sides.inputs, 1)
    mean, std = (np.reshape(one, (1, -1, 1, 1)) for one in (wanted.mean, wanted.std))
    seen = ((grey - mean) / std).astype(np.float32)
    values = trial.infer(model.SerializeToString(), seen, name)[0]
    if values.ndim != 4 or not values.size:
        raise ModelError(
            f"{name} gives values of {values.shape} for an image; (batch, channel, y, x) is "
            "needed. Nothing at all is what comes of too little memory."
        )
    return values


def _phases(
    said: Sequence[str], named: Sequence[str], channels: int, adds: bool, name: str
) -> tuple[Phase, ...]:
    count = channels + adds
    if said and len(said) != count:
        raise ModelError(
            f"{name} has {count} phases{', the background among them,' if adds else ''} and "
            f"{len(said)} names were given; name all of them."
        )
    names = list(said)
    if not names:
        plain_names = named if len(named) == channels else ()
        names = ["background"] if adds or not plain_names else []
        names += plain_names or [f"phase {index}" for index in range(1, count - len(names) + 1)]
    return phases_named(tuple(names))


def _card(
    model: ModelProto, phases: tuple[Phase, ...], texts: Mapping[str, str], name: str
) -> LabCard:
    title = _NOT_IN_TITLES.sub(" ", texts.get("title") or name.rpartition(".")[0] or name)
    title = plain(title, 80) or "Foreign network"
    operators = onnx_check.operators_of(model)
    made_by = f" Made by {texts['authors']}." if texts.get("authors") else ""
    return LabCard(
        name=slug(title),
        title=title,
        purpose=texts.get("purpose") or "Foreign network; its file does not say what it is for.",
        phases=phases,
        architecture=(
            f"foreign network, ONNX opset {onnx_check.opset_of(model)}, "
            f"{sum(operators.values())} operators, convolutions: {operators.get('Conv', 0)}"
        ),
        mean=0.0,
        std=1.0,
        data=(texts.get("data") or "not said by its makers") + made_by,
        weights_format="onnx",
        licence=texts.get("licence") or "not said by its makers",
        reference=texts.get("reference") or "none given",
        objects_phase=1,
    )


def _check_channels(package: Package, sides: Sides, name: str) -> None:
    test = package.input.test
    if test is not None and test.shape[1] != sides.inputs:
        raise ModelError(
            f"The test input of {name} has {test.shape[1]} channels, its network {sides.inputs}."
        )


def _difference(
    model: ModelProto, package: Package, processing: Processing, name: str
) -> float | None:
    """Return by how much the test output differs from what the test input gives here.

    Raises:
        ModelError: by more than the tolerance.
    """
    if package.input.test is None or any(one.test is None for one in package.outputs):
        return None
    seen = applied(package.input.steps, package.input.test, name)
    largest = 0.0
    for index, values in enumerate(trial.infer(model.SerializeToString(), seen, name)):
        output = package.outputs[index]
        assert output.test is not None
        found = applied(output.steps, values, name)
        if found.shape != output.test.shape:
            raise ModelError(
                f"{name} makes {found.shape} of its test input, its test output is "
                f"{output.test.shape}."
            )
        off = np.abs(found - output.test)
        wrong = off > TOLERANCE + TOLERANCE * np.abs(output.test)
        if wrong.mean() > MOST_OFF / 1e6:
            raise ModelError(
                f"{name} does not give its own test output here: {wrong.mean():.2%} of the values "
                f"differ, by up to {off.max():.3g}. It is damaged, or means something else by its "
                "description than Lamella."
            )
        largest = max(largest, float(off.max()))
    return largest

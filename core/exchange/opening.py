"""A model in a file that anybody may have made: opened in a process of its own, with limits on its
memory and time; nothing in it is run but a network whose operators were checked."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

from core.errors import FormatError, LamellaError, ModelError
from core.exchange import needed
from core.exchange.description import Description
from core.exchange.weights_file import FILE, WEIGHTS, with_card
from core.formats.isolation.running import run_isolated
from core.settings import Limits
from core.workspace.lab import lab_card
from core.workspace.lab.lab_card import LabCard
from core.workspace.lab.lab_models import slug

ALLOWED = "LAMELLA_FOREIGN_MODELS"
LIMITS = Limits(decoded_bytes=500_000_000, seconds=120)
"""Of the child: 2 GB beside its libraries, and time on one core."""
EXTENSIONS = ("safetensors", "onnx", "zip")
MOST_TOLD = 3
FOREIGN, LONGEST_TITLE = " (foreign)", 70
Kind = Literal["safetensors", "onnx", "bioimage"]
_CHILDREN: Mapping[Kind, str] = {
    "safetensors": "core.exchange.weights_file:open_as_child",
    "onnx": "core.exchange.onnx_opening:open_as_child",
    "bioimage": "core.exchange.onnx_opening:open_as_child",
}
_CODE = {
    b"\x80": "a pickle",
    b"\x89HDF": "a Keras file",
    b"\x93NUM": "an array",
    b"\x1f\x8b": "a packed archive",
}


@dataclass(frozen=True, eq=False)
class Opened:
    """A model that was opened and may be kept. ``weights``: of the file that
    ``card.weights_format`` says. ``shapes``: of the tensors of a safetensors file. ``has_card``:
    the file says what the phases are and which grey levels are expected. ``difference``: largest
    one between what its test input gives here and its own test output; None without those.
    ``seconds``: a megapixel on one core. ``notes``: sentences on what was found."""

    kind: Kind
    card: LabCard
    weights: bytes
    has_card: bool
    notes: tuple[str, ...] = ()
    difference: float | None = None
    seconds: float | None = None
    shapes: Mapping[str, tuple[int, ...]] | None = None


def are_allowed() -> bool:
    """Return whether models that others made may be imported: LAMELLA_FOREIGN_MODELS is not 0.

    Raises:
        LamellaError: it is neither 0 nor 1.
    """
    value = os.environ.get(ALLOWED, "1").strip()
    if value not in ("0", "1"):
        raise LamellaError(f"{ALLOWED} is {value[:40]!r}; it must be 1 (allowed) or 0 (not).")
    return value == "1"


def check_allowed() -> None:
    """Do nothing where models of others may be imported.

    Raises:
        LamellaError: whoever runs this server does not allow it.
    """
    if not are_allowed():
        raise LamellaError(
            f"Models of others are not taken on this server ({ALLOWED}=0); ask whoever runs it."
        )


def open_model(data: bytes, name: str, description: Description | None = None) -> Opened:
    """Return the model in ``data``: safetensors with our card, ONNX, or a BioImage.IO package.

    ``name``: of the file. The weights returned are written anew from what was checked.

    Raises:
        ModelError: it is none of those, or holds what is not opened.
        LamellaError: this server takes no models of others.
    """
    check_allowed()
    kind = kind_of(data, name)
    if kind != "safetensors":
        needed.check_installed()
    most = Limits.from_environment().file_bytes
    if len(data) > most:
        raise ModelError(
            f"{name} has {len(data) / 1e6:,.0f} MB; a file may have {most / 1e6:,.0f}."
        )
    job = {"name": name, "kind": kind, "description": asdict(description or Description())}
    try:
        answer = run_isolated(_CHILDREN[kind], {FILE: data}, job, name, LIMITS)
    except FormatError as error:
        raise ModelError(
            f"{name} was given up: opening and trying it took more memory or time than any network "
            "of its size needs, or crashed. Nothing of it was kept."
        ) from error
    facts = dict(answer.facts)
    found = answer.arrays.get(WEIGHTS)
    weights = with_card(data, "") if found is None else found.tobytes()
    card = _card(facts.pop("card"), name)
    shapes = facts.pop("shapes", None)
    return Opened(
        kind=kind,
        card=_foreign(card, name),
        weights=weights,
        shapes=None if shapes is None else {key: tuple(one) for key, one in shapes.items()},
        notes=tuple(facts.pop("notes", ())),
        **facts,
    )


def _foreign(card: LabCard, name: str) -> LabCard:
    """Return the card with its makers' scores as their own words, and nothing that was measured
    elsewhere."""
    data, told = card.data, [f"{one.metric} {one.value:.3f}" for one in card.scores[:MOST_TOLD]]
    if told:
        data = f"{data.rstrip('.')}. Scores by its own account: {', '.join(told)}."
    named = slug(card.name) or slug(Path(name).stem) or "foreign-model"
    # In every list it stands beside models of the zoo, whose title it may have.
    title = card.title.removesuffix(FOREIGN)[:LONGEST_TITLE] + FOREIGN
    return replace(card, name=named, title=title, data=data, scores=(), tested=())


def _card(text: str, name: str) -> LabCard:
    try:
        return lab_card.from_json(text)
    except (ValueError, RecursionError) as error:
        raise ModelError(
            f"The card in {name} is none that this Lamella reads: {error}. If a newer one made it, "
            "update this one."
        ) from error


def kind_of(data: bytes, name: str) -> Kind:
    """Return what a file is by its first bytes.

    Raises:
        ModelError: one of those that may run code.
    """
    # Its length, in the first eight bytes, may begin as a pickle does.
    if data[8:9] == b"{":
        return "safetensors"
    for start, what in _CODE.items():
        if data.startswith(start):
            raise ModelError(
                f"{name} is {what}, which may run code or holds no network that can be checked; "
                "give safetensors with a card by Lamella, ONNX, or a BioImage.IO package."
            )
    if name.lower().endswith(".safetensors"):
        raise ModelError(
            f"{name} is no safetensors file, or is damaged; export the network again as "
            "safetensors with a card by Lamella."
        )
    return "bioimage" if data.startswith(b"PK") else "onnx"

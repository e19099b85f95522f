"""Models of this lab beside those of the zoo: kept rows of a workspace to cards and to engines.

``workspace`` may be None where there is none: then there is the zoo alone. A name of the zoo is
always that of the zoo.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from core.errors import ModelError
from core.types.model_card import ModelCard, Weights
from core.workspace.lab import lab_models
from core.workspace.lab.lab_card import model_card
from models import classifiers, interactive, zoo
from models.lab.networks import builder

if TYPE_CHECKING:
    from core.execution import BackendName, DeviceName, PrecisionChoice, RunChoice
    from core.segmentation.forest.marks import Marks
    from core.segmentation.segment import AnyEngine
    from core.workspace.lab.lab_models import LabModel, NewModel
    from core.workspace.workspace import Workspace

RESERVED = frozenset({"scratch", "imagenet", "micronet", "micrographs", "by-hand"})
"""What else may stand where the name of a model does."""
TOO_NEW = (
    "{} was kept by a newer Lamella than the one that runs here. Restart the server: one that was "
    "updated and not restarted is still the old one. Nothing is lost meanwhile."
)


def card_of(model: LabModel) -> ModelCard:
    """Return the card of a kept model, with its file of weights and what builds its network.

    Raises:
        ModelError: its network is one that this Lamella does not have.
    """
    card = model_card(model.card, Weights(model.path, model.weights), model.kind)
    if model.card.weights_format != "network":
        return card
    return replace(card, build=builder(card.architecture, len(card.outputs)))


def found(workspace: Workspace | None, owner: str) -> Mapping[str, LabModel]:
    """Return the models of this lab that ``owner`` finds, by name, without those hidden by one of
    the zoo or of a network that this Lamella does not have."""
    models = lab_models.listed(workspace, owner) if workspace is not None else ()
    return {one.name: one for one in models if one.name not in zoo.CARDS and _can_be_shown(one)}


def too_new(workspace: Workspace | None, owner: str) -> tuple[str, ...]:
    """Return the names of models of this lab that only a newer Lamella can show."""
    if workspace is None:
        return ()
    others = (one.name for one in lab_models.listed(workspace, owner) if not _can_be_shown(one))
    return tuple(sorted((*lab_models.unreadable(workspace, owner), *others)))


def cards(workspace: Workspace | None, owner: str) -> Mapping[str, ModelCard]:
    """Return the cards of all models that segment, by name: the zoo's, then the lab's."""
    own = {name: card_of(model) for name, model in found(workspace, owner).items()}
    return {**zoo.CARDS, **own}


def kept(workspace: Workspace | None, owner: str, name: str) -> LabModel | None:
    """Return the model of this lab that ``name`` means for ``owner``; None where it is of the zoo.

    Raises:
        ModelError: it is neither.
    """
    if name in zoo.CARDS or name in zoo.REPLACED:
        zoo.card(name)
        return None
    model = lab_models.find(workspace, owner, name) if workspace is not None else None
    if model is None and name in too_new(workspace, owner):
        raise ModelError(TOO_NEW.format(f"The model {name!r}"))
    if model is None:
        listed = ", ".join(cards(workspace, owner))
        raise ModelError(
            f"There is no model {name!r} here: it was removed from this lab, or is kept for its "
            f"owner alone. Choose one of {listed}."
            if workspace is not None
            else f"There is no model {name!r}; choose one of {listed}."
        )
    return model


def card(workspace: Workspace | None, owner: str, name: str) -> ModelCard:
    """Return the card of a model.

    Raises:
        ModelError: ``owner`` finds none of this name.
    """
    model = kept(workspace, owner, name)
    return zoo.card(name) if model is None else card_of(model)


def check_name(name: str) -> None:
    """Refuse a name that a model of this lab cannot have.

    Raises:
        ModelError: it is none, or stands for something else.
    """
    # It imports torch, which nobody needs who only runs a model.
    from models.architectures import ARCHITECTURES

    lab_models.check_name(name)
    others = (zoo.CARDS, zoo.REPLACED, interactive.CARDS, classifiers.CARDS, ARCHITECTURES)
    if name in RESERVED or any(name in known for known in others):
        raise ModelError(f"{name!r} is a name that Lamella has already; choose another one.")


def keep(workspace: Workspace, owner: str, new: NewModel) -> LabModel:
    """Keep a model under a name that is free, and return it; raises as
    :func:`core.workspace.lab.lab_models.add`."""
    check_name(new.card.name)
    return lab_models.add(workspace, owner, new)


def remove(workspace: Workspace, owner: str, name: str) -> int:
    """Remove a model of ``owner``, and its network as it was converted; raises and returns as
    :func:`core.workspace.lab.lab_models.remove`."""
    from core.segmentation.engines import openvino_models

    freed = lab_models.remove(workspace, owner, name)
    openvino_models.forget(name)
    return freed


def load_as(workspace: Workspace | None, owner: str, name: str, choice: RunChoice) -> AnyEngine:
    """Return a model on this machine's best device, to run as a user chose; raises as `load`."""
    return load(workspace, owner, name, precision=choice.precision, careful=choice.careful)


def load(
    workspace: Workspace | None,
    owner: str,
    name: str,
    device: DeviceName = "auto",
    precision: PrecisionChoice = "auto",
    backend: BackendName | None = None,
    careful: bool = False,
) -> AnyEngine:
    """Return a model of the zoo or of this lab, ready to run.

    Raises:
        ModelError: ``owner`` finds none of this name, its file is missing or damaged, or it has no
            ensemble; of the zoo as :func:`models.zoo.load`.
        LamellaError: the device asked for is not there.
    """
    model = kept(workspace, owner, name)
    if model is None:
        return zoo.load(name, device, precision=precision, backend=backend, careful=careful)
    return engine_of(model, device, precision, backend, careful)


def loader(most: int) -> Callable[[Workspace, str, str, RunChoice], AnyEngine]:
    """Return what loads as :func:`load_as` does and holds the last ``most`` models."""

    @lru_cache(most)
    def held(model: LabModel | str, choice: RunChoice) -> AnyEngine:
        if isinstance(model, str):
            return zoo.load_as(model, choice)
        return engine_of(model, precision=choice.precision, careful=choice.careful)

    return lambda workspace, owner, name, choice: held(kept(workspace, owner, name) or name, choice)


def engine_of(
    model: LabModel,
    device: DeviceName = "auto",
    precision: PrecisionChoice = "auto",
    backend: BackendName | None = None,
    careful: bool = False,
) -> AnyEngine:
    """Return a kept model, ready to run; raises as :func:`load`."""
    wanted = card_of(model)
    if careful:
        wanted = zoo.careful_card(wanted)
    data = _weights(model)
    if model.card.weights_format == "forest":
        from core.segmentation.engines.kept_forest import unpacked

        return unpacked(wanted, data)
    if model.card.weights_format == "network":
        from core.segmentation.engines.engine import Engine
        from models.weights_file import trained

        return Engine(wanted, lambda: trained(wanted), device, precision, backend, loads_card=True)
    from core.segmentation.engines.onnx_engine import OnnxEngine

    return OnnxEngine(wanted, data, device, precision)


def strokes_of(model: LabModel) -> Marks | None:
    """Return the marks that a kept forest learned from; None of any other model.

    Raises:
        ModelError: its file is missing or damaged.
    """
    if model.card.weights_format != "forest":
        return None
    from core.segmentation.engines.kept_forest import marks_in

    return marks_in(card_of(model), _weights(model))


def _can_be_shown(model: LabModel) -> bool:
    try:
        card_of(model)
    except ModelError:
        return False
    return True


def _weights(model: LabModel) -> bytes:
    from models.weights import read_weights

    try:
        return read_weights(Weights(model.path, model.weights))
    except ModelError as error:
        raise ModelError(
            f"The file of the model {model.name!r} is missing or damaged, or the model was removed "
            "from this lab a moment ago; `lamella library verify` says more. Choose another model, "
            "or train it again."
        ) from error

"""Models of a lab on the terminal: which workspace they are in, and whose list counts."""

from __future__ import annotations

import argparse
import os
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

from commands.terminal.options import UsageError, known_card
from core.errors import ModelError

if TYPE_CHECKING:
    from core.evaluation.evaluation import Evaluation
    from core.execution import BackendName, DeviceName, PrecisionChoice
    from core.segmentation.segment import AnyEngine
    from core.types.model_card import ModelCard
    from core.workspace.workspace import Workspace


def add_lab(parser: argparse.ArgumentParser) -> None:
    """Add where the models of a lab are, and whose list of them counts."""
    lab = parser.add_argument_group("models of your lab")
    lab.add_argument(
        "--workspace",
        type=Path,
        metavar="DIR",
        help="that they are in (default: LAMELLA_WORKSPACE, else the app's own)",
    )
    lab.add_argument(
        "--owner",
        help="to find also those that are only for this one; see `lamella library list` (default: "
        "LAMELLA_OWNER)",
    )


def owner_of(options: argparse.Namespace) -> str:
    """Return whose list of models counts; "" for those for everybody alone."""
    return options.owner or os.environ.get("LAMELLA_OWNER") or ""


def workspace_of(options: argparse.Namespace) -> Workspace | None:
    """Return the workspace; None where there is none yet.

    Raises:
        UsageError: the folder that was named is none.
        WorkspaceError: it cannot be opened.
    """
    from core.settings import WorkspaceLimits, workspace_folder
    from core.workspace.workspace import DATABASE, Workspace

    folder = options.workspace or workspace_folder()
    if not (folder / DATABASE).is_file():
        if options.workspace is not None:
            raise UsageError(f"--workspace {folder} is no workspace; name the folder of the app's.")
        return None
    return Workspace(folder, WorkspaceLimits.from_environment())


def made_workspace_of(options: argparse.Namespace) -> Workspace:
    """Return the workspace, which is made where there is none.

    Raises:
        WorkspaceError: it cannot be opened.
    """
    from core.settings import WorkspaceLimits, workspace_folder
    from core.workspace.workspace import Workspace

    folder = options.workspace or workspace_folder()
    return Workspace(folder, WorkspaceLimits.from_environment())


def known_model(name: str, options: argparse.Namespace) -> ModelCard:
    """Return the card of a model of the zoo or of the lab.

    Raises:
        UsageError: there is none of that name; it lists those there are.
    """
    from models import zoo

    if name in zoo.CARDS:
        return known_card(name)
    from models import lab

    try:
        return lab.card(workspace_of(options), owner_of(options), name)
    except ModelError as error:
        raise UsageError(str(error)) from error


def note_measured(card: ModelCard, options: argparse.Namespace, result: Evaluation) -> None:
    """Keep on the card of a foreign model what was measured of it; do nothing for another one."""
    workspace = workspace_of(options) if card.origin == "foreign" else None
    if workspace is None:
        return
    from core.types.model_card import Score
    from core.workspace.lab import lab_models
    from models import lab

    kept = lab.kept(workspace, owner_of(options), card.name)
    assert kept is not None
    words = {"foreground_iou_macro": "foreground IoU, mean over images", "mean_iou": "mean IoU"}
    images, folder = len(result.images), options.images.resolve().parent.name
    data = f"{images} image{'s' if images > 1 else ''} of {folder}"
    tested = [
        Score(words[one.key], one.estimate.value, data)
        for one in result.headlines
        if one.key in words and isfinite(one.estimate.value)
    ]
    lab_models.note_test(workspace, kept.owner, kept.name, tested)


def load_model(
    card: ModelCard,
    options: argparse.Namespace,
    device: DeviceName,
    precision: PrecisionChoice,
    careful: bool,
    backend: BackendName | None = None,
) -> AnyEngine:
    """Return a model of the zoo or of the lab, ready to run; raises as :func:`models.lab.load`."""
    if card.origin == "zoo":
        from models import zoo

        return zoo.load(card.name, device, precision=precision, backend=backend, careful=careful)
    from models import lab

    workspace = workspace_of(options)
    return lab.load(workspace, owner_of(options), card.name, device, precision, backend, careful)


def scored_engine(card: ModelCard, options: argparse.Namespace) -> AnyEngine:
    """Return the model that ``lamella evaluate`` scores, with other weights where --weights has
    them.

    Raises:
        UsageError: --weights with a model of the lab.
    """
    if options.weights is None:
        return load_model(card, options, options.device, options.precision, options.careful)
    if card.origin != "zoo":
        raise UsageError(f"--weights is for models of the zoo; {card.name} is one of your lab.")
    from models import zoo

    return zoo.load(
        card.name, options.device, options.weights, options.precision, careful=options.careful
    )

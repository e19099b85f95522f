"""Print all networks and methods: what each finds, what it learned from and how well it does."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from commands.terminal import exchange
from commands.terminal.batch import print_json
from commands.terminal.lab import add_lab, known_model, owner_of, workspace_of
from commands.terminal.options import UsageError

if TYPE_CHECKING:
    from core.types.model_card import ModelCard

HELP = "the zoo of trained models"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the form of the answer, and what is done with a model instead."""
    parser.add_argument("--json", action="store_true", help="a list with one entry per model")
    parser.add_argument("--remove", metavar="NAME", help="remove this model of your lab instead")
    exchange.add_options(parser)
    add_lab(parser)


def run(options: argparse.Namespace) -> int:
    """Print one paragraph or one entry for each model."""
    from models import lab
    from models.catalogue import all_cards

    if options.remove:
        return _remove(options)
    if options.export:
        return exchange.export(known_model(options.export, options), options)
    if options.import_file:
        return exchange.import_model(options)
    segmenting = lab.cards(workspace_of(options), owner_of(options))
    cards = all_cards(segmenting).values()
    if options.json:
        print_json([entry_of(card) for card in cards])
    else:
        print("\n\n".join(in_words(card) for card in cards))
    return 0


def _remove(options: argparse.Namespace) -> int:
    from core.workspace.lab import lab_models
    from models import lab

    workspace = workspace_of(options)
    found = None
    if workspace is not None:
        found = lab_models.find(workspace, owner_of(options), options.remove)
    if workspace is None or found is None:
        raise UsageError(
            f"There is no model {options.remove!r} of a lab here; `lamella models` lists those for "
            "everybody, and with --owner also those of one owner."
        )
    freed = lab.remove(workspace, found.owner, found.name)
    print(f"{found.name} removed, {freed / 1e6:.1f} MB freed.")
    return 0


def entry_of(card: ModelCard) -> dict:
    """Return the entry of ``--json``."""
    from models.catalogue import parameters

    return {
        "name": card.name,
        "title": card.title,
        "origin": card.origin,
        "phases": [phase.name for phase in card.phases],
        "parameters": parameters(card),
        "data": card.data,
        "scores": [
            {"metric": score.metric, "value": score.value, "data": score.data}
            for score in card.scores
        ],
    }


def in_words(card: ModelCard) -> str:
    """Return what a user should know before choosing a model, as a paragraph."""
    entry = entry_of(card)
    scores = [
        ", ".join(f"{score.metric} {score.value:.3f}" for score in together) + f" ({data})"
        for data, together in card.scores_by_data().items()
    ]
    if card.untrained:
        scores = ["none, it is untrained"]
    # Of a foreign file they are not counted.
    counted = "" if card.origin == "foreign" else f", {entry['parameters']:,} parameters"
    origin = {} if card.origin == "zoo" else {"made by": f"your lab ({card.origin})"}
    facts = origin | {
        "phases": ", ".join(entry["phases"]),
        "network": card.architecture + counted,
        "trained on": card.data,
        "licence": card.licence or "not said",
        "limits": card.limits or "not known",
        "scores": "; ".join(scores) or "not measured",
    }
    lines = [f"{card.name}: {card.title}. {card.purpose}"]
    return "\n".join(lines + [f"  {name:<11} {text}" for name, text in facts.items()])

"""Scores of the click network on objects whose masks are known, beside methods without one."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from commands.terminal.batch import progress_line
from commands.terminal.options import UsageError

if TYPE_CHECKING:
    from core.interaction.evaluation import ClickedObject, ClickScores
    from core.types.model_card import ModelCard

COLUMNS = (
    "objects",
    "IoU@1",
    "10th pct",
    "IoU@3",
    "10th pct",
    "IoU@5",
    "10th pct",
    "NoC@85",
    "NoC@90",
    "never .85",
    "never .90",
)


def evaluate(options: argparse.Namespace, card: ModelCard) -> int:
    """Print the scores of simulated clicks by method, size and whether objects touch."""
    if options.masks is None:
        raise UsageError(f"--masks is missing; {card.name} is scored against masks.")
    if options.objects < 1:
        raise UsageError(f"--objects is {options.objects}; it must be 1 or more.")

    from core.interaction.baselines import baselines
    from core.interaction.evaluation import evaluate_clicks, network_method, targets
    from core.interaction.scenes import validation_stems
    from models import interactive

    stems = None
    if options.validation:
        stems = validation_stems(options.images.parent, interactive.recipe(card.name))
    network = interactive.click_network(options.weights)
    some = tuple(targets(options.images, options.masks, options.objects, 0, stems, options.regions))
    if not some:
        raise UsageError(f"--images: no object of 100 px and more in {options.images}.")
    beside = () if options.network_only else baselines()
    methods = (network_method(network), *beside)
    found = evaluate_clicks(methods, some, options.jittered, 0, progress_line("evaluate: object"))
    print(json.dumps(entries(found), indent=1) if options.json else text(found, options.jittered))
    return 0


def entries(found: dict[str, list[ClickedObject]]) -> dict:
    """Return the scores and every object's IoU by click as JSON values."""
    from core.interaction.evaluation import grouped

    return {
        name: {
            "scores": {group: asdict(scores) for group, scores in grouped(objects).items()},
            "objects": [asdict(one) for one in objects],
        }
        for name, objects in found.items()
    }


def text(found: dict[str, list[ClickedObject]], jittered: bool = False) -> str:
    """Return the scores for a person."""
    from core.interaction.evaluation import grouped

    kind = "clicks as people make them" if jittered else "standard clicks"
    lines = [f"{kind}; IoU: median, and the 10th percentile beside it; at most 20 clicks"]
    for name, objects in found.items():
        lines += ["", name, " " * 14 + "".join(f"{column:>10}" for column in COLUMNS)]
        lines += [row(group, scores) for group, scores in grouped(objects).items()]
    return "\n".join(lines)


def row(group: str, scores: ClickScores) -> str:
    """Return one line of the table."""
    ious = [value for pair in zip(scores.median, scores.tenth, strict=True) for value in pair]
    numbers = [f"{value:10.3f}" for value in ious]
    numbers += [f"{value:10.2f}" for value in scores.noc]
    numbers += [f"{100 * value:8.1f} %" for value in scores.failures]
    return f"{group:14}{scores.objects:10}{''.join(numbers)}"

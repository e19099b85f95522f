"""Print the zoo: what each model finds, what it learned from and how well it does."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.types import ModelCard

HELP = "the zoo of trained models"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the form of the answer."""
    parser.add_argument("--json", action="store_true", help="a list with one entry a model")


def run(options: argparse.Namespace) -> int:
    """Print one paragraph or one entry for each model."""
    from models.zoo import CARDS

    entries = [entry_of(card) for card in CARDS.values()]
    if options.json:
        print(json.dumps(entries, indent=2, ensure_ascii=False))
    else:
        print("\n\n".join(in_words(entry) for entry in entries))
    return 0


def entry_of(card: ModelCard) -> dict:
    """Return the entry of ``--json``."""
    return {
        "name": card.name,
        "title": card.title,
        "phases": [phase.name for phase in card.phases],
        "parameters": sum(parameter.numel() for parameter in card.build().parameters()),
        "data": card.data,
        "scores": [
            {"metric": score.metric, "value": score.value, "data": score.data}
            for score in card.scores
        ],
    }


def in_words(entry: dict) -> str:
    """Return an entry as a paragraph."""
    lines = [
        f"{entry['name']}: {entry['title']}",
        f"  phases      {', '.join(entry['phases'])}",
        f"  parameters  {entry['parameters']:,}",
        f"  data        {entry['data']}",
    ]
    lines += [
        f"  score       {score['metric']} {score['value']:.3f} on {score['data']}"
        for score in entry["scores"]
    ]
    return "\n".join(lines)

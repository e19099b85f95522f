"""A model's card as a page of Markdown: python -m models.card_text FOLDER

Everything comes from the zoo; a test holds ``docs/models`` to it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path

from core.training.recipe import Augmentation, Recipe
from core.types import ModelCard
from models import catalogue

# Functions, which a table cannot hold; the text tells where it starts from.
ELSEWHERE = ("initialise", "augmentation", "imitation", "distillation", "source")
RANGES = (
    "Grey levels in [0, 1] after the stretch that every image gets. An image outside of these "
    "ranges gets a warning."
)


def card_text(card: ModelCard) -> str:
    """Return what there is to know about a model before one trusts it."""
    parts = [f"# {card.title}", card.purpose, _facts(card)]
    if card.scores:
        parts += ["## How well it does", *_scores(card)]
    if card.limits:
        parts += ["## Where it fails", card.limits]
    if card.ranges:
        parts += ["## What it was trained on looks like", RANGES, _ranges(card)]
    if card.build is not None:
        parts += ["## How it was trained", _recipe(card.name, catalogue.recipe(card.name))]
    return "\n\n".join([*parts, "Made by `make cards` from the zoo; changes here are lost."]) + "\n"


def write_cards(folder: Path) -> None:
    """Write a page for each model into ``folder`` and take away those of models that are gone."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.md"):
        if path.stem not in catalogue.all_cards():
            path.unlink()
    for name, card in catalogue.all_cards().items():
        (folder / f"{name}.md").write_text(card_text(card), encoding="utf-8")


def _facts(card: ModelCard) -> str:
    phases = ", ".join(f"{phase.name} ({phase.color})" for phase in card.phases)
    rows = {"Name on the terminal": f"`{card.name}`", "Phases": phases}
    rows["Architecture"] = card.architecture
    if card.build is not None:
        parameters = sum(parameter.numel() for parameter in card.build().parameters())
        rows["Parameters"] = f"{parameters:,}"
    if card.weights is not None:
        size = card.weights.path.stat().st_size
        rows["Weights"] = f"`{card.weights.path.name}`, {size / 1e6:.1f} MB, half precision"
        rows["SHA-256"] = f"`{card.weights.sha256}`"
    rows |= {"Trained on": card.data, "Licence": card.licence, "Reference": card.reference}
    return _table(("", ""), rows.items())


def _scores(card: ModelCard) -> list[str]:
    found = []
    for data, scores in card.scores_by_data().items():
        rows = [(score.metric, f"{score.value:.3f}") for score in scores]
        found += [f"Measured with `lamella evaluate` on {data}.", _table(("Score", ""), rows)]
    return found


def _ranges(card: ModelCard) -> str:
    rows = [(one.name, f"{one.low:g} to {one.high:g}") for one in card.ranges]
    return _table(("Statistic", "Smallest to largest"), rows)


def _recipe(name: str, recipe: Recipe) -> str:
    start = recipe.initialise.__name__.replace("_", " ")
    return "\n\n".join(
        [
            f"Start: {start}. One command does it again: `lamella train {name}`.",
            _table(("Recipe", ""), _values(recipe, ELSEWHERE)),
            _table(("Augmentation", "Range or probability"), _values(recipe.augmentation)),
        ]
    )


def _values(settings: Recipe | Augmentation, but: tuple[str, ...] = ()) -> list[tuple[str, object]]:
    names = [field.name for field in fields(settings) if field.name not in but]
    return [(name, getattr(settings, name)) for name in names]


def _table(head: tuple[str, str], rows: Iterable[tuple[str, object]]) -> str:
    lines = [f"| {head[0]} | {head[1]} |", "|---|---|"]
    lines += [f"| {name} | {_words(value)} |" for name, value in rows]
    return "\n".join(lines)


def _words(value: object) -> str:
    if value in (None, "", ()):
        return "none"
    if not isinstance(value, tuple):
        return str(value)
    if isinstance(value[0], str):
        return ", ".join(value)
    return " to ".join(f"{one:g}" for one in value)


if __name__ == "__main__":
    write_cards(Path(sys.argv[1]))

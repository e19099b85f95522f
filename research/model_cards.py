"""A model's card as a page of Markdown: python -m research.model_cards FOLDER

Everything comes from the zoo; a test holds ``docs/models`` to it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import astuple, fields, replace
from pathlib import Path

from core.evaluation import score_tables
from core.evaluation.measured import Measured, ReliabilityBin
from core.evaluation.object_reliability import object_confidence_text
from core.evaluation.score_tables import ScoreRow
from core.training.augmentation import Augmentation
from core.training.recipe import Recipe
from core.types.model_card import ModelCard
from models import catalogue, classifiers
from models.measured import initializations, measured, seeds
from models.running_facts import running_facts

# Functions, which a table cannot hold; the text names the initialization.
ELSEWHERE = (
    "initialize",
    "augmentation",
    "feature_distillation",
    "distillation",
    "source",
    "objects",
)
RANGES = (
    "Grey levels in [0, 1] after the contrast stretch. An image outside of these ranges gets a "
    "warning."
)


def card_text(card: ModelCard) -> str:
    """Return a model's card: scores, robustness, limitations, training."""
    parts = [f"# {card.title}", card.purpose, _facts(card)]
    found = measured(card.name)
    if card.scores:
        parts += ["## Scores", *_scores(card, found)]
    if found:
        parts += _all_scores(card, found)
    if found and found.robustness:
        parts += ["## Robustness", score_tables.robustness_caption(found), _robustness(found)]
    if card.limits or card.failures:
        parts += ["## Limitations", *filter(None, [card.limits]), *_failures(card)]
    if card.ranges:
        parts += ["## Training-data statistics", RANGES, _ranges(card)]
    if card.build is not None:
        parts += ["## Training", _recipe(card.name, catalogue.recipe(card.name))]
    if compared := initializations(card.name):
        rows = [astuple(one) for one in score_tables.initialization_rows(compared)]
        table = _rows(("Initialization", "Encoder", "Score by seed", "Mean"), rows)
        parts += [
            "## Comparison of initializations",
            score_tables.initialization_caption(compared),
            table,
        ]
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
    heading = "Classes" if card.name in classifiers.CARDS else "Phases"
    rows = {"Name on the terminal": f"`{card.name}`", heading: phases}
    rows["Architecture"] = card.architecture
    if card.build is not None:
        rows["Parameters"] = f"{catalogue.parameters(card):,}"
    if card.weights is not None:
        size = card.weights.path.stat().st_size
        rows["Weights"] = f"`{card.weights.path.name}`, {size / 1e6:.1f} MB, half precision"
        rows["SHA-256"] = f"`{card.weights.sha256}`"
    rows |= running_facts(card)
    rows |= {"Trained on": card.data, "Licence": card.licence, "Reference": card.reference}
    return _table(("", ""), rows.items())


def _scores(card: ModelCard, found: Measured | None) -> list[str]:
    parts = []
    for data, scores in card.scores_by_data().items():
        whose = score_tables.test_set_note(scores)
        parts.append(f"Measured with `{scores[0].command}` on {data}. {whose}".strip())
        parts.append(
            _score_table(
                score_tables.card_score_rows(
                    scores, found, {} if card.careful else seeds(card.name)
                ),
                found,
            )
        )
    return parts


def _all_scores(card: ModelCard, found: Measured) -> list[str]:
    """Return every score of the model's file, by phase, and its calibration."""
    parts = [
        "## All scores",
        f"On {score_tables.WHERE}, {found.images} in all. {score_tables.interval_note(found)} "
        f"Image by image: `models/measured/{card.name}.images.csv`. Definitions: "
        "`core/evaluation/headlines.py`.",
        _score_table(score_tables.overall_rows(found), found),
    ]
    for phase in found.phases:
        parts += [
            f"### {phase.capitalize()}",
            _score_table(score_tables.phase_rows(found, phase), found),
        ]
    if found.confidence_calibration:
        error = found.scores["expected_calibration_error"]
        bins = _filled(found.confidence_calibration.bins)
        parts += [
            "### Confidence calibration",
            score_tables.confidence_calibration_text(card, found.confidence_calibration, error),
            _rows(("Mean confidence", "Accuracy", "Share of pixels in %"), bins),
        ]
    if found.object_reliability:
        bins = _filled(found.object_reliability.bins)
        parts += [
            "### Confidence of objects",
            object_confidence_text(found.object_reliability),
            _rows(("Mean confidence", "Share right", "Share of objects in %"), bins),
        ]
    return parts


def _filled(bins: Iterable[ReliabilityBin]) -> list[tuple[str, str, str]]:
    return [
        (f"{one.confidence:.3f}", f"{one.accuracy:.3f}", f"{100 * one.share:.1f}")
        for one in bins
        if one.share
    ]


def _robustness(found: Measured) -> str:
    head = ("Perturbation", *score_tables.robustness_headings(found))
    rows = [
        (one.perturbation, one.score, one.foreground) for one in score_tables.robustness_rows(found)
    ]
    return _rows(head, rows)


def _failures(card: ModelCard) -> list[str]:
    return ["\n".join(f"- {one}" for one in card.failures)] if card.failures else []


def _score_table(rows: Iterable[ScoreRow], found: Measured | None) -> str:
    shown = [(one.name, one.value, one.interval) for one in rows]
    if not any(interval for *_, interval in shown):
        return _rows(("Score", ""), [row[:2] for row in shown])
    return _rows(("Score", "", score_tables.interval_heading(found)), shown)


def _ranges(card: ModelCard) -> str:
    rows = [(one.name, f"{one.low:g} to {one.high:g}") for one in card.ranges]
    return _table(("Statistic", "Smallest to largest"), rows)


def _recipe(name: str, recipe: Recipe) -> str:
    if recipe.objects is not None:
        if recipe.objects.first is None:
            return _recipe(name, replace(recipe, objects=None))
        learning = [
            (field.name, getattr(recipe.objects, field.name))
            for field in fields(recipe.objects)
            if field.name != "first"
        ]
        return "\n\n".join(
            [
                "First the phases alone.",
                _recipe(name, recipe.objects.first),
                "From those weights on, contact and normalized distance too.",
                _table(("Recipe", ""), [*_values(recipe, ELSEWHERE), *learning]),
                _table(("Augmentation", "Range or probability"), _values(recipe.augmentation)),
            ]
        )
    init = recipe.initialize.__name__.replace("_", " ")
    return "\n\n".join(
        [
            f"Initialization: {init}. `lamella train {name}` repeats the run. Another processor or "
            "number of threads rounds differently; the weights are then similar, not identical.",
            _table(("Recipe", ""), _values(recipe, ELSEWHERE)),
            _table(("Augmentation", "Range or probability"), _values(recipe.augmentation)),
        ]
    )


def _values(settings: Recipe | Augmentation, but: tuple[str, ...] = ()) -> list[tuple[str, object]]:
    names = [field.name for field in fields(settings) if field.name not in but]
    return [(name, getattr(settings, name)) for name in names]


def _table(head: tuple[str, str], rows: Iterable[tuple[str, object]]) -> str:
    return _rows(head, [(name, _words(value)) for name, value in rows])


def _rows(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


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

"""What it took to train a model and takes to run it: rows that its page and its card share."""

from __future__ import annotations

from core.evaluation.choices import careful_text, precision_text
from core.evaluation.score_tables import speed_text
from core.types.model_card import ModelCard
from models import zoo
from models.measured import measured, precisions


def running_facts(card: ModelCard) -> dict[str, str]:
    """Return the rows by name: what was measured, and what a user may choose about a run."""
    rows, found = {}, measured(card.name)
    if card.training_cost:
        rows["Training"] = card.training_cost
    if found:
        rows["Speed"] = speed_text(found)
    if fast := precision_text(card, precisions(card)):
        rows["Fast (`--precision fast`)"] = fast
    if card.weights and card.name in zoo.CARDS:
        rows["Overlap of tiles"] = f"{card.overlap_px} px"
    if careful := careful_text(card, found, measured(card.name, careful=True)):
        rows["Careful (`--careful`)"] = careful
    return rows

"""A forest that was taught by strokes, as a model of this lab."""

from __future__ import annotations

from dataclasses import replace

from core.segmentation.engines.forest_engine import ForestEngine
from core.segmentation.engines.kept_forest import packed
from core.segmentation.out_of_distribution import brightness_around
from core.workspace.lab.lab_card import TaughtOn, lab_card, plain_title
from core.workspace.lab.lab_models import NewModel, slug

LIMITS = (
    "Sees 57 px around a pixel and no shape: phases of equal texture at that scale are confused. "
    "It learned from one image and was not measured on others: check its result on each by eye."
)


def forest_model(engine: ForestEngine, title: str, everyone: bool, strokes: int) -> NewModel:
    """Return a fitted forest to be kept under ``title``; its name is made of it.

    ``strokes``: how many were drawn; 0 where the marks came as a mask.
    """
    made, card = engine.forest_training, engine.card
    counts = made.marks.pixels_of_phases()
    drawn = "1 stroke" if strokes == 1 else f"{strokes} strokes" if strokes else "a mask"
    parts = ", ".join(f"{count:,} px of {name}" for name, count in counts.items() if count)
    card = replace(
        card,
        name=slug(title),
        title=plain_title(title),
        purpose=f"Pixel classifier taught by {drawn} on {made.image_name}.",
        data=f"{drawn} on {made.image_name} ({parts})",
        licence="",
        limits=LIMITS,
        scores=(),
        # Its features hold grey levels as they are, so a darker image is another one to it.
        ranges=() if engine.bands is None else (brightness_around(engine.bands.grey),),
        needs_marks=False,
        origin="forest",
    )
    taught = TaughtOn(made.image_name, made.image_digest, strokes, tuple(counts.values()))
    return NewModel(
        "forest", everyone, lab_card(card, "forest", taught_on=(taught,)), packed(engine)
    )

"""Gold nanoparticles: TEM images simulated from atoms, and what a U-Net makes of them."""

from pages.components import (
    study_gold_breaks,
    study_gold_data,
    study_gold_network,
    study_gold_question,
    study_gold_result,
    study_gold_settings,
)
from pages.components.studies.study import Study

PAGE = {"group": "Case studies", "title": "Gold nanoparticles", "order": 1}
STEPS = {
    "data": study_gold_data.draw,
    "question": study_gold_question.draw,
    "network": study_gold_network.draw,
    "result": study_gold_result.draw,
    "breaks": study_gold_breaks.draw,
}

link = Study(
    "gold-nanoparticles",
    (
        *study_gold_settings.NAMES,
        *("blur", "threshold", "training_steps", "source", "network", "particle", "fault"),
    ),
)
STEPS[
    link.begin(
        "Gold nanoparticles",
        "A particle of some hundred atoms on a film of carbon: to the eye a patch of order in "
        "noise. Here images are computed from atoms, so every outline is known, and a network "
        "learns to find it.",
    )
](link)

"""Gold nanoparticles: TEM images simulated from atoms, and what a U-Net makes of them."""

from pages.components.studies import study
from pages.components.studies.gold import breaks as study_gold_breaks
from pages.components.studies.gold import data as study_gold_data
from pages.components.studies.gold import network as study_gold_network
from pages.components.studies.gold import question as study_gold_question
from pages.components.studies.gold import result as study_gold_result
from pages.components.studies.gold import settings as study_gold_settings

PAGE = {"group": "Case studies", "title": "Gold nanoparticles", "order": 1}
STEPS = {
    "data": study_gold_data.draw,
    "question": study_gold_question.draw,
    "network": study_gold_network.draw,
    "result": study_gold_result.draw,
    "breaks": study_gold_breaks.draw,
}

link = study.link_of(
    "gold-nanoparticles",
    *study_gold_settings.NAMES,
    *("blur", "threshold", "training_steps", "source", "network", "particle", "fault"),
)
STEPS[
    study.begin(
        link,
        "Gold nanoparticles",
        "Gold particles of a few nanometres on amorphous carbon: to the eye patches of order in "
        "noise. Here the images are computed from atoms, so every outline is known, and a network "
        "is trained to find it.",
    )
](link)

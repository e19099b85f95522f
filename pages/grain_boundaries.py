"""Grain boundaries: trained on synthetic microstructures, tested on real micrographs."""

from pages.components.studies import study
from pages.components.studies.grains import breaks as study_grains_breaks
from pages.components.studies.grains import data as study_grains_data
from pages.components.studies.grains import network as study_grains_network
from pages.components.studies.grains import question as study_grains_question
from pages.components.studies.grains import result as study_grains_result

PAGE = {"group": "Case studies", "title": "Grain boundaries", "order": 2}
STEPS = {
    "data": study_grains_data.draw,
    "question": study_grains_question.draw,
    "network": study_grains_network.draw,
    "result": study_grains_result.draw,
    "breaks": study_grains_breaks.draw,
}

link = study.link_of(
    "grain-boundaries", "structure", "adjust", "training_steps", "left_out", "network"
)
STEPS[
    study.begin(
        link,
        "Grain boundaries",
        "Tracing grain boundaries by hand takes hours. Here a network is trained on generated "
        "microstructures, whose boundaries are known exactly, and then evaluated on real "
        "micrographs.",
    )
](link)

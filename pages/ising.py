"""Ising: from a snapshot of spins to below or above the critical temperature."""

from pages.components.studies import study
from pages.components.studies.ising import breaks as study_ising_breaks
from pages.components.studies.ising import data as study_ising_data
from pages.components.studies.ising import network as study_ising_network
from pages.components.studies.ising import question as study_ising_question
from pages.components.studies.ising import result as study_ising_result

PAGE = {"group": "Case studies", "title": "Ising", "order": 3}
STEPS = {
    "data": study_ising_data.draw,
    "question": study_ising_question.draw,
    "network": study_ising_network.draw,
    "result": study_ising_result.draw,
    "breaks": study_ising_breaks.draw,
}

link = study.link_of(
    "ising",
    *("side", "algorithm", "start", "temperature", "kind", "size"),
    *("feature", "magnetization", "energy"),
    *("network", "images", "symmetries", "epochs", "seed", "beside", "tested", "labels"),
)
STEPS[
    study.begin(
        link,
        "Ising",
        "A snapshot of spins and one question: was it taken below or above the critical "
        "temperature? The model is solved exactly, so what a network says can be checked.",
    )
](link)

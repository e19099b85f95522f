"""The gold study, step 3: the network that is shipped, and a short training here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from core.types.progress import ProgressCallback
from pages.components.frame import screen, session
from pages.components.frame.page_link import PageLink
from pages.components.frame.work import background
from pages.components.studies import study

if TYPE_CHECKING:
    from core.training.live_training import LiveTraining

CARD = "gold"
TRAINED = "gold_trained"
STEPS, MOST_STEPS = 30, 300


def draw(link: PageLink) -> None:
    """Draw what was trained, and the short training."""
    from models import zoo

    card, recipe = zoo.card(CARD), zoo.recipe(CARD)
    st.markdown(
        f"**{card.architecture}.** Each of its {recipe.steps:,} training steps saw {recipe.batch} "
        f"crops of {recipe.crop_px} px, each computed from other atoms with another microscope and "
        "dose: no image was used twice, and no real micrograph at all."
    )
    for data, scores in card.scores_by_data().items():
        st.table(
            [{"score": one.metric, "value": f"{one.value:.3f}"} for one in scores],
            border="horizontal",
        )
        st.caption(f"On {data}.")
    st.subheader("Train it here")
    _training(link)
    study.go_on(
        {"architectures": "Architectures", "skip_connections": "Skip connections"},
        {"model": CARD, "sample": "gold-hrtem", "view": "network"},
    )


def _training(link: PageLink) -> None:
    from models import zoo

    steps = link.whole_number("Steps", "training_steps", STEPS, 10)
    st.caption(
        "Crops of 128 px, four per step: enough to watch it learn, not enough for a good result."
    )
    if not 1 <= steps <= MOST_STEPS:
        st.warning(f"{steps} steps came; it needs 1 to {MOST_STEPS}.")
        return
    seen: list[float] = []

    def work(progress: ProgressCallback) -> LiveTraining:
        from studies.gold.scoring import train_live

        return train_live(
            zoo.card(CARD), zoo.recipe(CARD), steps, progress=progress, seen=seen.append
        )

    found = background.run("gold", "Train", (steps,), work, 25_000_000, seen=seen)
    if found is not None:
        _losses(found.losses, steps, "done")
        _result(found)
    else:
        _live()


@st.fragment(run_every=0.8)
def _live() -> None:
    job = background.running("gold")
    if job is not None:
        _, steps = job.key
        _losses(tuple(job.seen), steps, "live")


def _losses(losses: Sequence[float], steps: int, state: str) -> None:
    from studies.grains import figures

    screen.chart(figures.learning_figure(losses, steps), f"gold_losses_{state}", height=300)


def _result(found: LiveTraining) -> None:
    st.metric("IoU of particles, held-out simulated images", f"{found.score:.3f}")
    st.caption(
        f"Initialization: {found.began}. "
        "Step 4 shows its result beside that of the shipped network."
    )
    session.remember(TRAINED, found.engine)

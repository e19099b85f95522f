"""The grain study, step 3: the network that is shipped, and a short training here."""

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

STEPS = 40
MOST_STEPS = 400


def draw(link: PageLink) -> None:
    """Draw what was trained, and the short training."""
    from models import zoo

    card = zoo.card("grains")
    recipe = zoo.recipe("grains")
    st.markdown(
        f"**{card.architecture}**, its encoder pre-trained on photographs. Each of its "
        f"{recipe.steps:,} training steps used {recipe.batch} crops of {recipe.crop_px} px, each a "
        "new microstructure with effects drawn at random: no image was used twice, and no real "
        "micrograph at all. Varying the appearance at random is called domain randomization."
    )
    st.subheader("Train it here")
    _training(link)
    study.go_on({"architectures": "Architectures"}, {"model": "grains", "view": "kernels"})


def _training(link: PageLink) -> None:
    from core.synthesis.grains.settings import EFFECTS
    from models import zoo

    titles = {"none": "nothing", **{one.name: one.info.label for one in EFFECTS}}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        steps = link.whole_number("Steps", "training_steps", STEPS, 10)
        left_out = link.choose("Leave out", "left_out", titles, in_list=True)
    st.caption(
        "Crops of 96 px, four per step: enough to watch it learn, not enough for a good result."
    )
    if not 1 <= steps <= MOST_STEPS:
        st.warning(f"{steps} steps came; it needs 1 to {MOST_STEPS}.")
        return
    seen: list[float] = []
    without = () if left_out == "none" else (left_out,)

    def work(progress: ProgressCallback) -> LiveTraining:
        from studies.grains.scoring import train_live

        return train_live(
            zoo.card("grains"),
            zoo.recipe("grains"),
            steps,
            without,
            progress=progress,
            seen=seen.append,
        )

    found = background.run("grains", "Train", (steps, left_out), work, 25_000_000, seen=seen)
    if found is not None:
        _losses(found.losses, steps, "done")
        _result(found)
    else:
        _live()


@st.fragment(run_every=0.8)
def _live() -> None:
    job = background.running("grains")
    if job is not None:
        _, steps, _ = job.key
        _losses(tuple(job.seen), steps, "live")


def _losses(losses: Sequence[float], steps: int, state: str) -> None:
    from studies.grains import figures

    screen.chart(figures.learning_figure(losses, steps), f"grain_losses_{state}", height=300)


def _result(found: LiveTraining) -> None:
    st.metric("IoU of the boundary, held-out synthetic images", f"{found.score:.3f}")
    st.caption(
        f"Initialization: {found.began}. Step 4 shows its result on the micrograph beside that of "
        "the shipped network."
    )
    session.remember("grain_trained", found.engine)

"""A training that waits, runs or was stopped: progress, time left, curves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.jobs import order
from core.jobs import training as jobs
from core.workspace.lab import trainings
from pages.components.frame import session
from pages.components.frame.work import worker

if TYPE_CHECKING:
    from core.workspace.lab.training import Standing, Training
    from core.workspace.workspace import Workspace

POLL_SECONDS = 2.0
CURVE_HEIGHT = 320


def draw(workspace: Workspace, training: Training) -> None:
    """Draw where a training stands; this part of the page follows it."""
    _follow(workspace, training.id)


@st.fragment(run_every=POLL_SECONDS)
def _follow(workspace: Workspace, training_id: str) -> None:
    training = trainings.find(workspace, session.owner(), training_id)
    job = jobs.last_job(workspace, training) if training else None
    if training is None or job is None or not job.is_open:
        st.rerun()
        return
    place = order.place(workspace, job)
    share = job.done / job.total if job.total else 0.0
    if job.state == "queued":
        words = "Waits for another training." if place.ahead else "Begins in a moment."
    else:
        words = f"{_standing(training.standing)}{_left(place.seconds_left)}"
    st.progress(min(share, 1.0), words)
    st.caption("It goes on when you close this tab; this address leads back to it.")
    st.button("Stop", on_click=jobs.cancel, args=(workspace, training), key="train-stop")
    _curve(training.standing)


def stopped(workspace: Workspace, training: Training) -> None:
    """Draw what was reached, and the way on, of a training that was stopped."""
    settings = training.settings
    assert settings is not None

    def go_on() -> None:
        jobs.enqueue(workspace, training, settings)
        worker.start()

    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Go on", type="primary", on_click=go_on, key="train-resume")
        where = _standing(training.standing) if training.standing else "It had made no step yet."
        st.caption(f"Stopped. {where}")
    _curve(training.standing)


def _standing(standing: Standing | None) -> str:
    if standing is None:
        return "Reads the images."
    run = f"Run {standing.run + 1} of {standing.runs}, step" if standing.runs > 1 else "Step"
    return f"{run} {standing.step} of about {standing.steps}."


def _left(seconds: float | None) -> str:
    if seconds is None:
        return ""
    if seconds < 90:
        return f" About {max(1, round(seconds))} s left."
    return f" About {round(seconds / 60)} min left."


def _curve(standing: Standing | None) -> None:
    from core.figures.teaching import curve_figure

    if standing is None or not standing.curve:
        return
    st.plotly_chart(
        curve_figure(standing.curve),
        height=CURVE_HEIGHT,
        key="train-curve",
        config={"displayModeBar": False},
        alt="Loss and score by step",
    )
    st.caption("Score: on a fifth of each image, which is not learned from and chooses the step.")

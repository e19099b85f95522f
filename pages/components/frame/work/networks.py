"""Networks, loaded once for all sessions, and what their libraries cost when they are imported."""

from __future__ import annotations

from functools import cache
from threading import Event
from typing import TYPE_CHECKING

import streamlit as st

from core.execution import USUAL, RunChoice
from pages.components.frame import keeping
from pages.components.frame.work import garbage, jobs
from pages.components.frame.work.jobs import Job
from pages.components.frame.work.queued import has_worker_processes

if TYPE_CHECKING:
    from core.segmentation.engines.classic_engine import ClassicEngine
    from core.segmentation.engines.engine import Engine
    from core.segmentation.segment import AnyEngine
    from core.types.model_card import Network
    from core.workspace.lab.lab_models import LabModel
    from core.workspace.workspace import Workspace

STARTING = "The server has just started and loads its libraries; the next pages will not wait."


@st.cache_resource(show_spinner=False, max_entries=3)
def engine(model: str, choice: RunChoice = USUAL) -> Engine | ClassicEngine:
    """Return a trained network on this machine's best device, or a classic method, loaded once for
    all users."""
    from models import zoo

    return zoo.load_as(model, choice)


def of_owner(model: str, owner: str, choice: RunChoice = USUAL) -> AnyEngine:
    """Return a model of the zoo or of this lab that ``owner`` finds, loaded once for all users.

    Raises:
        ModelError: there is none of this name, or its file is missing or damaged.
    """
    return load(keeping.workspace(), owner, model, choice)


def load(workspace: Workspace | None, owner: str, model: str, choice: RunChoice) -> AnyEngine:
    """Return a model as :func:`of_owner` does, from this ``workspace``."""
    from models import lab

    kept = lab.kept(workspace, owner, model)
    return engine(model, choice) if kept is None else _of_lab(kept.id, choice, kept)


@st.cache_resource(show_spinner=False, max_entries=3)
def _of_lab(identity: str, choice: RunChoice, _kept: LabModel) -> AnyEngine:
    from models import lab

    return lab.engine_of(_kept, precision=choice.precision, careful=choice.careful)


@st.cache_resource(show_spinner=False)
def classifier(name: str) -> Network:
    """Return a trained classifier of whole micrographs, loaded once for all users."""
    from models import classifiers

    return classifiers.load(name)


@st.cache_resource(show_spinner=False)
def warm_up(model: str) -> Job:
    """Begin to load a network, once, so that it is there when the first image is chosen."""
    return jobs.start(("warm-up", model), lambda _: _warm(model), lambda _: None)


def _warm(model: str) -> None:
    from models import zoo

    if model not in zoo.CARDS:
        # One of this lab is loaded when it is asked for: there may be many.
        return
    if not zoo.card(model).needs_marks:
        # A worker process loads what it runs, and this one would hold it twice.
        if not has_worker_processes():
            engine(model)
        return
    from core.segmentation.forest.pixel_forest import import_learner

    import_learner()


@st.cache_resource(show_spinner=False)
def import_libraries() -> None:
    """Import pandas and torch, once, and keep the collector from walking through them ever after.

    Every page waits for it. Plotly and SciPy look a pandas or torch up in ``sys.modules`` and take
    it as it is, so they fail in one session while another one imports them.
    """
    import pandas  # noqa: F401

    import core.segmentation.engines.engine  # noqa: F401
    import models.architectures  # noqa: F401

    garbage.freeze_imports()
    _imported().set()


@cache
def _imported() -> Event:
    return Event()


def wait_for_libraries() -> None:
    """Import the libraries, or wait until another session has, and say so meanwhile."""
    if not _imported().is_set():
        with st.spinner(STARTING):
            import_libraries()


@st.cache_resource(show_spinner=False, max_entries=2)
def untrained(name: str) -> Network:
    """Return an architecture with random weights, the same ones every time."""
    from core.inspection.view import reinitialized
    from models.architectures import ARCHITECTURES

    return reinitialized(ARCHITECTURES[name].build())

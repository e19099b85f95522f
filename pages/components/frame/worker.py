"""The worker of a server that has no worker processes beside it: one thread of its own."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

import streamlit as st

from core.jobs import batch, segmentation, worker
from core.jobs.worker import Handler
from models.measured import measurand_errors
from pages.components.frame import keeping, networks
from pages.components.frame.queued import has_worker_processes


def handlers() -> Mapping[str, Handler]:
    """Return what this server can do of the queue."""
    return {
        segmentation.KIND: segmentation.handler(networks.engine),
        batch.KIND: batch.handler(networks.engine, measurand_errors),
    }


def start() -> None:
    """Let somebody work on the queue; call it at the start and wherever a job is added."""
    place = keeping.workspace()
    if place is not None and not has_worker_processes():
        _thread(str(place.folder))


def stop() -> None:
    """End the thread, where there is one; its job goes on after the next start."""
    _thread.clear()


@st.cache_resource(show_spinner=False, on_release=lambda end: end())
def _thread(folder: str) -> Callable[[], None]:
    place = keeping.workspace()
    assert place is not None
    return worker.in_thread(place, handlers(), f"server-{os.getpid()}")

"""The worker of a server that has no worker processes beside it: a thread, and one that trains."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from functools import cache

import streamlit as st

from core.jobs import batch, segmentation, training, worker
from core.jobs.worker import Handler
from models import teaching
from models.measured import measurand_errors
from pages.components.frame import keeping
from pages.components.frame.work import handover, networks
from pages.components.frame.work.queued import has_worker_processes


def handlers() -> Mapping[str, Handler]:
    """Return what this server can do of the queue."""
    return {
        segmentation.KIND: segmentation.handler(networks.load, handover.give),
        batch.KIND: batch.handler(networks.load, measurand_errors),
    }


def teaches() -> Mapping[str, Handler]:
    """Return what the thread does that trains."""
    return {training.KIND: training.handler(teaching.start_for, teaching.packed)}


def start() -> None:
    """Let somebody work on the queue, at once; call it at the start and wherever a job is added."""
    place = keeping.workspace()
    if place is not None and not has_worker_processes():
        _thread(str(place.folder))
        _trainer(str(place.folder))
        _added().set()


def stop() -> None:
    """End the threads, where there are some; their jobs go on after the next start."""
    _thread.clear()
    _trainer.clear()


@st.cache_resource(show_spinner=False, on_release=lambda end: end())
def _thread(folder: str) -> Callable[[], None]:
    place = keeping.workspace()
    assert place is not None
    return worker.in_thread(place, handlers(), f"server-{os.getpid()}", _added())


@cache
def _added() -> threading.Event:
    return threading.Event()


@st.cache_resource(show_spinner=False, on_release=lambda end: end())
def _trainer(folder: str) -> Callable[[], None]:
    """Start the thread that teaches networks: no image waits behind a training of minutes."""
    place = keeping.workspace()
    assert place is not None
    return worker.in_thread(place, teaches(), f"server-{os.getpid()}-trainer")

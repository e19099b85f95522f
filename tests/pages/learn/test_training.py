"""The page Skip connections: its networks learn in the background, seen live, until cancelled."""

from __future__ import annotations

import time

import pytest
from streamlit.testing.v1 import AppTest

from core.concepts.depth import gradient_flow
from core.errors import Cancelled
from pages.components.frame import stores
from tests.pages.running import lesson


def opened() -> AppTest:
    """Return the page with the shallowest networks, as a browser would get it."""
    return lesson("skip_connections", skips_topic="Train them", train_depth="4")


@pytest.fixture(autouse=True)
def no_results() -> None:
    stores._store.clear("results", stores.RESULT_BYTES)


def captions(app: AppTest) -> str:
    return "\n".join(one.value for one in app.caption)


def test_all_learn_and_each_block_is_taken_out() -> None:
    app = opened()
    charts = len(app.get("plotly_chart"))
    app.button(key="work_start_skips").click().run()
    job = app.session_state["lamella"].jobs.get("skips")
    if job is not None:
        job.future.result(timeout=120)
        app.run()
    assert not app.exception
    # Losses by step, and the change of the loss by block.
    assert len(app.get("plotly_chart")) == charts + 2
    assert "the whole network: plain, 2 layers 0." in captions(app)
    assert "chance level: 0.693" in captions(app)


def test_a_network_of_110_layers_is_built_and_used() -> None:
    app = lesson("skip_connections", skips_topic="Hundreds of layers", family_layers="110")
    assert [one.value for one in app.metric] == ["110", "1,727,962", "252,887,680", "6.43 %"]
    app.button(key="work_start_family").click().run()
    job = app.session_state["lamella"].jobs.get("family")
    if job is not None:
        job.future.result(timeout=120)
        app.run()
    assert not app.exception
    assert any("110 layers with 1,727,962 parameters" in one.value for one in app.markdown)


def test_the_losses_are_seen_live_and_cancel_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(given, depth, norm, progress, seen):
        while True:
            seen.append(("plain", 0.7))
            progress(len(seen), 1_000_000)
            time.sleep(0.01)

    monkeypatch.setattr(gradient_flow, "learn", endless)
    app = opened()
    charts = len(app.get("plotly_chart"))
    app.button(key="work_start_skips").click().run()
    assert len(app.get("plotly_chart")) == charts + 1
    job = app.session_state["lamella"].jobs["skips"]
    app.button(key="work_skips_cancel").click().run()
    with pytest.raises(Cancelled):
        job.future.result(timeout=60)
    # The click's own run may have seen the end already.
    if "Stopped" not in captions(app):
        app.run()
    assert "Stopped before the end, as asked." in captions(app)
    assert app.button(key="work_start_skips")

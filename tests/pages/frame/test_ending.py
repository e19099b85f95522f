"""A page asks a route when its job ends, and runs again at once."""

from __future__ import annotations

import json
import threading

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from streamlit.testing.v1 import AppTest

from core.errors import LamellaError
from pages.components.frame.work import ending, jobs
from pages.components.frame.work.jobs import Job
from tests.pages.running import PATIENCE_S


def script(job: object) -> None:
    from pages.components.frame.work import ending

    ending.rerun_at_the_end("here", job)


@pytest.fixture
def browser() -> TestClient:
    return TestClient(Starlette(routes=[ending.ending_route("")]))


@pytest.fixture
def release() -> threading.Event:
    return threading.Event()


@pytest.fixture
def job(release: threading.Event) -> Job:
    return jobs.start(("wait",), lambda _: release.wait(PATIENCE_S), lambda _: None)


def address(app: AppTest) -> str:
    (component,) = app.get("bidi_component")
    return json.loads(component.proto.json)["url"]


def test_the_answer_comes_when_the_job_has_ended(
    browser: TestClient, job: Job, release: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ending, "HOLD_S", 0.01)
    url = address(AppTest.from_function(script, args=(job,), default_timeout=60).run())
    assert browser.get(url).status_code == ending.GOES_ON
    release.set()
    job.future.result(PATIENCE_S)
    assert browser.get(url).status_code == ending.ENDED


def test_an_answer_is_held_until_the_end(
    browser: TestClient, job: Job, release: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ending, "HOLD_S", PATIENCE_S)
    url = address(AppTest.from_function(script, args=(job,), default_timeout=60).run())
    threading.Timer(0.2, release.set).start()
    assert browser.get(url).status_code == ending.ENDED


def test_every_run_of_the_page_asks_the_same_address(job: Job, release: threading.Event) -> None:
    app = AppTest.from_function(script, args=(job,), default_timeout=60).run()
    assert address(app) == address(app.run())
    release.set()


def test_nobody_waits_for_what_is_not_there(browser: TestClient) -> None:
    assert browser.get(f"{ending.PREFIX}/unknown").status_code == ending.GONE


def test_a_failing_disk_is_no_end(
    browser: TestClient, job: Job, release: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: Job) -> bool:
        raise LamellaError("the disk failed")

    url = address(AppTest.from_function(script, args=(job,), default_timeout=60).run())
    monkeypatch.setattr(ending, "HOLD_S", 0.01)
    monkeypatch.setattr(Job, "finished", property(broken))
    assert browser.get(url).status_code == ending.GOES_ON
    release.set()

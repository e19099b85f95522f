"""The viewer's Python side and the background jobs: what is believed, what is refused."""

from __future__ import annotations

from dataclasses import replace
from threading import Event

import pytest

from core.errors import Cancelled, LamellaError
from pages.components.frame.work import jobs
from pages.components.segment import objects
from pages.components.viewer.viewer import ViewerEvent, ViewerImage, _event, facts

IMAGE = ViewerImage("/x", "d1", height=96, width=128, name="disks.png")


def click(**changed: object) -> dict[str, object]:
    return {"row": 95, "column": 127, "digest": "d1", "serial": 1, **changed}


def test_a_click_inside_the_image_is_believed() -> None:
    assert _event(click(), IMAGE) == ViewerEvent(95, 127)


@pytest.mark.parametrize(
    "sent",
    [
        None,
        {},
        "click",
        click(row=96),
        click(column=-1),
        click(row=1.5),
        click(row="1"),
        click(digest="of another image"),
    ],
)
def test_anything_else_is_no_click(sent: object) -> None:
    assert _event(sent, IMAGE) is None


def test_size_is_written_with_its_calibration() -> None:
    assert facts(IMAGE) == "128 x 96 px, not calibrated"
    assert facts(replace(IMAGE, is_micrograph=False)) == "128 x 96 px"
    assert facts(replace(IMAGE, is_micrograph=False, unit="sites")) == "128 x 96 sites"
    calibrated = ViewerImage("/x", "d1", 96, 128, "disks.png", pixel_size_nm=0.25)
    assert facts(calibrated) == "128 x 96 px, 0.25 nm per pixel"


@pytest.mark.parametrize(
    ("column", "heading"),
    [
        ("area_nm2", "Area (nm²)"),
        ("equivalent_diameter_px", "Diameter (px)"),
        ("orientation_deg", "Orientation (°)"),
        ("circularity", "Circularity"),
        ("a_new_column", "A new column"),
    ],
)
def test_headings_carry_units(column: str, heading: str) -> None:
    assert objects.label_of(column) == heading


def test_job_hands_its_result_on_and_tells_its_progress() -> None:
    def work(progress: object) -> str:
        progress(1, 2)
        return "made"

    kept: list[str] = []
    job = jobs.start(("a",), work, kept.append)
    # The job itself holds nothing: a button that shows it would hold it too.
    assert job.future.result(timeout=60) is None
    job.check()
    assert kept == ["made"]
    assert (job.finished, job.done, job.total) == (True, 1, 2)


@pytest.mark.parametrize("cancel", [lambda job: job.cancel(), lambda job: jobs.cancel_all()])
def test_job_stops_at_its_next_step(cancel: object) -> None:
    at_work, go_on = Event(), Event()

    def work(progress: object) -> str:
        at_work.set()
        assert go_on.wait(60)
        progress(1, 2)
        return "never"

    kept: list[object] = []
    job = jobs.start(("a",), work, kept.append)
    assert at_work.wait(60)
    cancel(job)
    go_on.set()
    assert isinstance(job.future.exception(timeout=60), Cancelled)
    with pytest.raises(Cancelled):
        job.check()
    assert kept == []


def test_error_of_a_job_reaches_whoever_asks() -> None:
    def work(progress: object) -> None:
        raise LamellaError("The image is too small.")

    kept: list[object] = []
    job = jobs.start(("a",), work, kept.append)
    job.future.exception(timeout=60)
    with pytest.raises(LamellaError, match="too small"):
        job.check()
    assert kept == []

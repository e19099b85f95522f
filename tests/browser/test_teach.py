"""From an upload to a model of one's own, as a newcomer does it: corrected by hand, trained, kept,
and in the list of models."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page

from core.jobs.worker import work_off
from core.training.fine_tuning.start import FineTuning, Start
from core.workspace.lab.lab_card import lab_card
from core.workspace.lab.lab_models import NewModel
from core.workspace.workspace import Workspace
from models import lab, teaching, zoo
from pages.components.frame.identity import EVERYONE
from pages.components.frame.link import NO_MODEL
from pages.components.frame.work import worker
from tests.browser.test_correct import CORRECTOR, objects, place, saved, stroke
from tests.browser.waiting import expect

PURPOSE = "Segments ground, disk in images like those that it was taught with."
NAMES = ("steel_1.png", "bronze_1.png")


def disks(seed: int) -> bytes:
    """Return a PNG, 160 x 160 px, of four dark disks of radius 20 px on a light ground."""
    row, column = np.mgrid[:160, :160]
    inside = ((row % 80 - 40) ** 2 + (column % 80 - 40) ** 2) < 20**2
    noise = np.random.default_rng(seed).integers(0, 8, inside.shape)
    buffer = io.BytesIO()
    Image.fromarray((np.where(inside, 70, 180) + noise).astype(np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def little(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real network, taught with two steps of small crops."""
    start_for = teaching.start_for

    def start(*names: object) -> Start:
        return replace(start_for(*names), generated=None)

    def two_steps(**given: float) -> FineTuning:
        # Named here, as the class stands for itself no more.
        return FineTuning(
            seconds=float("inf"), batch=2, crop_px=64, fewest_steps=2, most_steps=2,
            validate_every=2, mixes=(1.0,), scales=(1.0,),
        )  # fmt: skip

    monkeypatch.setattr(teaching, "start_for", start)
    monkeypatch.setattr("core.training.fine_tuning.start.FineTuning", two_steps)


def segmented(page: Page, address: str, name: str, seed: int, work: Callable[[], None]) -> Locator:
    """Upload an image, segment it and open its correction."""
    page.goto(f"{address}/segment?model=otsu")
    expect(page.get_by_role("heading", name="Samples", exact=True)).to_be_visible()
    file = {"name": name, "mimeType": "image/png", "buffer": disks(seed)}
    page.locator("input[type=file]").first.set_input_files(file)
    press(page, "segment")
    expect(page.get_by_role("button", name="Cancel")).to_be_visible()
    work()
    page.get_by_role("link", name="Correct by hand").click()
    viewer = page.locator(CORRECTOR)
    expect(objects(page)).to_have_text("confirmed 0 of 4 objects")
    viewer.focus()
    return viewer


def confirm_area(page: Page, viewer: Locator, revision: int) -> None:
    """Confirm the image as a whole."""
    page.keyboard.press("r")
    stroke(page, viewer, (0, 0), (159, 159))
    saved(page, revision)


def press(page: Page, key: str) -> None:
    page.locator(f".st-key-{key} button").click()


@pytest.mark.timeout(900)
def test_a_newcomer_corrects_teaches_a_network_and_finds_it_in_the_list(
    serve: Callable[..., object], tmp_path: Path, open_tab: Callable[..., Page], little: None
) -> None:
    with serve(tmp_path, workers=1) as server:
        workspace = Workspace(tmp_path / "workspace")

        def work() -> None:
            assert work_off(workspace, {**worker.handlers(), **worker.teaches()}, "test") == 1

        page = open_tab()
        # The first image by hand: a new object, a cut, a merge, one and then all confirmed.
        viewer = segmented(page, server.address, NAMES[0], 1, work)
        page.keyboard.press("b")
        stroke(page, viewer, (80, 60), (80, 100))
        saved(page, 1)
        page.keyboard.press("x")
        stroke(page, viewer, (40, 10), (40, 70))
        saved(page, 2)
        expect(objects(page)).to_have_text("confirmed 3 of 6 objects")
        page.keyboard.press("i")
        page.mouse.click(*place(viewer, 30, 40))
        page.keyboard.press("m")
        page.mouse.click(*place(viewer, 50, 40))
        saved(page, 3)
        page.keyboard.press("i")
        page.mouse.click(*place(viewer, 40, 120))
        expect(page.locator('.corrector[data-chosen="2"]')).to_be_visible()
        page.keyboard.press("Enter")
        saved(page, 4)
        expect(objects(page)).to_have_text("confirmed 3 of 5 objects")
        confirm_area(page, viewer, 5)
        # The second one is right as it is.
        viewer = segmented(page, server.address, NAMES[1], 2, work)
        confirm_area(page, viewer, 1)
        page.get_by_role("link", name="Teach a network with it").click()
        press(page, "train-corrected")
        # A name that is typed just before the button is pressed counts.
        page.get_by_label("Phase 2").fill("disk")
        press(page, "train-begin")
        expect(page.get_by_text("Begins in a moment.")).to_be_visible()
        work()
        expect(page.get_by_role("heading", name="Keep the model")).to_be_visible()
        expect(page.get_by_text("IoU of disk").first).to_be_attached()
        page.get_by_label("Name", exact=True).fill("My disks")
        page.get_by_role("button", name="Keep", exact=True).click()
        expect(page.get_by_text("Kept for you as My disks")).to_be_visible()
        page.get_by_role("link", name="Segment with it").click()
        expect(page.get_by_text(PURPOSE).first).to_be_visible()
        assert "a page failed" not in server.log.read_text()


def test_a_network_of_the_lab_is_opened_in_inspect_like_any_other_and_removed(
    serve: Callable[..., object],
    tmp_path: Path,
    open_tab: Callable[..., Page],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    place, card = Workspace(tmp_path / "workspace"), zoo.card("particles")
    own = lab_card(replace(card, name="my-disks", title="My disks"), base="particles")
    lab.keep(place, EVERYONE, NewModel("trained", True, own, card.weights.path.read_bytes()))
    place.close()
    monkeypatch.setenv("LAMELLA_OWNER", EVERYONE)
    with serve(tmp_path) as server:
        page = open_tab()
        page.goto(f"{server.address}/inspect?sample=gold-tem&model=my-disks")
        expect(page.get_by_role("combobox", name="Network")).to_have_value("My disks")
        expect(page.locator(".viewer[data-image][data-layer]")).to_be_visible()
        page.goto(f"{server.address}/models?card=my-disks")
        expect(page.get_by_role("heading", name="In this lab")).to_be_visible()
        # What is drawn later moves the button, and leaves what it opened where it was.
        expect(page.locator("[data-test-script-state=running]")).to_have_count(0)
        page.get_by_role("button", name="Remove").click()
        page.locator(".st-key-lab-remove button").press("Enter")
        expect(page.get_by_role("heading", name="In this lab")).to_have_count(0)
        expect(page.get_by_text("My disks")).to_have_count(0)
        page.goto(f"{server.address}/inspect?sample=gold-tem&model=my-disks")
        expect(page.get_by_text(NO_MODEL.format("my-disks"))).to_be_visible()
        assert "a page failed" not in server.log.read_text()

"""Runs of the page Segment: in the queue, found by another tab, cancelled, failed, kept."""

from __future__ import annotations

import io
import zipfile
from concurrent.futures import wait
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from streamlit.testing.v1 import AppTest

from core.correction.changes import Change, repainted
from core.correction.codec import Step, encode_step
from core.errors import ModelError
from core.execution import RunChoice
from core.formats import read
from core.jobs import queue
from core.workspace import micrographs
from core.workspace.corrections import corrections
from core.workspace.corrections.open_correction import open_correction
from core.workspace.results import results, stored_analysis
from core.workspace.workspace import Workspace
from models.zoo import card
from pages.components.frame import session, stores
from pages.components.frame.serving.downloads import download_route
from pages.components.frame.words import literal
from pages.components.frame.work import handover, jobs, networks
from pages.components.frame.work.jobs import Job
from pages.components.frame.work.queued import QueuedJob
from pages.components.segment.kept import KeptAnalysis
from tests.pages.frame.test_keeping import ANN, BOB, become, restart
from tests.pages.running import by_key, finish, opened, texts
from tests.pages.segment.test_forest import DISK, GROUND, draw
from tests.pages.test_library import cookie
from tests.pages.test_pages import two_disks, upload

DAMAGED = "The weights of [Otsu](http://a.org) are damaged; install Lamella again."


@pytest.fixture(autouse=True)
def ann(monkeypatch: pytest.MonkeyPatch) -> None:
    become(ANN, monkeypatch)
    restart()


@pytest.fixture
def workspace(own_workspace: Path) -> Workspace:
    return Workspace(own_workspace)


def asked(model: str = "otsu") -> tuple[AppTest, str]:
    """Return the page on which Segment was pressed, and the id of the image."""
    app = upload(opened("segment", model=model), "disks.png", two_disks())
    app = app.button(key="segment").click().run()
    return app, str(app.query_params["image"])


def progress(app: AppTest) -> str:
    return str(app.get("progress")[0].proto.text)


def test_another_tab_of_the_owner_finds_a_run_and_the_result(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, image = asked()
    assert progress(first) == "Next in the queue."
    second = opened("segment", image=image, model="otsu")
    assert progress(second) == "Next in the queue."
    become(BOB, monkeypatch)
    stranger = upload(opened("segment", model="otsu"), "disks.png", two_disks())
    assert not stranger.get("progress")
    stranger = stranger.button(key="segment").click().run()
    assert progress(stranger).startswith("In the queue: 1 job before this one.")
    become(ANN, monkeypatch)
    finish(second)
    table = second.dataframe[0].value
    assert sorted(table["area_px2"]) == [437, 1245]
    assert first.run().dataframe[0].value.equals(table)


def test_a_run_is_cancelled_from_any_tab(workspace: Workspace) -> None:
    first, image = asked()
    second = opened("segment", image=image, model="otsu")
    second = second.button(key="work_segment_cancel").click().run()
    assert "Stopped before the end, as asked." in [one.value for one in second.warning]
    assert finish(first).button(key="segment")
    assert results.listed(workspace, ANN, image) == ()


def test_a_run_that_failed_while_nobody_looked_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    app, image = asked()

    def broken(name: str, choice: RunChoice) -> None:
        raise ModelError(DAMAGED)

    monkeypatch.setattr(networks, "engine", broken)
    finish(app)
    again = opened("segment", image=image, model="otsu")
    for page in (app, again):
        assert literal(DAMAGED) in [one.value for one in page.warning]
        assert page.button(key="segment")


def test_a_result_and_the_settings_of_objects_are_there_after_a_restart(
    workspace: Workspace,
) -> None:
    app, image = asked()
    app = finish(app)
    app = app.number_input(key="minimum_area_px").set_value(500).run()
    assert list(app.dataframe[0].value["area_px2"]) == [1245]
    restart()
    (row,) = results.listed(workspace, ANN, image)
    again = opened("segment", image=image, object="1")
    assert not again.get("progress") and not again.exception
    assert "Object 1: diameter 39.8 px, area 1,245 px²" in texts(again)
    assert "The link asks for object 9; choose one from 1 to 1." in texts(
        opened("segment", image=image, object="9")
    )
    assert again.number_input(key="minimum_area_px").value == 500
    assert again.dataframe[0].value.equals(app.dataframe[0].value)
    assert queue.find(workspace, ANN, row.key).state == "done"


def test_a_model_that_was_not_chosen_comes_back_as_not_chosen(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "DEFAULT_MODEL", "otsu")
    app = upload(opened("segment"), "disks.png", two_disks())
    finish(app.button(key="segment").click().run())
    image = str(app.query_params["image"])
    (kept,) = micrographs.listed(workspace, ANN)
    assert (kept.model, kept.segmented_by) == (None, "otsu")
    monkeypatch.setattr(session, "DEFAULT_MODEL", "particles")
    restart()
    again = opened("segment", image=image)
    assert by_key(again.selectbox, "model_choice-").value == "otsu"
    assert len(again.dataframe[0].value) == 2
    mine = again.session_state["lamella"]
    assert mine.model is None and not mine.models


def test_what_a_forest_made_of_the_last_strokes_is_kept(workspace: Workspace) -> None:
    app = upload(opened("segment", model="random-forest"), "disks.png", two_disks())
    image = str(app.query_params["image"])
    for strokes in ((GROUND, DISK), (GROUND, DISK, DISK)):
        app = finish(draw(app, *strokes))
        app = by_key(app.selectbox, "model_choice-").set_value("random-forest").run()
        wait([job.future for job in jobs._begun() if job.key[0] == "save"], timeout=60)
    assert not app.session_state["lamella"].unkept
    assert [one.model for one in results.listed(workspace, ANN, image)] == ["random-forest"]


def test_without_a_workspace_a_run_stays_in_the_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("LAMELLA_WORKSPACE", str(tmp_path / "file" / "workspace"))
    app = upload(opened("segment", model="otsu"), "disks.png", two_disks())
    app = app.button(key="segment").click().run()
    assert isinstance(app.session_state["lamella"].jobs["segment"], Job)
    assert len(finish(app).dataframe[0].value) == 2


def test_another_owner_with_the_same_image_gets_a_result_of_his_own(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish(asked()[0])
    become(BOB, monkeypatch)
    app = upload(opened("segment", model="otsu"), "disks.png", two_disks())
    # It is in memory already, under the digest of the pixels.
    assert len(app.dataframe[0].value) == 2
    wait([job.future for job in jobs._begun() if job.key[0] == "save"], timeout=60)
    (kept,) = micrographs.listed(workspace, BOB)
    assert kept.results == 1
    assert "disks" in texts(opened("library"))


def test_what_an_owner_corrected_is_shown_and_exported_and_nobody_else_sees_it(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, image = asked()
    app = finish(app)
    (row,) = results.listed(workspace, ANN, image)
    made = stored_analysis.load(workspace, row, read(two_disks(), "disks.png"), card("otsu"))
    corrections.begin(workspace, ANN, row.id, made)
    opened_here = open_correction(workspace, ANN, row.id)
    small = opened_here.state.ids == made.table["id"][made.table["area_px2"].idxmin()]
    change = repainted(opened_here.state, small.ravel().nonzero()[0], 0, 0)
    opened_here.apply(encode_step(Step("1", 0, "delete", change)))
    app = app.run()
    assert list(app.dataframe[0].value["area_px2"]) == [1245]
    # 437 of 12288 px.
    by_hand = "Corrected by hand: 0 objects of 1, 1 removed, 3.6 % of the image changed."
    assert by_hand in texts(app)
    # Other settings of objects change nothing in it.
    app = app.number_input(key="minimum_area_px").set_value(5000).run()
    assert list(app.dataframe[0].value["area_px2"]) == [1245]
    assert "of 1, 1 removed" in downloaded(app, "All files (ZIP)")
    become(BOB, monkeypatch)
    stranger = upload(opened("segment", model="otsu"), "disks.png", two_disks())
    assert sorted(stranger.dataframe[0].value["area_px2"]) == [437, 1245]
    become(ANN, monkeypatch)
    restart()
    again = opened("segment", image=image)
    assert list(again.dataframe[0].value["area_px2"]) == [1245]
    assert "by hand" in texts(opened("library", item=image))
    open_correction(workspace, ANN, row.id).apply(encode_step(Step("2", 1, "undo", Change())))
    # The file is of what there is when it is asked for.
    assert "by hand" not in downloaded(again, "All files (ZIP)")
    assert (
        len(again.number_input(key="minimum_area_px").set_value(20).run().dataframe[0].value) == 2
    )


def downloaded(app: AppTest, label: str) -> str:
    """Return the file README.txt in the zip that a button gives its owner."""
    (link,) = (one for one in app.get("link_button") if one.proto.label == label)
    client = TestClient(Starlette(routes=[download_route("")]))
    answer = client.get(str(link.proto.url), headers=cookie(ANN))
    assert answer.status_code == 200, answer.text
    return zipfile.ZipFile(io.BytesIO(answer.content)).read("README.txt").decode()


def test_a_run_whose_tiles_are_done_says_what_follows(workspace: Workspace) -> None:
    queue.enqueue(workspace, ANN, "segment", "key", {})
    taken = queue.take(workspace, "test", ["segment"])
    queue.report(workspace, taken, 4, 4)
    job = QueuedJob(workspace, ("key",), queue.find(workspace, ANN, "key"))
    assert job.progress("Tile", "Loading.", "Measuring.") == (1.0, "Tile 4 of 4. Measuring.")


def test_a_result_made_here_is_not_read_from_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    read = []
    load = stored_analysis.load
    monkeypatch.setattr(
        stored_analysis, "load", lambda *given, **more: read.append(given) or load(*given, **more)
    )
    app, image = asked()
    shown = finish(app).dataframe[0].value
    assert [key for key, _ in stores.results().items() if "made here" in key] == []
    assert app.run().dataframe[0].value.equals(shown) and not read
    restart()
    again = opened("segment", image=image, model="otsu")
    assert again.dataframe[0].value.equals(shown) and len(read) == 1


def test_what_another_version_of_a_model_made_is_read_from_the_disk() -> None:
    finish(asked()[0])
    (analysis,) = (
        one.groupings[0] for _, one in stores.results().items() if isinstance(one, KeptAnalysis)
    )
    shown = replace(analysis.micrograph, name="renamed.png")
    handover.give("an id", analysis)
    assert handover.take("an id", shown, replace(analysis.card, title="Older")) is None
    handover.give("an id", analysis)
    taken = handover.take("an id", shown, analysis.card)
    assert np.shares_memory(taken.objects, analysis.objects)
    assert taken.micrograph.name == "renamed.png"
    assert handover.take("an id", shown, analysis.card) is None

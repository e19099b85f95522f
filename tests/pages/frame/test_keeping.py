"""What a session did is there again after a restart of the server, for its owner alone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.segmentation.forest.strokes import Stroke
from core.workspace import drawings, micrographs
from core.workspace.drawings import Drawing
from core.workspace.workspace import Workspace
from pages.components.frame import identity, keeping, stores
from pages.components.segment import marking
from tests.pages.running import by_key, opened, texts, warnings
from tests.pages.test_pages import two_disks, upload

ANN, BOB = identity.BROWSER + "ann", identity.BROWSER + "bob"


@pytest.fixture(autouse=True)
def ann(monkeypatch: pytest.MonkeyPatch) -> None:
    become(ANN, monkeypatch)


def become(owner: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity, "who", lambda: owner)


def restart() -> None:
    """Forget what a process has in memory of uploads; samples take long to be made again."""
    stores.micrographs().discard(lambda key: bool(key[0]))
    for name in ("uploads", "results", "marks"):
        size = getattr(stores, f"{name.removesuffix('s').upper()}_BYTES")
        stores._store.clear(name, size)


def with_disks() -> tuple[AppTest, str]:
    """Return the page with two disks of 2 nm a pixel, and the id under which they are kept."""
    app = upload(opened("segment"), "disks.png", two_disks())
    app = by_key(app.text_input, "pixel_size-").set_value("2 nm").run()
    app = by_key(app.number_input, "info_bar_rows-").set_value(7).run()
    return app, str(app.query_params["image"])


def test_an_upload_and_what_was_said_about_it_open_again_by_the_link() -> None:
    app, image = with_disks()
    by_key(app.selectbox, "model_choice-").set_value("carbon-steel").run()
    restart()
    app = opened("segment", image=image)
    assert not app.exception and not app.error
    assert by_key(app.text_input, "pixel_size-").value == "2 nm"
    assert by_key(app.number_input, "info_bar_rows-").value == 7
    assert by_key(app.selectbox, "model_choice-").value == "carbon-steel"
    assert "disks.png" in by_key(app.selectbox, "image_choice-").options


def test_a_sidecar_that_comes_after_a_restart_finds_its_image(own_workspace: Path) -> None:
    with_disks()
    restart()
    app = opened("segment", sample="gold-tem")
    assert "disks.png" in by_key(app.selectbox, "image_choice-").options
    text = b"[SemImageFile]\r\nPixelSize=4\r\n"
    app = app.file_uploader[0].upload("disks.txt", text, "text/plain").run()
    (kept,) = (one for one in micrographs.listed(Workspace(own_workspace), ANN) if one.blob)
    assert (kept.name, list(kept.sidecars)) == ("disks.png", ["disks.txt"])
    assert by_key(app.text_input, "pixel_size-").value == "4 nm"


def test_another_owner_gets_a_sentence_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    _, image = with_disks()
    become(BOB, monkeypatch)
    for page in ("segment", "inspect", "convolution"):
        app = opened(page, image=image, row="3", column="4")
        assert not app.exception
        assert keeping.NOT_YOURS in warnings(app)
        assert "disks.png" not in texts(app)
        assert not {"image", "row", "column"} & app.query_params.keys()
        for box in app.selectbox:
            assert "disks.png" not in box.options


def test_a_link_to_no_image_is_answered_like_one_to_anothers() -> None:
    app = opened("segment", image="0123456789abcdef")
    assert keeping.NOT_YOURS in warnings(app)


def test_strokes_mask_and_phases_are_there_again(own_workspace: Path) -> None:
    app, image = with_disks()
    app = by_key(app.selectbox, "model_choice-").set_value("random-forest").run()
    workspace = Workspace(own_workspace)
    names = ("matrix", "disk", "rim")
    stroke = Stroke(2, 5.0, ((4.0, 4.0), (4.0, 20.0)))
    mine = app.session_state["lamella"]
    (digest,) = mine.sources
    mine.drawn[digest], mine.phase_names = Drawing((stroke,), b"", 3), names
    keeping.save_drawing(mine, digest)
    assert drawings.find(workspace, ANN, image, digest) == Drawing((stroke,), b"", 3, names)
    restart()
    app = opened("segment", image=image, model="random-forest")
    assert app.session_state["lamella"].drawn[digest].strokes == (stroke,)
    assert re.search(r"\d px of rim", texts(app))
    app.button(key="phase-remove").click().run()
    assert drawings.find(workspace, ANN, image, digest).strokes == ()
    assert marking.NOTHING in texts(app)


def test_to_open_an_image_is_to_use_it(own_workspace: Path) -> None:
    workspace = Workspace(own_workspace)
    image = str(upload(opened("segment"), "disks.png", two_disks()).query_params["image"])
    ways = (
        lambda: opened("segment", image=image),
        lambda: opened("library").button(key=f"open-{image}").click().run(),
    )
    for way in ways:
        with workspace.database.write() as db:
            db.execute("UPDATE micrograph SET used = 1, announced = 1")
        way()
        found = micrographs.find(workspace, ANN, image)
        assert found is not None and found.used > 1
        with workspace.database.read() as db:
            assert db.execute("SELECT announced FROM micrograph").get is None


def test_without_a_folder_the_app_works_and_says_that_nothing_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("LAMELLA_WORKSPACE", str(tmp_path / "file" / "workspace"))
    app = upload(opened("segment"), "disks.png", two_disks())
    assert not app.exception and not app.error
    assert "image" not in app.query_params
    (sentence,) = [one.value for one in app.sidebar.warning]
    assert sentence.startswith("Nothing will be kept when this session ends. ")


def test_beyond_the_quota_an_image_opens_but_is_not_kept(
    own_workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAMELLA_MAX_WORKSPACE_BYTES", "10")
    app = upload(opened("segment"), "disks.png", two_disks())
    assert not app.exception and not app.error
    (sentence,) = [one.value for one in app.sidebar.warning]
    assert "Your library holds 0 bytes of 10 bytes" in sentence
    workspace = Workspace(own_workspace)
    assert micrographs.listed(workspace, ANN) == ()
    assert not list(workspace.blobs.folder.rglob("?" * 64))


def test_a_file_that_cannot_be_read_is_not_kept(own_workspace: Path) -> None:
    drop = [("cut.png", two_disks()[:100], "image/png"), ("good.png", two_disks(), "image/png")]
    app = opened("segment")
    app.file_uploader[0].set_value(drop).run()
    (kept,) = micrographs.listed(Workspace(own_workspace), ANN)
    assert kept.name == "good.png"

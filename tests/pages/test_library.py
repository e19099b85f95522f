"""The library: found again, renamed, compared, carried elsewhere, deleted; by its owner alone."""

from __future__ import annotations

import io
import time
import zipfile
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from streamlit.testing.v1 import AppTest

from core import formats
from core.analysis.analyse import analyse
from core.errors import WorkspaceError
from core.segmentation.engines.classic_engine import ClassicEngine
from core.workspace import micrographs
from core.workspace.archive import archive
from core.workspace.micrographs import Kept
from core.workspace.results import results
from core.workspace.workspace import Workspace
from models import zoo
from pages.components.frame import identity
from pages.components.frame.memory import Opened
from pages.components.frame.serving.downloads import download_route
from pages.components.frame.serving.image_store import image_route
from pages.components.frame.words import WORD_JOINER, literal
from pages.components.frame.work.queued import name_of
from pages.components.library import compare, item, overview
from pages.components.segment.run import labels_key
from tests.pages.frame.test_keeping import ANN, BOB, become
from tests.pages.running import by_key, opened, texts, warnings
from tests.pages.test_pages import two_disks

METHODS = ("otsu", "local-threshold")


@pytest.fixture(autouse=True)
def ann(monkeypatch: pytest.MonkeyPatch) -> None:
    become(ANN, monkeypatch)


@pytest.fixture
def workspace(own_workspace: Path) -> Workspace:
    return Workspace(own_workspace)


def add(workspace: Workspace, name: str, value: int = 40, owner: str = ANN) -> Kept:
    """Keep an image of two disks."""
    data = two_disks(value)
    source = micrographs.source_of(name, data, {})
    return micrographs.add(workspace, owner, source, name, data)


def add_result(workspace: Workspace, kept: Kept, model: str) -> None:
    data, _ = micrographs.contents(workspace, kept)
    shown = formats.read(data, kept.name)
    engine = ClassicEngine(zoo.CARDS[model])
    key = name_of(labels_key(Opened(kept.source, shown, shown), zoo.CARDS[model]))
    results.add(workspace, kept.owner, kept.id, key, analyse(shown, engine))


def titles(app: AppTest) -> list[str]:
    return [one.value.strip("*").replace("\\", "") for one in app.markdown if one.value[:2] == "**"]


def test_images_are_found_by_name_note_tag_model_and_order(workspace: Workspace) -> None:
    empty = opened("library")
    assert overview.EMPTY in [one.value for one in empty.info]
    assert not empty.text_input and not empty.selectbox
    first, second = add(workspace, "b_steel.tif"), add(workspace, "A weld.png", 60)
    micrographs.change(workspace, ANN, first.id, tags=["as cast"], notes="from Zürich")
    add_result(workspace, second, "otsu")
    assert titles(opened("library", sorted="name")) == ["A weld.png", "b_steel.tif"]
    assert titles(opened("library", find="zÜRICH")) == ["b_steel.tif"]
    assert titles(opened("library", tag="as cast")) == ["b_steel.tif"]
    assert titles(opened("library", by="otsu")) == ["A weld.png"]
    assert len(titles(opened("library", added="1"))) == 2
    app = opened("library", find="nothing like it")
    assert overview.NONE_FOUND in [one.value for one in app.info]


def test_a_card_opens_its_image_on_the_page_segment(workspace: Workspace) -> None:
    kept = add(workspace, "disks.png")
    micrographs.change(workspace, ANN, kept.id, model="otsu")
    app = opened("library")
    app = app.button(key=f"open-{kept.id}").click().run()
    assert [one.value for one in app.title] == ["Segment"]
    assert app.query_params["image"] == kept.id
    assert by_key(app.selectbox, "model_choice-").value == "otsu"


def test_name_tags_and_notes_are_kept(workspace: Workspace) -> None:
    kept = add(workspace, "disks.png")
    app = opened("library", item=kept.id)
    app.text_input(key=f"title-{kept.id}").set_value("Weld *7*").run()
    app.text_input(key=f"tags-{kept.id}").set_value("steel, , as cast").run()
    app.text_area(key=f"notes-{kept.id}").set_value("polished").run()
    found = micrographs.find(workspace, ANN, kept.id)
    assert (found.title, found.tags, found.notes) == ("Weld *7*", ("as cast", "steel"), "polished")
    app.text_input(key=f"title-{kept.id}").set_value(" ").run()
    assert micrographs.find(workspace, ANN, kept.id).title == "disks.png"


def test_two_results_are_compared_in_viewers_of_one_group(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = add(workspace, "disks.png")
    for model in METHODS:
        add_result(workspace, kept, model)
    groups = []
    monkeypatch.setattr(
        compare, "viewer", lambda image, settings, key: groups.append(settings.group)
    )
    app = opened("library", item=kept.id)
    assert groups == [compare.GROUP, compare.GROUP]
    left, right = (table.value.iloc[:, 0] for table in app.table)
    # Disks of radius 12 and 20 px on 96 x 128 px: 437 and 1245 px of 12288.
    assert right["Objects"] == "2" or left["Objects"] == "2"
    assert "13.7 % of the area" in (*left, *right)


def test_deleting_asks_once_and_leaves_nothing(workspace: Workspace) -> None:
    kept, other = add(workspace, "disks.png"), add(workspace, "other.png", 70)
    add_result(workspace, kept, "otsu")
    app = opened("library", item=kept.id)
    assert any("This cannot be undone" in one.value for one in app.markdown)
    app = app.button(key="library-delete").click().run()
    assert titles(app) == ["other.png"]
    assert [one.id for one in micrographs.listed(workspace, ANN)] == [other.id]
    assert len(list(workspace.blobs.folder.rglob("?" * 64))) == 1


def test_what_cannot_be_deleted_stays_on_the_page_and_says_why(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = add(workspace, "disks.png")

    def fail(*given: object) -> None:
        raise WorkspaceError("The disk failed (a_b_c).")

    monkeypatch.setattr(micrographs, "delete", fail)
    app = opened("library", item=kept.id).button(key="library-delete").click().run()
    assert [one.value for one in app.error] == [literal("The disk failed (a_b_c).")]
    assert app.query_params["item"] == kept.id
    assert app.text_input(key=f"title-{kept.id}").value == "disks.png"
    app = opened("library").checkbox(key=f"tick-{kept.id}").check().run()
    app = app.button(key="library-delete").click().run()
    assert app.error and "1 selected" in texts(app)
    assert not app.run().error


def test_ticked_images_are_deleted_together(workspace: Workspace) -> None:
    kept = [add(workspace, f"{value}.png", value) for value in (10, 20, 30)]
    app = opened("library")
    for one in kept[:2]:
        app = app.checkbox(key=f"tick-{one.id}").check().run()
    assert "2 selected" in texts(app)
    app = app.button(key="library-delete").click().run()
    assert titles(app) == ["30.png"]


def test_a_result_is_deleted_alone(workspace: Workspace) -> None:
    kept = add(workspace, "disks.png")
    for model in METHODS:
        add_result(workspace, kept, model)
    app = opened("library", item=kept.id)
    newest = results.listed(workspace, ANN, kept.id)[0]
    app.button(key=f"delete-result-{newest.id}").click().run()
    (left,) = results.listed(workspace, ANN, kept.id)
    assert left.model != newest.model


@pytest.fixture
def client() -> TestClient:
    return TestClient(Starlette(routes=[image_route(""), download_route("")]))


def cookie(owner: str) -> dict[str, str]:
    value = identity.signed(owner.removeprefix(identity.BROWSER))
    return {"cookie": f"{identity.cookie_name()}={value}"}


def export_address(app: AppTest) -> str:
    (link,) = (one for one in app.get("link_button") if "ZIP" in one.proto.label)
    return str(link.proto.url)


def test_an_export_comes_from_disk_and_into_another_library(
    workspace: Workspace, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = add(workspace, "disks.png")
    add_result(workspace, kept, "otsu")
    add(workspace, "bobs.png", 90, BOB)
    address = export_address(opened("library"))
    answer = client.get(address, headers=cookie(ANN))
    assert answer.headers["content-type"] == "application/zip"
    assert "bobs.png" not in answer.text
    with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
        assert packed.testzip() is None
    become(BOB, monkeypatch)
    app = opened("library")
    app.file_uploader[0].upload("library.zip", answer.content, "application/zip").run()
    assert "1 image is in your library now" in app.success[0].value.replace("\\", "")
    drawn = [one.type for one in app.main]
    assert drawn.index("success") < drawn.index("text_input")
    assert f"`lamella library import FILE --owner {BOB}`" in texts(app)
    (found,) = (one for one in micrographs.listed(workspace, BOB) if one.name == "disks.png")
    assert found.results == 1
    app = opened("library")
    app.file_uploader[0].upload("library.zip", b"no zip", "application/zip").run()
    assert "This is no library that Lamella exported" in app.error[0].value


def test_an_export_without_a_lost_image_says_which(
    workspace: Workspace, client: TestClient
) -> None:
    add(workspace, "disks.png")
    lost = add(workspace, "lost.png", 90)
    workspace.blobs.path(lost.blob or "").unlink()
    answer = client.get(export_address(opened("library")), headers=cookie(ANN))
    with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
        assert "lost.png" not in packed.read("library.json").decode()
    app = opened("library")
    (told,) = (one for one in warnings(app) if "not exported" in one)
    assert "lost" in told and str(workspace.folder) not in told
    actions = app.checkbox(key=f"tick-{lost.id}").check().run()
    answer = client.get(export_address(actions), headers=cookie(ANN))
    assert answer.status_code == 404
    assert "The file of lost.png" in answer.text and str(workspace.folder) not in answer.text


def test_another_owner_gets_nothing_by_id_or_address(
    workspace: Workspace, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = add(workspace, "disks.png")
    add_result(workspace, kept, "otsu")
    (result,) = results.listed(workspace, ANN, kept.id)
    app = opened("library")
    export, picture = export_address(app), picture_address(app)
    for owner, status in ((ANN, 200), (BOB, 404)):
        for address in (export, picture):
            assert client.get(address, headers=cookie(owner)).status_code == status
    for address in (export, picture):
        parts = address.split("/")
        parts[3] = "x" * len(parts[3])
        assert client.get("/".join(parts)).status_code == 404
    become(BOB, monkeypatch)
    app = opened("library", item=kept.id)
    assert item.NOT_THERE in warnings(app)
    assert "disks" not in texts(app) and "item" not in app.query_params
    assert results.find(workspace, BOB, result.key) is None
    assert results.delete(workspace, BOB, [result.id]) == 0
    assert micrographs.delete(workspace, BOB, [kept.id]) == 0
    assert b"disks" not in b"".join(archive.export(workspace, BOB, [kept.id]))
    assert len(results.listed(workspace, ANN, kept.id)) == 1


def picture_address(app: AppTest) -> str:
    shown = next(one.value for one in app.markdown if one.value.startswith("!["))
    return shown.rpartition("(")[2].rstrip(")")


def test_a_deleted_image_has_no_picture_any_more(workspace: Workspace, client: TestClient) -> None:
    kept = add(workspace, "disks.png")
    app = opened("library")
    address = picture_address(app)
    assert client.get(address).headers["content-type"] == "image/jpeg"
    app.checkbox(key=f"tick-{kept.id}").check().run()
    app.button(key="library-delete").click().run()
    assert client.get(address).status_code == 404
    assert not list((workspace.folder / "cache").iterdir())


def test_what_retention_will_remove_is_said(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = add(workspace, "disks.png")
    with workspace.database.write() as db:
        now = time.time()
        old = now - 85 * overview.DAY_SECONDS
        db.execute(
            "UPDATE micrograph SET used = ?, announced = ? WHERE id = ?", (old, now, kept.id)
        )
    monkeypatch.setenv("LAMELLA_KEEP_DAYS", "90")
    (warning,) = opened("library").warning
    assert "1 image will be deleted, as nobody opened it for 90 days: disks" in warning.value


def test_an_address_in_a_name_is_no_link() -> None:
    shown = literal("https://a.org www.b.org c@d.org")
    assert shown == r"https\:~//a.org www~.b.org c~@d.org".replace("~", WORD_JOINER)
    assert literal("C:/1_a.tif www") == r"C\:/1\_a.tif www"


def test_thousands_of_images_stay_quick(workspace: Workspace) -> None:
    kept = add(workspace, "disks.png")
    row = "SELECT ?, owner, ?, ?, ?, blob, bytes, created, used FROM micrograph WHERE id = ?"
    with workspace.database.write() as db:
        db.executemany(
            "INSERT INTO micrograph (id, owner, source, name, title, blob, bytes, created, used) "
            + row,
            [(f"{n:016x}", f"upload:{n}", f"{n}.tif", f"{n}.tif", kept.id) for n in range(3000)],
        )
    app = opened("library", sorted="name", find=".TIF")
    assert "1 to 24 of 3,000" in texts(app)
    begun = time.perf_counter()
    app.button(key="library-next").click().run()
    # All 3,000 would take minutes.
    assert time.perf_counter() - begun < 20
    assert "25 to 48 of 3,000" in texts(app)
    assert len(titles(app)) == overview.PAGE_SIZE

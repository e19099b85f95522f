"""Downloads: made when they are asked for, named right, for their owner alone, and bounded."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.bounded_store import BoundedStore
from pages.components.frame import identity, stores
from pages.components.frame.serving import downloads
from pages.components.segment.files import single_files
from tests.pages.frame.test_keeping import ANN, BOB, become
from tests.pages.running import fetched, finish, opened
from tests.pages.test_pages import two_disks, upload


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """Return the page with a result of an image of two disks, for a browser with the cookie."""
    become(ANN, monkeypatch)
    return segmented("Gefüge 1.png")


def segmented(name: str) -> AppTest:
    stores._store.clear("results", stores.RESULT_BYTES)
    app = upload(opened("segment", model="otsu"), name, two_disks())
    return finish(app.button(key="segment").click().run())


def test_files_come_with_their_names(app: AppTest) -> None:
    answer = fetched(app, "download-all")
    assert answer.headers["content-type"] == "application/zip"
    # RFC 6266, 5987.
    assert answer.headers["content-disposition"] == (
        "attachment; filename*=utf-8''Gef%C3%BCge%201.zip"
    )
    with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
        assert "Gefüge 1.objects.csv" in packed.namelist()
    table = fetched(app, "download-objects.csv").text
    assert len(table.splitlines()) == 3
    assert json.loads(fetched(app, "download-run.json").content)["model"]["name"] == "otsu"
    for suffix in single_files():
        assert fetched(app, f"download-{suffix}").status_code == 200


def test_a_name_in_ascii_is_sent_plain() -> None:
    named = fetched(segmented("disks.png"), "download-all").headers["content-disposition"]
    assert named == 'attachment; filename="disks.zip"'


def test_another_browser_gets_nothing(app: AppTest) -> None:
    for owner, status in ((ANN, 200), (BOB, 404)):
        value = identity.signed(owner.removeprefix(identity.BROWSER))
        cookie = f"{identity.cookie_name()}={value}"
        assert fetched(app, "download-all", cookie=cookie).status_code == status


def test_an_address_stays_from_run_to_run_and_lies_below_the_base_path(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = [one.proto.url for one in app.get("link_button")]
    assert [one.proto.url for one in app.run().get("link_button")] == first
    option = st.get_option
    monkeypatch.setattr(
        st, "get_option", lambda name: "/lab/sem/" if name == "server.baseUrlPath" else option(name)
    )
    app = app.run()
    assert {one.proto.url[:26] for one in app.get("link_button")} == {"/lab/sem/lamella/downloads"}
    assert fetched(app, "download-all", "/lab/sem/").status_code == 200


def test_what_had_to_make_room_is_gone_with_one_sentence(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    stores.results().discard(lambda _: True)
    answer = fetched(app, "download-all")
    assert answer.status_code == 404
    assert answer.text.startswith("The result of Gefüge 1.png was dropped from memory")
    offers = BoundedStore(2 * downloads.OFFER_BYTES)
    monkeypatch.setattr(downloads, "_offers", lambda: offers)
    app = app.run()
    assert offers.bytes == 2 * downloads.OFFER_BYTES
    answer = fetched(app, "download-all")
    assert (answer.status_code, answer.text) == (404, downloads.GONE)

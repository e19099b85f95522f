"""Corrections over HTTP, without a browser: whose they are, what is kept, what is refused."""

from __future__ import annotations

import json
import struct

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from streamlit.testing.v1 import AppTest

from core.workspace.corrections.open_correction import STALE
from pages.components.correct.route import GONE, correction_route
from pages.components.frame import identity, stores
from tests.pages.frame.test_keeping import ANN, BOB, become
from tests.pages.running import finish, opened, texts
from tests.pages.segment.test_runs import downloaded
from tests.pages.test_library import cookie
from tests.pages.test_pages import two_disks, upload

WIDTH, GROUND, THIRD = 128, 0, 3 << 8 | 1
RUNS = (0, 4, GROUND, THIRD), (WIDTH, 4, GROUND, THIRD)


def message(head: dict[str, object], runs: tuple[tuple[int, ...], ...] = ()) -> bytes:
    text = json.dumps({**head, "runs": len(runs)}).encode()
    text += b" " * (-len(text) % 4)
    return struct.pack("<I", len(text)) + text + b"".join(struct.pack("<4I", *run) for run in runs)


def drawn(serial: str, base: int) -> bytes:
    """Return a step that draws an object of 8 px as the third one."""
    objects = [[3, None, [1, "drawn", False, True]]]
    head = {"serial": serial, "base": base, "kind": "brush", "objects": objects}
    return message(head, RUNS)


def head_of(data: bytes) -> dict[str, object]:
    (size,) = struct.unpack_from("<I", data)
    return json.loads(data[4 : 4 + size])


def correction_of(app: AppTest) -> dict[str, object]:
    """Return what the page tells its tools of the correction."""
    (shown,) = (one for one in app.get("bidi_component") if "corrections" in str(one.proto))
    return json.loads(shown.proto.json)["correction"]


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the address of the correction of an image of two disks, that Ann's page shows."""
    become(ANN, monkeypatch)
    stores._store.clear("results", stores.RESULT_BYTES)
    app = upload(opened("segment", model="otsu"), "disks.png", two_disks())
    finish(app.button(key="segment").click().run())
    app.switch_page("../../correct.py").run()
    assert "Corrected by hand: 0 objects of 2" in texts(app)
    return str(correction_of(app)["url"])


@pytest.fixture
def client() -> TestClient:
    return TestClient(Starlette(routes=[correction_route("")]))


def test_steps_are_kept_once_and_in_their_order(address: str, client: TestClient) -> None:
    before = head_of(client.get(address).content)
    assert (before["revision"], before["next_id"], len(before["objects"])) == (0, 3, 2)
    for _ in range(2):
        answer = client.post(address, content=drawn("one", 0))
        assert (answer.status_code, answer.json()) == (200, {"revision": 1})
    after = head_of(client.get(address, headers={"accept-encoding": "identity"}).content)
    assert after["objects"][2] == [3, 1, "drawn", False, True]
    assert [step["serial"] for step in after["undo"]] == ["one"]
    both = message({"serial": "u", "base": 1, "kind": "undo"}) + message(
        {"serial": "r", "base": 2, "kind": "redo"}
    )
    assert client.post(address, content=both).json() == {"revision": 3}


def test_what_is_stale_damaged_or_not_ones_own_is_refused(address: str, client: TestClient) -> None:
    assert client.post(address, content=drawn("one", 0)).status_code == 200
    stale = client.post(address, content=drawn("two", 0))
    assert (stale.status_code, stale.text) == (409, STALE)
    assert client.post(address, content=b"nonsense").status_code == 400
    for owner, status in ((ANN, 200), (BOB, 404)):
        value = identity.signed(owner.removeprefix(identity.BROWSER))
        cookies = {"cookie": f"{identity.cookie_name()}={value}"}
        assert client.get(address, headers=cookies).status_code == status
    guessed = client.get(address[:-1] + ("A" if address[-1] != "A" else "B"))
    assert (guessed.status_code, guessed.text) == (404, GONE)


def test_what_is_drawn_on_a_blank_image_is_exported(
    monkeypatch: pytest.MonkeyPatch, client: TestClient
) -> None:
    become(ANN, monkeypatch)
    app = upload(opened("correct", begin="blank", model="otsu"), "disks.png", two_disks())
    assert "Drawn by hand (by-hand)" in downloaded(app, "All files (ZIP)")
    objects = [[1, None, [1, "drawn", False, True]]]
    head = {"serial": "1", "base": 0, "kind": "brush", "objects": objects}
    data = message(head, ((0, 4, GROUND, 1 << 8 | 1),))
    answer = client.post(str(correction_of(app)["url"]), content=data, headers=cookie(ANN))
    assert answer.status_code == 200, answer.text
    # The button was drawn before the stroke.
    assert "corrected by hand: 1 object of 1" in downloaded(app, "All files (ZIP)")

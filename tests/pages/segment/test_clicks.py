"""Clicks over HTTP, without a browser: whose they are, what is answered, what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core.types.micrograph import Micrograph
from pages.components.correct import clicks
from pages.components.frame import identity
from tests.core.interaction.bright_network import BrightNetwork, disks
from tests.pages.frame.test_keeping import ANN, BOB

DISK = (60, 60, 20)
# The last 20 rows are an info bar, the first 10 another one.
SHOWN = Micrograph(
    disks((130, 200), DISK), "disk.png", "of-a-disk", info_bar_rows=20, top_bar_rows=10
)


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(clicks.session, "owner", lambda: ANN)
    monkeypatch.setattr(clicks, "_network", BrightNetwork)
    clicks._places.cache_clear()
    return clicks.address(SHOWN)


@pytest.fixture
def client() -> TestClient:
    return TestClient(Starlette(routes=[clicks.click_route("")]))


def asked(turn: int = 1, **others: Any) -> dict[str, Any]:
    return {"asker": "tab", "turn": turn, "clicks": [[60, 60, True]], **others}


def test_a_click_is_answered_in_rows_of_the_micrograph(address: str, client: TestClient) -> None:
    answer = client.post(address, json=asked())
    assert answer.status_code == 200
    mask = np.zeros(SHOWN.shape, bool)
    for row, left, right in answer.json()["rows"]:
        mask[row, left:right] = True
    truth = disks(SHOWN.shape, DISK) > 0
    assert (mask & truth).sum() > 0.97 * (mask | truth).sum()
    assert answer.headers["cache-control"] == "private, no-store"
    # The same image has the same address as long as it is known.
    assert clicks.address(SHOWN) == address


def test_the_newest_question_of_a_tab_counts(address: str, client: TestClient) -> None:
    assert client.post(address, json=asked(5)).status_code == 200
    assert client.post(address, json=asked(4)).status_code == 204
    assert client.post(address, json=asked(4, asker="another")).status_code == 200


def test_what_is_damaged_too_large_or_not_ones_own_is_refused(
    address: str, client: TestClient
) -> None:
    for content in (b"nonsense", b"[]", b'{"asker": 1}'):
        answer = client.post(address, content=content)
        assert (answer.status_code, "reload the page" in answer.text) == (400, True)
    outside = client.post(address, json=asked(clicks=[[60, 60, False]]))
    assert "click into it, or draw a box" in outside.text
    in_the_bar = client.post(address, json=asked(clicks=[[5, 60, True]]))
    assert (in_the_bar.status_code, "outside the image" in in_the_bar.text) == (400, True)
    assert client.post(address, content=b" " * (clicks.MOST_BYTES + 1)).status_code == 413
    for owner, status in ((ANN, 200), (BOB, 404)):
        value = identity.signed(owner.removeprefix(identity.BROWSER))
        cookies = {"cookie": f"{identity.cookie_name()}={value}"}
        assert client.post(address, json=asked(9), headers=cookies).status_code == status
    guessed = client.post(address[:-1] + ("A" if address[-1] != "A" else "B"), json=asked())
    assert (guessed.status_code, guessed.text) == (404, clicks.GONE)

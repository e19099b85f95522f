"""Each page has one address, with hyphens; the file's own name leads to it."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from pages.components.frame.serving.addresses import SERVER_IS_HERE, page_routes


@pytest.mark.parametrize(("base_path", "before"), [("", ""), ("/sem/", "/sem")])
def test_underscores_lead_to_hyphens_with_all_parameters(base_path: str, before: str) -> None:
    client = TestClient(Starlette(routes=page_routes(base_path)))
    answer = client.get(f"{before}/receptive_field?layers=conv 5", follow_redirects=False)
    assert answer.status_code == 307
    assert answer.headers["location"].endswith(f"{before}/receptive-field?layers=conv%205")
    assert client.get(f"{before}/receptive_field").status_code == 200


def test_a_page_says_where_its_server_is() -> None:
    client = TestClient(Starlette(routes=page_routes("")))
    text = client.get("/pooling").text
    assert text.index(SERVER_IS_HERE) < text.index('<script type="module"')
    assert client.get("/pooling/_stcore/health").status_code == 404


@pytest.mark.parametrize("name", ["nosuch", "No-Such_1"])
def test_an_address_without_a_page_says_where_the_server_is_too(name: str) -> None:
    client = TestClient(Starlette(routes=page_routes("")))
    assert SERVER_IS_HERE in client.get(f"/{name}").text


@pytest.mark.parametrize("path", ["favicon.png", "_stcore", "nosuch/_stcore/health", "a/b"])
def test_what_is_no_page_stays_with_streamlit(path: str) -> None:
    client = TestClient(Starlette(routes=page_routes("")))
    assert client.get(f"/{path}").status_code == 404

"""Who asks: a browser is known again by its cookie, and nobody can make one up."""

from __future__ import annotations

import stat
from collections.abc import Callable
from http.cookies import SimpleCookie
from pathlib import Path

import pytest
from httpx import Response
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from core.errors import LamellaError
from pages.components.frame import identity, session
from pages.components.frame.identity import OwnerCookie
from pages.components.frame.serving.addresses import page_routes

PAGE = {"accept": "text/html,application/xhtml+xml"}


def client(base: str = "") -> TestClient:
    middleware = [Middleware(OwnerCookie, base)]
    return TestClient(Starlette(routes=page_routes(base), middleware=middleware))


def cookie_of(answer: Response) -> SimpleCookie:
    return SimpleCookie(answer.headers["set-cookie"])


def test_the_first_page_brings_a_cookie_and_the_next_the_same_for_a_year_more() -> None:
    browser = client()
    morsel = cookie_of(browser.get("/segment", headers=PAGE))[identity.cookie_name()]
    owner = identity.owner_of({morsel.key: morsel.value})
    assert owner and owner.startswith(identity.BROWSER)
    assert (morsel["path"], morsel["max-age"]) == ("/", str(365 * 86400))
    assert (morsel["httponly"], morsel["samesite"], morsel["secure"]) == (True, "Lax", "")
    again = cookie_of(browser.get("/segment", headers=PAGE))
    assert again[identity.cookie_name()].value == morsel.value
    other = cookie_of(client().get("/segment", headers=PAGE))
    assert other[identity.cookie_name()].value != morsel.value


def test_the_cookie_stays_below_the_base_path_and_off_everything_but_pages() -> None:
    browser = client("/sem/")
    answer = browser.get("/sem/segment", headers=PAGE)
    assert cookie_of(answer)[identity.cookie_name()]["path"] == "/sem"
    assert "set-cookie" not in browser.get("/sem/segment", headers={"accept": "image/*"}).headers


def test_the_cookie_is_secure_where_the_page_came_over_tls() -> None:
    answer = client().get("https://lab.example/segment", headers=PAGE)
    assert cookie_of(answer)[identity.cookie_name()]["secure"] is True


CHANGES: dict[str, Callable[[str], str]] = {
    "another's name under it": lambda value: "ann." + value.partition(".")[2],
    "one letter less": lambda value: value[:-1],
    "no signature": lambda value: value.partition(".")[0],
    "signature alone": lambda value: "." + value.partition(".")[2],
    "nothing": lambda value: "",
    "other letters": lambda value: value + "é",
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_cookie_is_nobody(change: str) -> None:
    good = identity.signed("bob")
    name = identity.cookie_name()
    assert identity.owner_of({name: good}) == "browser:bob"
    assert identity.owner_of({name: CHANGES[change](good)}) is None


def test_a_cookie_of_another_workspace_is_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, value = identity.cookie_name(), identity.signed("bob")
    monkeypatch.setenv("LAMELLA_WORKSPACE", str(tmp_path / "other"))
    assert identity.cookie_name() != name
    assert identity.owner_of({identity.cookie_name(): value}) is None


def test_the_secret_outlives_the_process_and_is_for_its_user_alone(own_workspace: Path) -> None:
    value = identity.signed("bob")
    identity._secret_in.cache_clear()
    assert identity.signed("bob") == value
    secret = own_workspace / identity.SECRET_FILE
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert stat.S_IMODE(own_workspace.stat().st_mode) == 0o700
    assert list(own_workspace.iterdir()) == [secret]


def test_a_second_process_keeps_the_secret_of_the_first(own_workspace: Path) -> None:
    identity.signed("bob")
    secret = own_workspace / identity.SECRET_FILE
    first = secret.read_bytes()
    identity._write_once(secret, b"another" * 5)
    assert secret.read_bytes() == first
    assert list(own_workspace.iterdir()) == [secret]


def test_without_a_folder_to_write_a_browser_is_known_until_the_end_of_the_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("LAMELLA_WORKSPACE", str(tmp_path / "file" / "workspace"))
    cookies = {identity.cookie_name(): identity.signed("bob")}
    assert identity.owner_of(cookies) == "browser:bob"


def test_a_session_without_a_cookie_is_like_no_other() -> None:
    first, second = identity.who(), identity.who()
    assert first != second
    assert first.startswith(identity.SESSION)


def test_a_session_asks_only_once_who_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, who = [], identity.who
    monkeypatch.setattr(identity, "who", lambda: asked.append(1) or who())
    monkeypatch.setattr(session.st, "session_state", {})
    assert session.owner() == session.owner()
    assert len(asked) == 1


def test_everyone_here_is_one_owner_without_a_cookie(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAMELLA_OWNER", "everyone")
    assert identity.who() == identity.owner_of({}) == identity.EVERYONE
    assert "set-cookie" not in client().get("/segment", headers=PAGE).headers


def test_another_setting_of_the_owner_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAMELLA_OWNER", "anyone")
    with pytest.raises(LamellaError, match="LAMELLA_OWNER is 'anyone'; leave it out, or set"):
        identity.who()

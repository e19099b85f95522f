"""A browser is told which scripts a result needs, once, before it needs them."""

from __future__ import annotations

import json
import re

import pytest
from streamlit.testing.v1 import AppTest

from pages.components.frame import ahead
from pages.components.frame.bundle import FOLDER

INDEX = (FOLDER.parent / "index.html").read_text("utf-8")
FIRST_PAINT = set(re.findall(r"js/([\w.-]+\.js)", INDEX))


def script() -> None:
    from pages.components.frame import ahead

    ahead.fetch()


def addresses(app: AppTest) -> dict[str, list[str]]:
    (component,) = app.get("bidi_component")
    return json.loads(component.proto.json)


@pytest.mark.parametrize("element", [*ahead.AT_ONCE, *ahead.LATER])
def test_streamlit_has_one_script_of_this_name(element: str) -> None:
    at_once, later = ahead.needed()
    names = at_once if element in ahead.AT_ONCE else later
    assert len([name for name in names if name.startswith(f"{element}.")]) == 1


def test_nothing_that_they_import_is_left_to_be_asked_for() -> None:
    at_once, later = ahead.needed()
    known = FIRST_PAINT.union(at_once, later)
    assert len(set(at_once + later)) == len(at_once + later)
    assert FIRST_PAINT.isdisjoint(at_once + later)
    for name in (*at_once, *later):
        text = (FOLDER / "js" / name).read_text("utf-8")
        assert set(re.findall(r'(?<=[mt])"\./([\w.-]+\.js)"', text)) <= known
        assert "PlotlyChart" not in name or name in later


def test_they_are_told_once_a_session_below_the_base_path(monkeypatch: pytest.MonkeyPatch) -> None:
    app = AppTest.from_function(script, default_timeout=60).run()
    told = addresses(app)
    assert told["atOnce"][0].startswith("/static/js/BidiComponent.")
    assert told["later"][0].startswith("/static/js/PlotlyChart.")
    assert not app.run().get("bidi_component")
    monkeypatch.setattr(
        ahead.publish.st, "get_option", lambda name: "sem" if name == "server.baseUrlPath" else None
    )
    told = addresses(AppTest.from_function(script, default_timeout=60).run())
    assert told["atOnce"][0].startswith("/sem/static/js/BidiComponent.")

"""The page Lecture: what it says of its link, and what it puts on stage."""

from __future__ import annotations

import json

from lecture.steps import STEPS
from pages.components.lecture.class_route import is_open
from tests.pages.running import opened, warnings


def test_the_contents_lead_to_every_step() -> None:
    app = opened("lecture", sample="gold-tem", step="pooling")
    assert not app.exception
    links = [one.proto.label for one in app.get("page_link")]
    assert len(links) == 1 + len(STEPS)
    assert links[0].startswith("**Present from step 25 of 57: Pooling")
    assert "step=pooling&present=1" in app.code[0].value
    assert "model=" not in app.code[0].value


def test_a_step_that_does_not_exist_is_said_in_a_line() -> None:
    app = opened("lecture", step="nonsense")
    assert warnings(app) == ["The link asks for a step that does not exist; shown: the first."]
    assert not app.exception


def test_all_sessions_share_the_pictures_of_a_sample() -> None:
    found = [opened("lecture", present="1").get("bidi_component")[0].proto for _ in range(2)]
    one, other = (json.loads(proto.mixed.json or proto.json) for proto in found)
    assert one["steps"] == other["steps"]
    assert one["answers"] == ""


def test_a_class_has_its_code_in_the_link_until_it_ends() -> None:
    app = opened("lecture", sample="gold-tem", step="predict-size")
    app.button[0].click().run()
    code = app.query_params["class"]
    assert is_open(code)
    assert f"class={code}" in app.code[0].value
    app.button[0].click().run()
    assert "class" not in app.query_params
    assert not is_open(code)


def test_on_stage_nothing_is_an_error() -> None:
    for link in ({"image": "0" * 32}, {"sample": "no-such-sample"}, {"step": "nonsense"}):
        app = opened("lecture", present="1", **link)
        assert not app.exception and not app.error and not app.warning

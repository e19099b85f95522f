"""The page Lecture: what it says of its link, and what it puts on stage."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from streamlit.testing.v1 import AppTest

from core.workspace import micrographs
from core.workspace.workspace import Workspace
from lecture.classroom import Shown
from lecture.steps import STEPS
from pages.components.frame.serving.image_store import image_route, image_store
from pages.components.lecture import stage
from pages.components.lecture.class_route import classrooms, is_open
from tests.pages.frame.test_keeping import ANN, BOB, become
from tests.pages.running import lesson, opened, texts, warnings
from tests.pages.test_pages import two_disks


def test_the_contents_lead_to_every_step() -> None:
    app = opened("lecture", sample="gold-tem", step="pooling")
    assert not app.exception
    links = [one.proto.label for one in app.get("page_link")]
    place = list(STEPS).index("pooling") + 1
    assert len(links) == 1 + len(STEPS)
    assert links[0].startswith(f"**Present from step {place} of {len(STEPS)}: Pooling")
    assert "step=pooling&present=1" in app.code[0].value
    assert "model=" not in app.code[0].value


def test_a_step_that_does_not_exist_is_said_in_a_line() -> None:
    app = opened("lecture", step="nonsense")
    assert warnings(app) == ["The link names a step that does not exist; shown: the first."]
    assert not app.exception


def test_all_sessions_share_the_pictures_of_a_sample() -> None:
    found = [opened("lecture", present="1").get("bidi_component")[0].proto for _ in range(2)]
    one, other = (json.loads(proto.mixed.json or proto.json) for proto in found)
    assert one["steps"] == other["steps"]
    assert one["answers"] == ""


def test_a_class_has_a_short_link_until_it_ends() -> None:
    app = opened("lecture", sample="gold-tem", step="predict-size")
    app.button[0].click().run()
    code = app.query_params["class"]
    assert is_open(code)
    assert app.code[0].value.endswith(f"?class={code}")
    seen = deck(opened("lecture", **{"class": code}))
    assert seen["step"] == "predict-size" and code in seen["answers"]
    assert seen["live"] == stage.LIVE
    app.button[0].click().run()
    assert "class" not in app.query_params
    assert not is_open(code)
    over = opened("lecture", **{"class": code})
    assert warnings(over) == ["The class of this link is over."]
    assert not over.get("bidi_component")


def deck(app: AppTest) -> dict[str, Any]:
    proto = app.get("bidi_component")[0].proto
    return json.loads(proto.mixed.json or proto.json)


def test_the_instructors_upload_is_seen_with_the_code_while_the_class_lasts(
    own_workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    become(ANN, monkeypatch)
    source = micrographs.source_of("ann.png", two_disks(), {})
    kept = micrographs.add(Workspace(own_workspace), ANN, source, "ann.png", two_disks())
    app = opened("lecture", image=kept.id)
    assert "This shares pictures of **ann" in texts(app)
    app.button[0].click().run()
    code = app.query_params["class"]
    mine = deck(opened("lecture", present="1", image=kept.id))["steps"][0]["figure"]

    become(BOB, monkeypatch)
    browser = TestClient(Starlette(routes=[image_route("")]))
    student = deck(opened("lecture", **{"class": code}))
    assert student["note"] == ""
    # The pages themselves open the image for its owner alone.
    assert student["live"] == stage.LIVE_ON_SAMPLE
    shared = student["steps"][0]["figure"]
    assert shared != mine
    assert browser.get(shared).text == drawn_of_ann(mine)
    # The id of the image, or another code, gives a sample.
    without = deck(opened("lecture", present="1", image=kept.id))
    wrong = deck(opened("lecture", present="1", **{"class": code[::-1]}))
    assert without["note"] == stage.ELSEWHERE
    assert {without["steps"][0]["figure"], wrong["steps"][0]["figure"]}.isdisjoint({mine, shared})
    # Nobody but the instructor ends it.
    assert not opened("lecture", present="0", **{"class": code}).button

    become(ANN, monkeypatch)
    app.button[0].click().run()
    become(BOB, monkeypatch)
    assert browser.get(shared).status_code == 404
    assert not opened("lecture", **{"class": code}).get("bidi_component")


def drawn_of_ann(address: str) -> str:
    return image_store().get(*address.rpartition(".")[0].split("/")[-2:], ANN).data.decode()


def test_a_class_whose_image_was_deleted_sees_a_sample(
    own_workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    become(BOB, monkeypatch)
    code = classrooms().open(Shown(ANN, "upload:gone"))
    seen = opened("lecture", **{"class": code})
    assert deck(seen)["note"] == stage.NOT_THE_CLASSES
    assert not seen.exception and not seen.warning and not seen.error


def test_the_menu_leads_back_to_the_step_that_was_left_for_its_page() -> None:
    app = opened("lecture", sample="gold-tem", present="1", step="stride")
    app.session_state[stage.GO_LIVE] = "stride"
    app.run()
    assert app.title[0].value == "Convolution"
    assert app.query_params["presenter"] == "true"
    app.switch_page("../../lecture.py").run()
    assert deck(app)["step"] == "stride"


def test_the_presenter_of_a_lesson_is_its_chapter_and_esc_leads_back() -> None:
    app = lesson("pooling")
    app.toggle(key="presenter").set_value(True).run()
    assert deck(app)["step"] == "pooling"
    app.session_state[stage.GO_BACK] = "pooling"
    app.run()
    assert app.title[0].value == "Pooling"
    assert not app.toggle(key="presenter").value


def test_on_stage_nothing_is_an_error() -> None:
    for link in ({"image": "0" * 32}, {"sample": "no-such-sample"}, {"step": "nonsense"}):
        app = opened("lecture", present="1", **link)
        assert not app.exception and not app.error and not app.warning


@pytest.mark.parametrize("page", ["segment", "inspect", "pooling"])
def test_as_presenter_a_sample_stands_in_for_an_image_that_is_gone(page: str) -> None:
    app = opened(page, presenter="true", sample="gold-tem")
    app.session_state["lamella"].source = "upload:gone"
    for name in ("sample", "image"):
        app.query_params.pop(name, None)
    app.run()
    assert "no longer here; upload it again. Shown: a sample." in texts(app)
    assert not app.exception and not app.error

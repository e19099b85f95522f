"""The pixel size from the scale bar: found and proposed, dragged along, or refused."""

from __future__ import annotations

import io
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.errors import LamellaError
from core.scale_bar import find
from core.scale_bar.text import MISSING
from pages.components.frame.images import scale_bar
from pages.components.viewer.ruler import Measured, measured_from
from tests.core.scale_bar.drawn import draw
from tests.pages.running import finish, opened, texts, warnings
from tests.pages.test_pages import upload


def segment(label: str) -> AppTest:
    """Return the page Segment with an uncalibrated image whose bar is 200 px long.

    What was found in an image is kept for all sessions.
    """
    buffer = io.BytesIO()
    made = draw(label, length=200, ink=0)
    Image.fromarray(np.rint(255 * made.pixels).astype(np.uint8)).save(buffer, "PNG")
    return upload(opened("segment"), "journal.png", buffer.getvalue())


def found(app: AppTest) -> AppTest:
    return finish(app.button(key="scale_bar_find").click().run(), scale_bar.PLACE)


def pixel_size(app: AppTest) -> Any:
    mine = app.session_state["lamella"]
    changes = mine.changes.get(mine.source)
    return changes and changes.pixel_size


def test_a_scale_that_was_read_counts_only_when_it_is_confirmed() -> None:
    app = found(segment("50 nm"))
    assert "**50 nm** is 200.0 px: **0.25 nm** a pixel, the image 150 nm wide." in texts(app)
    assert pixel_size(app) is None
    app = app.button(key="scale_bar_use").click().run()
    assert pixel_size(app).nm == pytest.approx(0.25, rel=2e-3)
    assert "From the scale bar, read: 50 nm = 200 px. In the file: none." in texts(app)


def test_a_discarded_scale_leaves_the_image_in_px() -> None:
    app = found(segment("50 nm")).button(key="scale_bar_discard").click().run()
    assert pixel_size(app) is None
    assert app.button(key="scale_bar_find")


@pytest.mark.parametrize("why", [MISSING, find.NOT_FOUND])
def test_what_prevents_it_is_said_and_leaves_the_other_ways(
    why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise LamellaError(why)

    monkeypatch.setattr(find, "find_scale_bar", refuse)
    app = found(segment("20 nm"))
    assert warnings(app) == [why]
    assert app.button(key="scale_bar_find") and app.button(key="scale_bar_drag")


def test_the_ruler_sets_the_size_or_says_why_not(monkeypatch: pytest.MonkeyPatch) -> None:
    state: dict[str, Any] = {}
    changed: dict[str, Any] = {}
    monkeypatch.setattr(scale_bar.session, "remember", state.__setitem__)
    monkeypatch.setattr(scale_bar.session, "value_of", state.get)
    monkeypatch.setattr(scale_bar.images, "change", lambda source, **new: changed.update(new))
    opened_image: Any = SimpleNamespace(source="upload:a")
    assert scale_bar.ruler(opened_image) is None
    scale_bar._begin_dragging("upload:a")
    ruler = scale_bar.ruler(opened_image)
    assert ruler is not None
    ruler.on_measured(Measured(143, "200"))
    refused = scale_bar.ruler(opened_image)
    assert refused is not None and "'200' is not a length with its unit" in refused.refused
    assert refused.turn == ruler.turn and not changed
    refused.on_measured(Measured(143, "200 nm"))
    assert scale_bar.ruler(opened_image) is None
    assert changed["pixel_size"].source == "from the scale bar, by hand: 200 nm = 143 px"


def test_a_ruler_that_was_given_up_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    state: dict[str, Any] = {}
    monkeypatch.setattr(scale_bar.session, "remember", state.__setitem__)
    monkeypatch.setattr(scale_bar.session, "value_of", state.get)
    scale_bar._begin_dragging("upload:a")
    ruler = scale_bar.ruler(SimpleNamespace(source="upload:a"))  # type: ignore[arg-type]
    assert ruler is not None
    ruler.on_measured(Measured(0, ""))
    assert scale_bar.ruler(SimpleNamespace(source="upload:a")) is None  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "sent",
    [
        None,
        {"digest": "b", "length_px": 10, "text": "1 nm"},
        {"digest": "a", "length_px": "10", "text": "1 nm"},
        {"digest": "a", "length_px": float("nan"), "text": "1 nm"},
        {"digest": "a", "length_px": -1, "text": "1 nm"},
        {"digest": "a", "length_px": 10, "text": "1" * 41},
        {"digest": "a", "length_px": 10},
    ],
)
def test_what_no_ruler_can_have_sent_is_not_believed(sent: object) -> None:
    assert measured_from(sent, "a") is None


def test_what_a_ruler_sent_is_believed() -> None:
    sent = {"digest": "a", "length_px": 143.5, "text": "200 nm", "serial": 7}
    assert measured_from(sent, "a") == Measured(143.5, "200 nm")

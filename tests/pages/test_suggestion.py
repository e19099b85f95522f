"""Segment says what an image looks like: it offers the model for it, or takes it where none was
chosen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.classification.card import Classification
from core.errors import ModelError
from core.formats import read_file
from core.types import Micrograph
from models import classifiers, zoo
from pages.components.frame import samples, session, stores
from pages.components.frame.memory import Opened
from pages.components.frame.samples import Offer
from pages.components.segment import suggestion
from tests.pages.running import by_key, opened

CARD = classifiers.card(suggestion.CLASSIFIER)
NONE = suggestion.UNLIKE_ALL
GRAINS = suggestion.LOOKS_LIKE.format("grains", 94)


def noise() -> Micrograph:
    """Return an image that nothing was trained on, small enough to cost nothing."""
    pixels = np.random.default_rng(1).random((40, 40)).astype(np.float32)
    return Micrograph(pixels, "noise", "noise")


@pytest.fixture(autouse=True)
def no_results() -> None:
    """Begin without kept results."""
    stores._store.clear("results", stores.RESULT_BYTES)


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, float]], None]:
    """Return a function that sets what the classifier answers, a probability for each kind."""

    def answer(shares: dict[str, float]) -> None:
        probabilities = np.array([shares.get(phase.name, 0.0) for phase in CARD.phases])
        found = Classification(probabilities, replace(CARD, threshold=0.3))
        monkeypatch.setattr(suggestion, "_classified", lambda _: found)

    return answer


def script(opened: object, model: str) -> None:
    """Draw the suggestion alone."""
    from models import zoo
    from pages.components.segment import suggestion

    suggestion.draw(opened, zoo.card(model), None)


def drawn(model: str = "particles") -> AppTest:
    """Return the suggestion for the image as it is drawn once the answer is there."""
    opened = Opened("sample:noise", noise(), noise())
    app = AppTest.from_function(script, args=(opened, model), default_timeout=60).run()
    return after_the_answer(app)


def after_the_answer(app: AppTest) -> AppTest:
    app.session_state["lamella"].jobs[suggestion.PLACE].future.exception(timeout=60)
    return app.run()


def captions(app: AppTest) -> list[str]:
    assert not app.exception
    return [one.value for one in app.caption]


def test_the_button_takes_the_model_that_fits(
    answering: Callable[[dict[str, float]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    answering({"grains": 0.94, "other": 0.06})
    offers = (Offer("noise", "Noise", "One.", True, lambda page: (noise(), None)),)
    monkeypatch.setattr(samples, "offers", lambda: offers)
    # A sample is segmented by itself, which is not what is tested here.
    monkeypatch.setattr(session, "take_run_request", lambda: False)
    app = after_the_answer(opened("segment", sample="noise", model="particles"))
    assert GRAINS in captions(app)
    assert app.session_state["lamella"].model == "particles", "nothing is chosen without the button"
    app.button(key="use-grains").click().run()
    assert app.session_state["lamella"].model == "grains"
    assert GRAINS not in captions(app)


@pytest.mark.parametrize("model", ["particles", "particles-resnet18"])
def test_the_right_model_is_not_offered_again(
    model: str, answering: Callable[[dict[str, float]], None]
) -> None:
    answering({"particles": 0.99, "coating": 0.01})
    assert captions(drawn(model)) == []


def test_a_model_that_is_not_in_the_zoo_is_not_offered(
    answering: Callable[[dict[str, float]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    answering({"grains": 0.94, "other": 0.06})
    known = {name: card for name, card in zoo.CARDS.items() if name != "grains"}
    monkeypatch.setattr(zoo, "CARDS", known)
    assert captions(drawn()) == []


@pytest.mark.parametrize(("model", "said"), [("particles", [NONE]), ("otsu", [])])
def test_an_image_of_no_kind_is_said_of_a_network_only(
    model: str, said: list[str], answering: Callable[[dict[str, float]], None]
) -> None:
    answering({"other": 0.9, "coating": 0.1})
    assert captions(drawn(model)) == said


def test_a_doubtful_answer_says_nothing(answering: Callable[[dict[str, float]], None]) -> None:
    answering({"grains": 0.69, "coating": 0.31})
    assert captions(drawn()) == []


def test_an_upload_without_a_choice_gets_the_model_that_fits(
    answering: Callable[[dict[str, float]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    answering({"grains": 0.94, "other": 0.06})
    offers = (Offer("lab/noise", "Noise", "One.", False, lambda page: (noise(), None)),)
    monkeypatch.setattr(samples, "offers", lambda: offers)
    monkeypatch.setattr(session, "take_run_request", lambda: False)
    app = after_the_answer(opened("segment", sample="lab/noise"))
    assert app.session_state["lamella"].model is None
    assert by_key(app.selectbox, "model_choice").value == "grains"
    assert app.button(key="segment")
    assert any(text.startswith(GRAINS) for text in captions(app))


def doubting(opened: object, model: str) -> None:
    """Write what speaks against a model."""
    import streamlit as st

    from models import zoo
    from pages.components.segment import suggestion

    for sentence in suggestion.doubts(opened, zoo.card(model)):
        st.caption(sentence)


@pytest.mark.parametrize(
    ("model", "shares", "said"),
    [
        ("particles", {"grains": 0.94, "other": 0.06}, 1),
        ("grains", {"grains": 0.94, "other": 0.06}, 0),
        ("particles", {"grains": 0.69, "coating": 0.31}, 0),
        ("otsu", {"grains": 0.94, "other": 0.06}, 0),
    ],
)
def test_a_result_on_another_material_is_doubted(
    model: str,
    shares: dict[str, float],
    said: int,
    answering: Callable[[dict[str, float]], None],
) -> None:
    answering(shares)
    upload = Opened("upload:1", noise(), noise())
    app = AppTest.from_function(doubting, args=(upload, model), default_timeout=60).run()
    if zoo.card(model).weights:
        app = after_the_answer(app)
    title = zoo.card(model).title
    assert captions(app) == [suggestion.OTHER.format("grains", 94, title)] * said


def test_a_titanium_alloy_is_not_called_carbon_steel(shared_data: Callable[..., Path]) -> None:
    shown = read_file(shared_data("formats", "zeiss_gemini300_rgb_nist.tif"))
    answer = suggestion._classified(Opened("upload:1", shown, shown))
    assert answer.image_class.name != "other", "else this tests nothing"
    assert answer.probabilities[answer.index] < suggestion.SURE


def test_damaged_weights_are_tried_once_and_cost_only_the_suggestion(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls = []

    def damaged(_: Opened) -> Classification:
        calls.append(1)
        raise ModelError("damaged")

    monkeypatch.setattr(suggestion, "_classified", damaged)
    app = drawn().run()
    assert captions(app) == []
    assert len(calls) == 1

"""Segment says what an image looks like: it offers the model for it, or takes it where none was
chosen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.classification.card import Classification
from core.classification.doubt import doubts, sure_suggestion
from core.errors import ModelError
from core.formats import read_file
from core.types.micrograph import Micrograph
from models import classifiers, zoo
from pages.components.frame import session, stores
from pages.components.frame.images import samples
from pages.components.frame.images.samples import Offer
from pages.components.frame.memory import Opened
from pages.components.segment import image_class, suggestion
from tests.pages.running import by_key, finish, opened, texts

CARD = classifiers.card(classifiers.MICROGRAPH_TYPE)
NONE = suggestion.UNLIKE_ALL.format(zoo.CARDS["particles"].title)
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
        monkeypatch.setattr(image_class, "classified", lambda _: found)

    return answer


def script(opened: object, model: str) -> None:
    """Draw the suggestion alone."""
    from models import zoo
    from pages.components.segment import suggestion

    suggestion.draw(opened, zoo.card(model), None)
    suggestion.find_out(opened)


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
    app = drawn()
    assert captions(app) == [NONE] and not app.button


@pytest.mark.parametrize(("model", "said"), [("particles", [NONE]), ("otsu", [])])
def test_an_image_of_no_kind_is_said_of_a_network_only(
    model: str, said: list[str], answering: Callable[[dict[str, float]], None]
) -> None:
    answering({"other": 0.9, "coating": 0.1})
    assert captions(drawn(model)) == said


def test_a_doubtful_answer_says_nothing(answering: Callable[[dict[str, float]], None]) -> None:
    answering({"grains": 0.69, "particles": 0.31})
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


def test_steel_at_86_percent_gets_its_model(
    answering: Callable[[dict[str, float]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    answering({"carbon steel": 0.86, "other": 0.14})
    offers = (Offer("lab/noise", "Noise", "One.", False, lambda page: (noise(), None)),)
    monkeypatch.setattr(samples, "offers", lambda: offers)
    monkeypatch.setattr(session, "take_run_request", lambda: False)
    app = after_the_answer(opened("segment", sample="lab/noise"))
    assert by_key(app.selectbox, "model_choice").value == "carbon-steel"


@pytest.mark.parametrize(
    ("model", "shares", "said"),
    [
        ("particles", {"grains": 0.94, "other": 0.06}, "particles"),
        ("particles-resnet18", {"grains": 0.94, "other": 0.06}, "particles"),
        ("particles", {"carbon steel": 0.55, "other": 0.43, "particles": 0.02}, "particles"),
        ("grains", {"grains": 0.94, "other": 0.06}, ""),
        ("particles", {"particles": 0.26, "other": 0.74}, ""),
        ("otsu", {"grains": 0.94, "other": 0.06}, ""),
        ("gold", {"grains": 0.94, "other": 0.06}, ""),
    ],
)
def test_a_result_on_another_material_is_doubted(
    model: str,
    shares: dict[str, float],
    said: str,
    answering: Callable[[dict[str, float]], None],
) -> None:
    answering(shares)
    found = image_class.doubts(Opened("upload:1", noise(), noise()), zoo.card(model))
    assert len(found) == bool(said)
    assert all(f"our images of {said}, which {zoo.card(model).title}" in one for one in found)
    assert all((", and of grains 94 %" in one) == ("grains" in shares) for one in found)
    generated = Opened("sample:1", noise(), noise(), noise().pixels)
    assert image_class.doubts(generated, zoo.card(model)) == ()


def test_a_doubted_result_says_so_above_it(
    answering: Callable[[dict[str, float]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    answering({"carbon steel": 0.55, "other": 0.43, "particles": 0.02})
    offers = (Offer("lab/noise", "Noise", "One.", False, lambda page: (noise(), None)),)
    monkeypatch.setattr(samples, "offers", lambda: offers)
    app = opened("segment", sample="lab/noise", model="particles")
    assert suggestion.PLACE not in app.session_state["lamella"].jobs, "a run waits for nothing else"
    app = after_the_answer(finish(app))
    assert "unlike what the model was trained on" in texts(app)


def test_why_shows_what_the_model_learned_from_and_generated_images_like_it(
    answering: Callable[[dict[str, float]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    answering({"superalloy": 0.94, "other": 0.06})
    monkeypatch.setattr(st, "page_link", lambda *_, **__: None)
    app = drawn()
    app.button(key="why-superalloy").click().run()
    assert any("was trained on SEM images of a nickel superalloy" in one for one in captions(app))
    assert any(one.value.startswith("![Nickel superalloy, SEM](") for one in app.markdown)


def test_a_titanium_alloy_is_not_called_carbon_steel_and_not_particles(
    shared_data: Callable[..., Path],
) -> None:
    shown = read_file(shared_data("formats", "zeiss_gemini300_rgb_nist.tif"))
    answer = image_class.classified(shown)
    assert answer.image_class.name != "other", "else this tests nothing"
    assert sure_suggestion(answer) is None
    (said,) = doubts(zoo.card("particles"), answer)
    assert said.startswith("A classifier of micrographs finds 1 % likeness with our images of part")


def test_damaged_weights_are_tried_once_and_cost_only_the_suggestion(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls = []

    def damaged(_: Micrograph) -> Classification:
        calls.append(1)
        raise ModelError("damaged")

    monkeypatch.setattr(image_class, "classified", damaged)
    app = drawn().run()
    assert captions(app) == []
    assert len(calls) == 1

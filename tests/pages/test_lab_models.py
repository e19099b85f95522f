"""Models of this lab on the pages: a forest kept, found beside the zoo's, shared and removed."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.workspace.lab import lab_models
from core.workspace.lab.lab_card import lab_card
from core.workspace.lab.lab_models import NewModel
from core.workspace.results import results
from models import lab, zoo
from pages.components.batch import begin
from pages.components.frame import keeping, link, stores
from pages.components.models import lab_model, overview
from pages.components.segment import keep_forest, objects
from pages.components.segment import stored as stored_result
from tests.pages.frame.test_keeping import ANN, BOB, become
from tests.pages.running import finish, opened, read, texts, warnings
from tests.pages.segment.test_forest import DISK, GROUND, draw
from tests.pages.test_pages import two_disks, upload


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """Return the page Segment with two disks, and the forest taught on them."""
    become(ANN, monkeypatch)
    stores._store.clear("results", stores.RESULT_BYTES)
    app = upload(opened("segment", model="random-forest"), "disks.png", two_disks())
    return finish(draw(app, GROUND, DISK))


def one_disk() -> bytes:
    """Return a PNG, 80 x 100 px, of a dark disk of radius 15 px on a light ground."""
    row, column = np.mgrid[:80, :100]
    image = np.full((80, 100), 200, np.uint8)
    image[(row - 40) ** 2 + (column - 50) ** 2 < 15**2] = 40
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG")
    return buffer.getvalue()


def keep(app: AppTest, title: str = "Dark disks", who: str = lab_model.ME) -> AppTest:
    app.text_input(key="forest-title").set_value(title).run()
    app.segmented_control(key="forest-who").set_value(who).run()
    return app.button(key="forest-keep").click().run()


def model_choices(app: AppTest) -> list[str]:
    return next(box for box in app.selectbox if box.label == "Model").options


def test_a_kept_forest_segments_another_image_without_strokes(app: AppTest) -> None:
    app = keep(app)
    assert not app.exception
    assert keep_forest.DONE.format("Dark disks", "dark-disks") in texts(app)
    other = upload(opened("segment", model="dark-disks"), "one.png", one_disk())
    assert "Dark disks" in model_choices(other)
    assert read("Pixel classifier taught by 2 strokes on disks.png.") in texts(other)
    other = finish(other.button(key="segment").click().run())
    assert not other.exception
    rows = other.table[0].value.iloc[:, 0]
    # Both phases are flat, so a rim of a few pixels is as much like the one as like the other.
    inner, outer = (100 * np.pi * radius**2 / (80 * 100) for radius in (14, 20))
    assert inner < float(rows["Object"].split()[0]) < outer and rows[objects.OBJECTS] == "1"
    assert not [one for one in other.text_input if one.key == "forest-title"]


def test_a_model_for_me_is_in_nobody_elses_list_until_it_is_shared(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(app)
    become(BOB, monkeypatch)
    said = link.NO_MODEL.format("dark-disks")
    assert said in texts(opened("segment", sample="gold-tem", model="dark-disks"))
    become(ANN, monkeypatch)
    card = opened("models", card="dark-disks")
    who = next(one for one in card.segmented_control if one.label == "Who finds it")
    who.set_value(lab_model.EVERYBODY).run()
    become(BOB, monkeypatch)
    theirs = opened("segment", sample="gold-tem", model="dark-disks")
    assert said not in texts(theirs) and "Dark disks" in model_choices(theirs)
    card = opened("models", card="dark-disks")
    assert not [one for one in card.button if one.key == "lab-remove"]
    assert "by somebody else" in texts(card)


def test_its_card_names_what_it_learned_from(app: AppTest) -> None:
    keep(app)
    listed = opened("models")
    assert "##### This lab" in [one.value for one in listed.markdown]
    assert "2 strokes on disks.png  \n" + overview.MINE in texts(listed)
    assert overview.MINE in texts(listed) and overview.EVERYBODY not in texts(listed)
    card = opened("models", card="dark-disks")
    assert not card.exception
    rows = card.table[-1].value
    assert (rows["image"][0], rows["strokes"][0]) == (r"disks.png", "2")
    marked = {name: rows[name][0] for name in ("background", "object")}
    assert all(int(text.split()[0]) > 80 for text in marked.values())


def test_a_removed_model_leaves_its_results_and_a_link_to_it_says_so(app: AppTest) -> None:
    keep(app)
    other = upload(opened("segment", model="dark-disks"), "one.png", one_disk())
    other = finish(other.button(key="segment").click().run())
    card = opened("models", card="dark-disks")
    card = card.button(key="lab-remove").click().run()
    assert not card.exception and "card" not in card.query_params
    place = keeping.workspace()
    assert lab_models.listed(place, ANN) == ()
    again = opened("segment", sample="gold-tem", model="dark-disks")
    assert link.NO_MODEL.format("dark-disks") in texts(again)
    image = other.query_params["image"]
    (stored,) = results.listed(place, ANN, image)
    assert (stored.model, stored.title) == ("dark-disks", "Dark disks")
    assert '"name": "dark-disks"' in stored.provenance
    correct = opened("correct", image=image, result=stored.id)
    assert not correct.exception and not correct.warning
    assert read("**Dark disks**") in read(texts(correct))
    # What needs no network shows it too.
    for page in ("segment", "measure"):
        shown = finish(opened(page, image=image, result=stored.id))
        told = read(texts(shown))
        assert not shown.exception and stored_result.NO_RESULT not in told
        assert stored_result.REMOVED.format("Dark disks") in told
        assert "result" in shown.query_params
    # A model that there never was is named beside it all the same.
    for page in ("segment", "measure", "correct"):
        shown = opened(page, image=image, result=stored.id, model="no-such")
        assert link.NO_MODEL.format("no-such") in warnings(shown)


def test_a_name_of_the_zoo_or_one_taken_is_refused_in_a_sentence(app: AppTest) -> None:
    app = keep(app, "Particles")
    assert "'particles' is a name that Lamella has already" in texts(app)
    app = keep(app)
    app = keep(app)
    assert "'dark-disks' is in the list of this lab already" in texts(app)


def test_a_kept_forest_can_be_chosen_for_a_batch(app: AppTest) -> None:
    keep(app)
    assert begin.MARKS.format("Random forest") in texts(opened("batch", model="random-forest"))
    batch = opened("batch", model="dark-disks")
    assert begin.MARKS.split("{}")[1] not in texts(batch)
    assert "Dark disks" in model_choices(batch)


def test_a_kept_network_is_opened_in_inspect_like_any_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    become(ANN, monkeypatch)
    place, card = keeping.workspace(), zoo.card("particles")
    own = lab_card(replace(card, name="our-particles", title="Our particles"), base="particles")
    lab.keep(place, ANN, NewModel("trained", False, own, card.weights.path.read_bytes()))
    app = opened("inspect", sample="gold-tem", model="our-particles")
    assert not app.exception and not app.error
    choice = next(box for box in app.selectbox if box.label == "Network")
    assert choice.value == "our-particles" and "Our particles" in choice.options
    listed = opened("models", card="our-particles")
    assert "A network trained in this lab" in texts(listed)

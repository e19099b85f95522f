"""The page Train: images chosen, named, trained with, tested, and the model kept."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.correction.blank import blank
from core.correction.changes import repainted
from core.correction.state import ObjectRecord
from core.formats import read_isolated
from core.jobs.worker import work_off
from core.training.fine_tuning.start import FineTuning, Start
from core.workspace import micrographs
from core.workspace.corrections import corrections
from core.workspace.corrections.open_correction import open_correction
from core.workspace.lab import lab_models, trainings
from core.workspace.results import results
from pages.components.frame import keeping
from pages.components.frame.work import worker
from tests.core.training.test_fine_tuning import QUICK, Tiny
from tests.core.training.test_mask_files import disks, png
from tests.core.workspace.corrections.corrected_result import step
from tests.pages.frame.test_keeping import ANN, BOB, become
from tests.pages.running import by_key, finish, opened, texts


@pytest.fixture(autouse=True)
def ann(monkeypatch: pytest.MonkeyPatch) -> None:
    become(ANN, monkeypatch)


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """A network of one layer instead of the model that is chosen, and few steps."""

    def start(*names: object) -> Start:
        return Start("tiny", "0" * 64, Tiny, lambda network: None, (), 0.45, 0.23)

    def quick(seconds: float = 0) -> FineTuning:
        return replace(QUICK, seconds=float("inf"), fewest_steps=20, most_steps=20)

    monkeypatch.setattr("models.teaching.start_for", start)
    monkeypatch.setattr("core.training.fine_tuning.start.FineTuning", quick)


def training_of(app: AppTest) -> str:
    found = app.query_params["training"]
    return found if isinstance(found, str) else found[0]


def test_the_sample_is_trained_with_tested_and_the_model_kept(tiny: None) -> None:
    app = opened("train")
    app = by_key(app.button, "train-sample").click().run()
    link = training_of(app)
    assert not app.exception and "Labelled: 100 % of this image" in texts(app)
    app = by_key(app.text_input, f"train_phase-{link}-1").set_value("lamellae").run()
    app = by_key(app.button, "train-begin").click().run()
    assert not app.exception and "It goes on when you close this tab" in texts(app)
    place = keeping.workspace()
    assert place is not None
    assert work_off(place, worker.teaches(), "test") == 1
    app = opened("train", training=link)
    assert not app.exception
    # Six specimens: a third of them was kept apart, and the start knows no phases.
    assert "Labelled without a model" in texts(app)
    assert "no score before" in texts(app)
    done = trainings.find(place, ANN, link)
    assert done is not None and done.result is not None and len(done.result.tested) == 2
    assert [one.name for one in done.settings.phases] == ["grain", "lamellae", "pore"]
    by_key(app.text_input, f"train_name-{link}").set_value("My lamellae")
    app = app.button(key="FormSubmitter:train-keep-Keep").click().run()
    assert not app.exception
    kept = lab_models.find(place, ANN, "my-lamellae")
    assert kept is not None and kept.card.base == done.settings.start
    assert lab_models.find(place, BOB, "my-lamellae") is None


def test_pairs_are_shown_with_their_mistakes_and_used_without_the_rest() -> None:
    image, ids = disks(1)
    other, _ = disks(2)
    app = opened("train", source="upload")
    by_key(app.file_uploader, "train_images").upload("a_1.png", png(image), "image/png")
    by_key(app.file_uploader, "train_images").upload("b_1.png", png(other), "image/png")
    mask = png((ids > 0) * np.uint8(255))
    app = by_key(app.file_uploader, "train_masks").upload("a_1_mask.png", mask, "image/png").run()
    assert not app.exception
    assert "b_1.png has no mask; call it b_1_mask.png." in texts(app)
    app = by_key(app.button, "train-pairs").click().run()
    assert not app.exception
    place = keeping.workspace()
    assert place is not None
    found = trainings.find(place, ANN, training_of(app))
    assert found is not None
    assert [one.name for one in found.facts.phases] == ["value 0", "value 255"]
    assert [one.specimen for one in found.facts.origins] == ["a"]
    assert "of one specimen" in texts(app)


def test_a_training_of_somebody_else_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    app = by_key(opened("train").button, "train-sample").click().run()
    link = training_of(app)
    become(BOB, monkeypatch)
    other = opened("train", training=link)
    assert "training" not in other.query_params and "belongs to somebody else" in texts(other)


def test_a_training_is_stopped_and_can_go_on(tiny: None) -> None:
    app = by_key(opened("train").button, "train-sample").click().run()
    link = training_of(app)
    by_key(app.select_slider, f"train_minutes-{link}").set_value(2).run()
    app = by_key(app.button, "train-begin").click().run()
    app = by_key(app.button, "train-stop").click().run()
    app = app.run()
    assert not app.exception and by_key(app.button, "train-resume")
    # In another tab the choices are those that it was begun with, and going on is the only way on.
    app = opened("train", training=link)
    assert by_key(app.select_slider, f"train_minutes-{link}").value == 2
    assert not [one for one in app.button if one.key == "train-begin"]
    by_key(app.select_slider, f"train_minutes-{link}").set_value(5)
    app = app.run()
    assert by_key(app.button, "train-begin").label == "Begin anew with these choices"
    app = by_key(app.button, "train-resume").click().run()
    assert by_key(app.button, "train-stop")


def corrected(name: str, seed: int) -> None:
    """Put an image into Ann's library, on which she drew an object."""
    place = keeping.workspace()
    assert place is not None
    data = png(disks(seed)[0])
    kept = micrographs.add(place, ANN, micrographs.source_of(name, data, {}), name, data)
    shown = read_isolated(data, name)
    made = blank(shown)
    stored = results.add(place, ANN, kept.id, f"key {name}", made)
    corrections.begin(place, ANN, stored.id, made)
    opened_correction = open_correction(place, ANN, stored.id)
    rows, columns = np.mgrid[20:30, 10:25]
    record = ObjectRecord(1, "drawn", confirmed=True)
    where = (rows * shown.shape[1] + columns).ravel()
    new = opened_correction.state.next_id
    change = repainted(opened_correction.state, where, new, 1, {new: record})
    opened_correction.apply(step(opened_correction, change))


def test_corrected_images_of_the_library_are_learned_from() -> None:
    corrected("a_1.png", 1)
    corrected("b_1.png", 2)
    app = opened("train")
    assert not app.exception
    assert "Only what you confirmed, corrected or drew is learned from" in texts(app)
    app = by_key(app.button, "train-corrected").click().run()
    assert not app.exception
    place = keeping.workspace()
    assert place is not None
    found = trainings.find(place, ANN, training_of(app))
    assert found is not None
    assert sorted(one.specimen for one in found.facts.origins) == ["a", "b"]
    assert all(one.from_blank and one.objects == 1 for one in found.facts.origins)
    # 10 x 15 px were drawn, and ground up to 2 px around them counts.
    assert found.facts.known_pixels == (14 * 19, 14 * 19)
    assert [phase.name for phase in found.facts.phases] == ["ground", "object"]


def test_places_to_label_next_lead_to_correct(tiny: None) -> None:
    corrected("a_1.png", 1)
    app = by_key(opened("train", source="sample").button, "train-sample").click().run()
    link = training_of(app)
    by_key(app.button, "train-begin").click().run()
    place = keeping.workspace()
    assert place is not None
    work_off(place, worker.teaches(), "test")
    app = opened("train", training=link)
    app = by_key(app.button, "work_start_train_next").click().run()
    app = finish(app, "train_next")
    assert not app.exception
    told = texts(app)
    assert "Unsure areas" in told and "At random" in told and "stands beside it" in told
    assert "rows 0 to 64, columns 0 to 80 px" in told

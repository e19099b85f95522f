"""Models of a lab as the app knows them: found by name beside the zoo, loaded, run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import save

from core.analysis.analyse import analyse
from core.errors import ModelError
from core.execution import RunChoice
from core.segmentation.engines import kept_forest
from core.segmentation.engines.forest_engine import fit
from core.segmentation.forest.marks import marks_of, named_phases
from core.segmentation.forest.pixel_forest import ForestSettings
from core.segmentation.out_of_distribution import brightness_around
from core.types.micrograph import Micrograph
from core.types.pixel_size import PixelSize
from core.types.segmentation import Phase
from core.workspace.lab import lab_models
from core.workspace.lab.lab_card import LabCard, lab_card
from core.workspace.lab.lab_models import NewModel
from core.workspace.workspace import Workspace
from models import lab, zoo
from models.lab import networks
from models.lab.forest import forest_model

NETWORK = LabCard(
    name="tiny-steel",
    title="Tiny steel",
    purpose="A test.",
    phases=(Phase("a", "#0072B2"), Phase("b", "#E69F00"), Phase("c", "#009E73")),
    architecture="tiny",
    mean=0.0,
    std=1.0,
    data="a test",
    careful_scales=(2.0,),
)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "workspace")


@pytest.fixture
def tiny(monkeypatch):
    """One convolution of 1 px that answers the third phase where it is bright, else the first."""
    monkeypatch.setattr(
        networks, "BUILDERS", {"tiny": lambda outputs: torch.nn.Conv2d(1, outputs, 1)}
    )
    weight = np.array([0.0, -9.0, 8.0], np.float16).reshape(3, 1, 1, 1)
    return save({"weight": weight, "bias": np.array([4.0, 0.0, 0.0], np.float16)})


@pytest.fixture(scope="module")
def image() -> Micrograph:
    pixels = np.full((64, 64), 0.1, np.float32)
    pixels[16:32, 16:32] = 0.9
    return Micrograph(pixels, "square.png", "d1", PixelSize(2.0, "typed by user"))


@pytest.fixture(scope="module")
def textures() -> tuple[Micrograph, Micrograph]:
    """Rough right of column 60, in two images."""
    rough = np.arange(100)[None] >= 60
    both = []
    for seed in (1, 2):
        noise = np.random.default_rng(seed).standard_normal((80, 100))
        pixels = (0.5 + noise * np.where(rough, 0.12, 0.02)).clip(0, 1)
        both.append(Micrograph(pixels, f"{seed}.png", f"d{seed}", PixelSize(2.0, "typed by user")))
    return both[0], both[1]


@pytest.fixture(scope="module")
def taught(textures):
    values = np.zeros((80, 100), np.uint8)
    values[10:20, 10:20], values[40:50, 80:90] = 1, 2
    marks = marks_of(values, named_phases(["smooth", "rough"]))
    return fit(zoo.card("random-forest"), textures[0], marks, ForestSettings(trees=12))


def of_forest(engine, name="rough-places") -> NewModel:
    card = replace(engine.card, name=name, title="Rough places", needs_marks=False)
    return NewModel("forest", False, lab_card(card, "forest"), kept_forest.packed(engine))


def test_the_zoo_stands_before_the_models_of_a_lab_and_each_owner_has_a_list(workspace, tiny):
    lab.keep(workspace, "anna", NewModel("trained", False, NETWORK, tiny))
    names = list(lab.cards(workspace, "anna"))
    assert names == [*zoo.CARDS, "tiny-steel"]
    assert list(lab.cards(workspace, "ben")) == list(zoo.CARDS) == list(lab.cards(None, "anna"))
    assert lab.card(workspace, "anna", "tiny-steel").title == "Tiny steel"
    for place, owner in ((workspace, "ben"), (None, "anna")):
        with pytest.raises(ModelError, match="no model 'tiny-steel'"):
            lab.card(place, owner, "tiny-steel")


@pytest.mark.parametrize(
    "name",
    ["particles", "otsu", "particles-resnet34", "click", "micrograph-type", "scratch", "by-hand"],
)
def test_a_name_that_means_something_else_is_refused(workspace, tiny, name):
    with pytest.raises(ModelError, match="Lamella has already"):
        lab.keep(workspace, "anna", NewModel("trained", False, replace(NETWORK, name=name), tiny))


def test_a_kept_network_runs_as_one_of_the_zoo(workspace, tiny, image):
    kept = lab.keep(workspace, "anna", NewModel("trained", True, NETWORK, tiny))
    engine = lab.load(workspace, "ben", "tiny-steel", backend="torch")
    made = analyse(image, engine)
    np.testing.assert_array_equal(made.segmentation.labels == 2, image.pixels > 0.5)
    assert made.segmentation.model == "tiny-steel"
    assert engine.card.weights.sha256 == kept.weights and not engine.card.untrained
    careful = lab.load_as(workspace, "ben", "tiny-steel", RunChoice("exact", True))
    assert (careful.card.is_careful, careful.card.tta_scales) == (True, (2.0,))


def test_of_a_removed_or_damaged_model_a_sentence_is_left(workspace, tiny):
    kept = lab.keep(workspace, "anna", NewModel("trained", False, NETWORK, tiny))
    kept.path.chmod(0o600)
    kept.path.write_bytes(b"x")
    with pytest.raises(ModelError, match="'tiny-steel' is missing or damaged"):
        lab.load(workspace, "anna", "tiny-steel")
    lab_models.remove(workspace, "anna", "tiny-steel")
    with pytest.raises(ModelError, match="no model 'tiny-steel'"):
        lab.load(workspace, "anna", "tiny-steel")


def test_a_network_that_this_lamella_does_not_have_is_not_listed(workspace, tiny, monkeypatch):
    lab.keep(workspace, "anna", NewModel("trained", False, NETWORK, tiny))
    monkeypatch.setattr(networks, "BUILDERS", {})
    assert list(lab.cards(workspace, "anna")) == list(zoo.CARDS)
    with pytest.raises(ModelError, match="no network 'tiny' here"):
        lab.load(workspace, "anna", "tiny-steel")


def test_every_network_of_the_zoo_is_built_by_what_its_card_calls_it():
    cards = [card for card in zoo.CARDS.values() if card.build is not None]
    assert {card.architecture for card in cards} == set(networks.BUILDERS)
    for architecture in networks.BUILDERS:
        card = next(one for one in cards if one.architecture == architecture)
        with torch.device("meta"):
            own, other = (
                {name: value.shape for name, value in build().state_dict().items()}
                for build in (card.build, networks.builder(architecture, len(card.outputs)))
            )
        assert own == other


def test_a_kept_forest_answers_bit_for_bit_as_the_one_that_was_taught(workspace, textures, taught):
    lab.keep(workspace, "anna", of_forest(taught))
    engine = lab.load(workspace, "anna", "rough-places")
    for one in textures:
        before, after = analyse(one, taught), analyse(one, engine)
        np.testing.assert_array_equal(
            before.segmentation.probabilities, after.segmentation.probabilities
        )
        assert after.card.name == after.segmentation.model == "rough-places"
        assert after.segmentation.execution.notes == ()
    # On an image without a stroke: nobody could tell within 3 px of the line.
    assert (after.segmentation.labels == (np.arange(100) >= 60)).mean() > 0.93
    kept, own = engine.forest_training, taught.forest_training
    assert (kept.digest, kept.image_name, kept.image_digest) == (own.digest, "1.png", "d1")
    np.testing.assert_array_equal(kept.marks.values, own.marks.values)
    assert engine.card.pixel_size_nm == 2.0 and not engine.card.needs_marks


def test_equal_forests_are_equal_files_without_objects_in_them(textures, taught):
    again = fit(
        zoo.card("random-forest"), textures[0], taught.forest_training.marks, ForestSettings(12)
    )
    data = kept_forest.packed(taught)
    assert data == kept_forest.packed(again)
    # 200 marked pixels of 32 features, beside marks and settings.
    assert 200 * 32 * 4 < len(data) < 200 * 32 * 4 + 2000
    marks = kept_forest.marks_in(taught.card, data)
    assert marks.digest == taught.forest_training.marks.digest


def test_another_scikit_learn_whose_trees_differ_is_said(taught, monkeypatch):
    card, data = replace(taught.card, needs_marks=False), kept_forest.packed(taught)
    original = kept_forest.forest_of
    monkeypatch.setattr(
        kept_forest,
        "forest_of",
        lambda examples, phases, settings: original(examples, phases, replace(settings, seed=9)),
    )
    (note,) = kept_forest.unpacked(card, data).execution.notes
    assert "another version of scikit-learn" in note


@pytest.mark.parametrize("damage", ["empty", "cut", "header", "features", "values", "seed"])
def test_what_is_no_forest_is_refused(taught, damage):
    data = kept_forest.packed(taught)
    header = int.from_bytes(data[:8], "little")
    damaged = {
        "empty": b"",
        "cut": data[:-1],
        "header": (2**62).to_bytes(8, "little") + data[8:],
        "features": data.replace(
            b'"dtype":"F32","shape":[200,32]', b'"dtype":"F32","shape":[32,200]'
        ),
        "values": data[: 8 + header] + bytes(len(data) - 8 - header),
        "seed": data.replace(b'\\"seed\\": 0', b'\\"seed\\":-1'),
    }[damage]
    assert damaged != data
    with pytest.raises(ModelError, match="cannot be read"):
        kept_forest.unpacked(replace(taught.card, needs_marks=False), damaged)


def test_a_kept_forest_warns_of_an_image_of_another_brightness(workspace, textures, taught):
    lab.keep(workspace, "anna", forest_model(taught, "Rough places", False, 2))
    engine = lab.load(workspace, "anna", "rough-places")
    (known,) = engine.card.ranges
    assert known.name == "mean" and 0.4 < known.low < 0.5 < known.high < 0.6
    assert analyse(textures[1], engine).warnings == ()
    # Grey levels are stretched, so that half as bright is as bright; of a power they are not.
    dark = replace(textures[1], pixels=textures[1].pixels ** 3, digest="dark")
    (said,) = analyse(dark, engine).warnings
    assert "darker than any that Rough places was trained on" in said


def test_brightness_may_differ_by_half_a_standard_deviation():
    grey = np.zeros((40, 60), np.float32)
    grey[:20] = 0.8
    found = brightness_around(grey)
    assert (found.low, found.high) == pytest.approx((0.2, 0.6))


def test_with_a_model_goes_its_converted_network_and_no_other(workspace, tiny, image, monkeypatch):
    monkeypatch.setenv("LAMELLA_DATA", str(workspace.folder / "data"))
    for name in ("tiny-steel", "tiny-steel-2"):
        kept = NewModel("trained", False, replace(NETWORK, name=name), tiny)
        lab.keep(workspace, "anna", kept)
        analyse(image, lab.load(workspace, "anna", name, backend="openvino"))
    folder = workspace.folder / "data" / "openvino"
    assert len(list(folder.iterdir())) == 2
    lab.remove(workspace, "anna", "tiny-steel")
    (left,) = folder.iterdir()
    assert left.name.startswith("tiny-steel-2-")

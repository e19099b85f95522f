"""Classes of micrographs: what is looked at, what is learned from, and how the answer is scored."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from core.classification import data as classification_data
from core.classification import made as synthetic_images
from core.classification import session as classification_session
from core.classification.card import Classification, ClassifierCard
from core.classification.classify import class_probabilities, classify, views, windows
from core.classification.crops import LabelledImage, random_classification_crop
from core.classification.evaluation import (
    balanced_accuracy,
    evaluate_classifier,
    read_labelled_images,
    recalls,
)
from core.errors import Cancelled, DataError, LamellaError
from core.synthesis import drawings, patterns
from core.training.augmentation import Augmentation
from core.training.loop import TrainedNetwork
from core.training.progress import Progress
from core.training.recipe import Recipe
from core.training.session import CHECKPOINT, TrainingOptions
from core.types.micrograph import Micrograph
from core.types.segmentation import Phase
from models.classifiers import micrograph_type

RANDOM_IMAGES = (*synthetic_images.OTHERS, *synthetic_images.OTHERS_HELD_BACK)
AB = tuple(Phase(name, f"#00000{index}") for index, name in enumerate(("a", "b", "none")))


class BrightIsSecond(nn.Module):
    """Logits (0, mean, -9) of what it is given: the second class where that is above 0."""

    def __init__(self) -> None:
        super().__init__()
        self.one = nn.Parameter(torch.ones(1))

    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        mean = self.one * batch.mean((1, 2, 3))
        return torch.stack([0 * mean, mean, 0 * mean - 9], 1)


def card(**values: object) -> ClassifierCard:
    """Return a card of the classes a, b and none for the network above."""
    given = {
        "name": "ab",
        "title": "AB",
        "purpose": "Tells a from b.",
        "phases": AB,
        "build": BrightIsSecond,
        "weights": None,
        "architecture": "none",
        "mean": 0.5,
        "std": 0.25,
        "data": "none",
        "licence": "none",
        "reference": "none",
        "crop_px": 8,
        "suggests": ("model-a", "model-b"),
    }
    return ClassifierCard(**{**given, **values})


def test_windows_cover_a_square_at_three_sizes() -> None:
    found = windows((100, 100))
    assert [len(of_one_size) for of_one_size in found] == [1, 4, 4]
    assert found[0] == ((slice(0, 100), slice(0, 100)),)
    assert found[1] == tuple((slice(r, r + 60), slice(c, c + 60)) for r in (0, 40) for c in (0, 40))
    assert {w[0].stop - w[0].start for w in found[2]} == {36}


def test_windows_of_a_long_image_reach_both_ends() -> None:
    found = windows((50, 1000))
    for of_one_size in found:
        assert min(window[1].start for window in of_one_size) == 0
        assert max(window[1].stop for window in of_one_size) == 1000
    # Never more than four along a side, whatever the shape.
    assert [len(of_one_size) for of_one_size in found] == [4, 8, 8]


@pytest.mark.parametrize("shape", [(1, 1), (3, 2), (16, 400)])
def test_views_of_tiny_images_have_the_networks_side(shape: tuple[int, int]) -> None:
    made = views(np.full(shape, 0.5, np.float32), 8)
    assert made.shape[1:] == (8, 8)
    assert np.allclose(made, 0.5)


def test_probabilities_are_the_mean_over_the_views() -> None:
    grey = np.full((32, 32), 0.75, np.float32)
    found = class_probabilities(grey, BrightIsSecond().eval(), 0.5, 0.25, 8)
    # (0.75 - 0.5) / 0.25 = 1, so the logits are 0, 1 and -9 in every view.
    wanted = np.exp([0.0, 1.0, -9.0]) / np.exp([0.0, 1.0, -9.0]).sum()
    assert found == pytest.approx(wanted, abs=1e-6)


def test_every_size_counts_the_same() -> None:
    grey = np.zeros((90, 90), np.float32)
    grey[27:63, 27:63] = 1
    network = BrightIsSecond().eval()
    found = class_probabilities(grey, network, 0.0, 1.0, 90)

    def answer(mean: float) -> np.ndarray:
        shares = np.exp([0.0, mean, -9.0])
        return shares / shares.sum()

    # The square fills 0.16 of the image, a quarter of itself lies in each corner of 54 px, a
    # little in those of 32 px: 27 of 54 px and 5 of 32 px a side.
    corners = answer((27 / 54) ** 2), answer((5 / 32) ** 2)
    wanted = (answer(0.16) + corners[0] + corners[1]) / 3
    assert found == pytest.approx(wanted, abs=2e-3)


def test_an_info_bar_is_not_looked_at() -> None:
    pixels = np.zeros((40, 40), np.float32)
    pixels[:20] = np.linspace(0.4, 0.6, 40)
    shown = Micrograph(pixels, "x", "x", info_bar_rows=20)
    above = Micrograph(pixels[:20], "y", "y")
    network = BrightIsSecond().eval()
    one, other = classify(shown, network, card()), classify(above, network, card())
    assert np.array_equal(one.probabilities, other.probabilities)


def test_a_doubtful_winner_is_none_of_the_kinds() -> None:
    sure = Classification(np.array([0.2, 0.7, 0.1]), card(threshold=0.6))
    assert (sure.index, sure.image_class.name, sure.suggestion) == (1, "b", "model-b")
    doubtful = Classification(np.array([0.35, 0.55, 0.1]), card(threshold=0.6))
    assert (doubtful.index, doubtful.image_class.name, doubtful.suggestion) == (2, "none", None)
    none = Classification(np.array([0.1, 0.1, 0.8]), card(threshold=0.6))
    assert none.suggestion is None


@pytest.mark.parametrize("draw", RANDOM_IMAGES, ids=lambda draw: draw.__name__)
def test_images_of_no_kind_come_again_from_the_same_seed(draw: synthetic_images.Draw) -> None:
    first, again, other = (draw(np.random.default_rng(seed), 96) for seed in (4, 4, 5))
    assert first.shape == (96, 96) and first.dtype == np.uint8
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_patterns_are_what_their_names_say() -> None:
    random = np.random.default_rng(0)
    assert np.ptp(patterns.constant(random, 32)) == 0
    assert set(np.unique(patterns.ising(random, 128))) <= {0, 254}
    assert set(np.unique(patterns.automaton(random, 128))) == {0, 255}
    page = drawings.text_page(np.random.default_rng(1), 128)
    assert len(np.unique(page)) > 2


def test_a_crop_is_the_same_again_and_stays_in_range() -> None:
    image = LabelledImage(
        "x", np.arange(100 * 140, dtype=np.uint16).reshape(100, 140) % 251, 0, "x"
    )
    image = replace(image, grey=image.grey.astype(np.uint8))
    settings = Augmentation()
    for seed in range(12):
        crop = random_classification_crop(image, 48, settings, np.random.default_rng(seed))
        again = random_classification_crop(image, 48, settings, np.random.default_rng(seed))
        assert crop.shape == (48, 48) and crop.dtype == np.float32
        assert 0 <= crop.min() <= crop.max() <= 1
        assert np.array_equal(crop, again)


@pytest.mark.parametrize(
    ("folder", "stem", "specimen"),
    [
        ("superalloy", "spot1_180d_5", "spot1"),
        ("coating", "040617_3_S0410018", "040617_3"),
        ("coating", "S879_062216_3-31cyc0030", "S879_062216_3"),
        ("coating", "021519_3_1426C-100cyc0008", "021519_3"),
        ("carbon_steel", "uhcs0007", "uhcs0007"),
    ],
)
def test_the_specimen_is_part_of_the_name(folder: str, stem: str, specimen: str) -> None:
    source = next(one for one in classification_data.FOLDERS if one.folder == folder)
    assert classification_data.specimen_of(stem, {}, source) == specimen


def test_particles_are_told_apart_by_their_article() -> None:
    source = classification_data.FOLDERS[0]
    assert classification_data.specimen_of("0a1", {"doi": "10.1/x"}, source) == "10.1/x"


def save(path: Path, grey: np.ndarray) -> None:
    """Write grey levels as PNG."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(grey).save(path)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder of four classes of noise, six images each, and make few other images."""
    random = np.random.default_rng(0)
    stems = {
        "particles": [f"p{index}" for index in range(6)],
        "carbon_steel": [f"c{index}" for index in range(6)],
        "superalloy": [f"spot{index // 2}_{index}d" for index in range(6)],
        "coating": [f"01{index // 2}_1_S{index}" for index in range(6)],
    }
    for name, members in stems.items():
        for stem in members:
            grey = random.integers(0, 255, (40, 48), dtype=np.uint8)
            save(tmp_path / name / "images" / f"{stem}.png", grey)
    rows = "\n".join(f"p{index},article{index // 2}" for index in range(6))
    (tmp_path / "particles" / "index.csv").write_text(f"stem,doi\n{rows}\n")
    rows = "\n".join(f"spot{i // 2}_{i}d,{'val' if i == 2 else 'train'}" for i in range(6))
    (tmp_path / "superalloy" / "index.csv").write_text(f"stem,split\n{rows}\n")
    made = (
        LabelledImage("g", random.integers(0, 255, (40, 40), dtype=np.uint8), 4, "g"),
        LabelledImage("s", random.integers(0, 99, (40, 40), dtype=np.uint8), 5, "s"),
        LabelledImage("n", np.full((40, 40), 128, np.uint8), 6, "n"),
    )
    monkeypatch.setattr(classification_data, "made_for_training", lambda: made)
    monkeypatch.setattr(classification_data, "made_for_validation", lambda: made)
    return tmp_path


RECIPE = Recipe(
    steps=4, initialize=lambda network: "x", batch=4, crop_px=16, validate_every=2, averaging=0.5
)


def test_no_specimen_lies_on_both_sides_of_the_split(folder: Path) -> None:
    found = classification_data.classification_data(folder, RECIPE)
    for image_class in range(4):
        train = {one.specimen for one in found.train if one.image_class == image_class}
        held_back = {one.specimen for one in found.validation if one.image_class == image_class}
        assert train and held_back and not train & held_back
    # The index names one image of spot1, so the other of spot1 is held back too.
    names = {one.name for one in found.validation if one.image_class == 2}
    assert names == {"spot1_2d", "spot1_3d"}
    assert {one.specimen for one in found.validation if one.image_class == 0} < {
        "article0",
        "article1",
        "article2",
    }


def test_every_kind_is_drawn_by_its_share(folder: Path) -> None:
    found = replace(
        classification_data.classification_data(folder, RECIPE), shares=(0, 0, 3, 0, 0, 0, 1)
    )
    batch = found.crops(replace(RECIPE, batch=400), np.random.default_rng(0))
    classes = [int(image_class) for _, image_class in batch]
    assert set(classes) == {2, 6}
    # 300 of 400 expected, and 5 standard deviations are 43.
    assert abs(classes.count(2) - 300) < 43


def test_supported_particles_of_platinum_are_held_back(folder: Path) -> None:
    for name in ("Ru1", "Ru_silica2", "Pt2", "PtCo1"):
        save(folder / "stem_boxes" / "images" / f"{name}.png", np.full((20, 20), 9, np.uint8))
    found = classification_data.classification_data(folder, RECIPE)
    train = [one.name for one in found.train if one.specimen == "Ru"]
    assert sorted(train) == 8 * ["Ru1"] + 8 * ["Ru_silica2"]
    held_back = {one.name for one in found.validation if one.image_class == 5}
    assert held_back == {"s", "Pt2", "PtCo1"}


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="particles"):
        classification_data.classification_data(tmp_path, RECIPE)


def tiny() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, stride=2), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
        nn.Linear(4, 7),
    )  # fmt: skip


def test_training_is_the_same_again_and_after_a_break(folder: Path, tmp_path: Path) -> None:
    classes = card(phases=micrograph_type.IMAGE_CLASSES, build=tiny, crop_px=16)

    def run(name: str, stop: int = 9, resume: bool = False) -> dict[str, torch.Tensor]:
        def report(phase: str, progress: Progress) -> None:
            if progress.step == stop:
                raise Cancelled

        given = TrainingOptions(tmp_path / name, "cpu", resume=resume)
        return classification_session.run_classifier_training(
            classes, RECIPE, folder, given, report
        ).state

    whole, again = run("whole"), run("again")
    with pytest.raises(Cancelled):
        run("broken", stop=3)
    resumed = run("broken", resume=True)
    for name, value in whole.items():
        assert torch.equal(value, again[name])
        assert torch.equal(value, resumed[name])
    with pytest.raises(LamellaError, match="--resume"):
        run("whole")


def test_another_seed_is_another_seed_in_both_stages(folder: Path, tmp_path: Path) -> None:
    classes = card(phases=micrograph_type.IMAGE_CLASSES, build=tiny, crop_px=16)
    second = replace(RECIPE, seed=RECIPE.seed + 1)

    def run(name: str, earlier: Recipe | None) -> None:
        given = TrainingOptions(tmp_path / name, "cpu")
        classification_session.run_classifier_training(
            classes, second, folder, given, lambda *_: None, earlier
        )

    def kept(name: str) -> dict[str, torch.Tensor]:
        return torch.load(tmp_path / name / CHECKPOINT, weights_only=True)["network"]

    run("two-stages", RECIPE)
    run("one-stage", None)
    first = kept("two-stages/earlier")
    for name, value in kept("one-stage").items():
        assert torch.equal(value, first[name])


def test_the_time_that_is_given_is_that_of_both_stages_together(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[float] = []
    first = TrainedNetwork(tiny().state_dict(), 0.5, 1, 20.0, ())

    def stage(card, recipe, read, options, report, objective):
        given.append(options.max_seconds)
        return first

    monkeypatch.setattr(classification_session, "train_in", stage)
    options = TrainingOptions(tmp_path, "cpu", max_seconds=60.0)
    classification_session.run_classifier_training(
        card(), RECIPE, folder, options, lambda *_: None, RECIPE
    )
    assert given == [60.0, 40.0]


def test_training_without_a_folder_says_what_is_needed(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="--data"):
        classification_session.run_classifier_training(
            card(), RECIPE, None, TrainingOptions(tmp_path), lambda *_: None
        )


def test_balanced_accuracy_is_the_mean_of_the_recalls_that_are_known() -> None:
    confusion = np.array([[3, 1, 0], [0, 2, 0], [0, 0, 0]])
    assert recalls(confusion)[:2].tolist() == [0.75, 1.0] and np.isnan(recalls(confusion)[2])
    assert balanced_accuracy(confusion) == pytest.approx(0.875)
    stacked = np.stack([confusion, np.eye(3, dtype=int)])
    assert balanced_accuracy(stacked).tolist() == pytest.approx([0.875, 1.0])


def test_evaluation_counts_kinds_and_specimens() -> None:
    dark, bright = np.full((16, 16), 20, np.uint8), np.full((16, 16), 220, np.uint8)
    images = [
        LabelledImage("1", dark, 0, "s1"),
        LabelledImage("2", bright, 0, "s1"),
        LabelledImage("3", bright, 1, "s1"),
    ]
    found = evaluate_classifier(BrightIsSecond().eval(), card(), images)
    assert found.confusion.tolist() == [[1, 1, 0], [0, 1, 0], [0, 0, 0]]
    # The same name under two classes is two specimens.
    assert found.specimens == 2
    assert found.balanced_accuracy.value == pytest.approx(0.75)


def test_images_are_read_from_folders_named_like_kinds(tmp_path: Path) -> None:
    grey = np.arange(400, dtype=np.uint8).reshape(20, 20)
    save(tmp_path / "grains" / "images" / "RG1.png", grey)
    (tmp_path / "grains" / "index.csv").write_text("stem,source_image\nRG1,7\n")
    save(tmp_path / "other" / "cat.png", grey)
    found = read_labelled_images(tmp_path)
    assert [(one.name, one.image_class, one.specimen) for one in found] == [
        ("RG1.png", 4, "7"),
        ("cat.png", 6, "cat"),
    ]
    (tmp_path / "other" / "bad.png").write_bytes(b"no image")
    with pytest.raises(DataError, match=r"bad\.png"):
        read_labelled_images(tmp_path)


def test_a_folder_without_kinds_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="carbon_steel"):
        read_labelled_images(tmp_path)

"""A recipe that learns objects: its crops, its two runs, its score."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from core.errors import LamellaError
from core.training.augmentation import Pair
from core.training.dataset import Split, load_split
from core.training.initialization import from_scratch
from core.training.losses import object_distillation_loss
from core.training.object_learning import image_shares, object_crops, object_score, phases_of
from core.training.object_targets import contact_line, normalized_distance
from core.training.recipe import Distillation, ObjectLearning, Recipe
from core.training.session import TrainingOptions, run_training
from models.initializations import with_initialization
from tests.threshold_model import CARD as PHASES_CARD

PHASES = Recipe(
    steps=4,
    initialize=from_scratch,
    masks="instances",
    batch=2,
    crop_px=32,
    validate_every=2,
    learning_rate=0.02,
)
RECIPE = replace(PHASES, objects=ObjectLearning(PHASES, crowds=0.5, annotated=0.5))


class Pointwise(nn.Conv2d):
    """Four outputs from each pixel by itself."""

    def __init__(self) -> None:
        super().__init__(1, 4, 1)


class Oracle(nn.Module):
    """What a perfect network says of the very image of :func:`pair`."""

    def __init__(self, instances: np.ndarray) -> None:
        super().__init__()
        foreground = torch.from_numpy((instances > 0).astype(np.float32))
        self.answer = torch.stack(
            [
                10 - 20 * foreground,
                20 * foreground - 10,
                torch.from_numpy(20 * contact_line(instances).astype(np.float32) - 10),
                torch.logit(torch.from_numpy(normalized_distance(instances)), eps=1e-4),
            ]
        )
        self.nothing = nn.Parameter(torch.zeros(()))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.answer[None, :, : x.shape[2], : x.shape[3]] + self.nothing


CARD = replace(PHASES_CARD, name="objects", build=Pointwise, object_outputs=True)


def pair(stem: str = "a", gap: int = 0) -> Pair:
    """Two dark disks of 20 px that touch, or are apart by ``gap``."""
    row, column = np.mgrid[:64, :64]
    instances = np.zeros((64, 64), np.uint16)
    for number, middle in ((3, 21), (500, 41 + gap)):
        instances[(row - 32) ** 2 + (column - middle) ** 2 <= 100] = number
    return Pair(stem, np.where(instances > 0, 60, 200).astype(np.uint8), instances, stem)


@pytest.fixture
def folder(tmp_path):
    for name in ("images", "masks"):
        (tmp_path / "data" / name).mkdir(parents=True)
    for index in range(4):
        one = pair(f"disks{index}", gap=2 * index)
        shifted = np.roll(one.image, index, 0)
        Image.fromarray(shifted).save(tmp_path / "data/images" / f"{one.stem}.png")
        Image.fromarray(np.roll(one.labels, index, 0)).save(
            tmp_path / "data/masks" / f"{one.stem}.png"
        )
    return tmp_path / "data"


def test_ids_survive_reading_where_objects_are_learned(folder):
    ids = load_split(folder, RECIPE, 2).train[0].labels
    assert ids.dtype == np.uint16 and np.unique(ids).tolist() == [0, 1, 2]
    phases = load_split(folder, PHASES, 2).train[0].labels
    assert phases.dtype == np.uint8 and np.array_equal(phases, ids > 0)


def test_a_batch_is_images_and_three_targets_and_the_same_for_a_seed():
    split = Split((pair(), pair("b", 9)), (pair("c"),))
    batches = [split.crops(RECIPE, np.random.default_rng(4)) for _ in range(2)]
    for (image, targets), (again, the_same) in zip(*batches, strict=True):
        assert image.shape == (32, 32) and targets.shape == (3, 32, 32)
        assert targets.dtype == np.float32 and targets.max() <= 1
        assert np.array_equal(image, again) and np.array_equal(targets, the_same)


def test_crops_are_drawn_or_cut_as_the_settings_say():
    settings = replace(RECIPE.objects, crowds=1.0)
    drawn = object_crops((pair(),), np.ones(1), RECIPE, settings, np.random.default_rng(0))
    settings = replace(RECIPE.objects, crowds=0.0, annotated=0.0)
    cut = object_crops((pair(),), np.ones(1), RECIPE, settings, np.random.default_rng(0))
    assert not np.array_equal(drawn[0][1], cut[0][1])


def test_films_hold_no_particle_and_use_the_full_range():
    films = ObjectLearning(PHASES, crowds=0.0, films=1.0)
    for image, targets in object_crops(
        [pair()], np.ones(1), RECIPE, films, np.random.default_rng(3)
    ):
        assert image.min() == 0 and image.max() == 1
        assert not targets[:2].any()


def test_images_with_long_contacts_are_drawn_more_often():
    shares = image_shares(np.array([0.0, 100.0, 400.0]), by_contact=0.6)
    # A third of 0.4 each, and 0.6 by the roots 0, 10 and 20.
    assert shares == pytest.approx([0.4 / 3, 0.4 / 3 + 0.2, 0.4 / 3 + 0.4])
    assert image_shares(np.zeros(4), by_contact=0.6) == pytest.approx([0.25] * 4)


def test_the_score_is_the_f1_of_objects():
    data = Split((), (pair(),))
    assert object_score(CARD, Oracle(pair().labels), data) == 1
    half = Oracle(np.where(pair().labels == 3, pair().labels, 0).astype(np.uint16))
    assert object_score(CARD, half, data) == pytest.approx(2 / 3)


def test_the_phases_are_learned_first_and_the_run_can_be_resumed(folder, tmp_path):
    stages = []
    options = TrainingOptions(tmp_path / "run", "cpu")
    result = run_training(CARD, RECIPE, folder, options, lambda stage, _: stages.append(stage))
    assert list(dict.fromkeys(stages)) == ["phases", "training"]
    assert result.state["weight"].shape == (4, 1, 1, 1)
    assert (tmp_path / "run/phases/checkpoint.pt").is_file()
    with pytest.raises(LamellaError, match="--resume"):
        run_training(CARD, RECIPE, folder, options, lambda *_: None)
    again = run_training(CARD, RECIPE, folder, replace(options, resume=True), lambda *_: None)
    assert torch.equal(again.state["weight"], result.state["weight"])


def test_the_first_run_leaves_the_outputs_about_objects_alone(folder, tmp_path):
    torch.manual_seed(PHASES.seed)
    before = Pointwise().weight.detach().clone()
    split = load_split(folder, RECIPE, 2)
    assert [one.labels.max() for one in phases_of(split.train)] == [1] * len(split.train)
    result = run_training(
        CARD, PHASES, folder, TrainingOptions(tmp_path / "phases", "cpu"), lambda *_: None
    )
    moved = (result.state["weight"] - before).abs().flatten()
    # Weight decay alone: 4 steps of at most 0.02 times 1e-4.
    assert (moved[2:] < 1e-5).all() and (moved[:2] > 1e-3).all()


def sure_of_contact() -> nn.Module:
    """Return a teacher that sees contact in every pixel, whatever the image."""
    teacher = Pointwise().requires_grad_(False)
    teacher.weight.zero_()
    teacher.bias.copy_(torch.tensor([0.0, 0.0, 20.0, 0.0]))
    return teacher


def test_a_network_learns_objects_from_a_teacher_too(folder, tmp_path):
    recipe = replace(RECIPE, objects=ObjectLearning(), distillation=Distillation(sure_of_contact))
    biases = [
        run_training(
            CARD, one, folder, TrainingOptions(tmp_path / name, "cpu"), lambda *_: None
        ).state["bias"]
        for name, one in (("alone", replace(recipe, distillation=None)), ("taught", recipe))
    ]
    assert biases[1][2] > biases[0][2] + 1e-3


def test_the_loss_beside_a_teacher_is_least_where_the_student_says_the_same():
    teacher = torch.tensor([0.0, 0.0, 0.0, 0.0])[None, :, None, None].expand(2, 4, 3, 3)
    # Two phases at 1/2: ln 2; contact twice and 1 + 3 / 2 times that, distance twice.
    expected = np.log(2) * (1 + 2 * 2.5 + 2)
    assert object_distillation_loss(teacher, teacher).item() == pytest.approx(expected)
    teacher = torch.randn((2, 4, 3, 3), generator=torch.Generator().manual_seed(0))
    student = teacher.clone().requires_grad_()
    object_distillation_loss(student, teacher).backward()
    assert student.grad is not None and student.grad.abs().max() < 1e-6


def test_another_initialization_is_that_of_the_first_run():
    recipe = with_initialization(RECIPE, "imagenet")
    assert recipe.initialize is from_scratch
    assert recipe.objects.first.initialize is not from_scratch


def test_objects_need_ids():
    with pytest.raises(LamellaError, match='masks="instances"'):
        replace(RECIPE, masks="classes")

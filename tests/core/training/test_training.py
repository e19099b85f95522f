"""Training: what can be known beforehand about crops, losses, splits, resuming and folding."""

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from core.errors import Cancelled, DataError, LamellaError, ModelError
from core.training.augmentation import Augmentation, Pair, degrade, noise, random_crop, shading
from core.training.averaging import averaged
from core.training.dataset import load_split, split_pairs
from core.training.feature_distillation import distill_features, fold, make_adapters
from core.training.initialization import efficientnet_lite_imagenet, from_scratch
from core.training.loop import TrainingSettings, train
from core.training.losses import cross_entropy_and_dice, distillation_loss
from core.training.recipe import FeatureDistillation, Recipe
from core.training.session import TrainingOptions, run_training
from core.training.validation import predict_labels, validation_score
from core.types.model_card import ModelCard
from core.types.segmentation import Phase

STILL = Augmentation(
    invert=0, gamma=(1, 1), contrast=(1, 1), brightness=(0, 0), blur=0, noise=0, shading=0
)
SMALL = Recipe(
    steps=40,
    initialize=from_scratch,
    masks="instances",
    batch=4,
    crop_px=32,
    learning_rate=0.05,
    validate_every=10,
    augmentation=STILL,
)


class Pixelwise(nn.Module):
    """A 1 x 1 network with batch norm: learns a threshold."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1, 4, 1), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 2, 1)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layers(x)


def discs(seed: int, side: int = 64) -> Pair:
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[:side, :side]
    labels = np.zeros((side, side), np.uint8)
    for row, column in random.integers(8, side - 8, (4, 2)):
        labels[(rows - row) ** 2 + (columns - column) ** 2 < 36] = 1
    return Pair(f"disc{seed}", 40 + 160 * labels, labels, group=str(seed // 2))


@pytest.fixture
def split():
    return split_pairs([discs(seed) for seed in range(8)], {}, 0.25, seed=0)


def test_a_crop_moves_labels_and_grey_levels_alike():
    pair = discs(1)
    for seed in range(20):
        image, labels = random_crop(pair, 32, STILL, np.random.default_rng(seed))
        assert image.shape == labels.shape == (32, 32)
        assert np.mean((image > 120 / 255) == labels) > 0.97


def test_a_crop_depends_on_its_seed_alone():
    first, second = (
        random_crop(discs(1), 32, Augmentation(), np.random.default_rng(5))[0] for _ in range(2)
    )
    np.testing.assert_array_equal(first, second)


def test_upright_crops_keep_up_and_down():
    labels = np.zeros((64, 64), np.uint8)
    labels[32:] = 1
    labels[:, :32] += 2
    pair = Pair("layers", np.zeros_like(labels), labels)
    still = replace(STILL, scale=(1, 1), rotation_degrees=(0, 0), on_object=0.0)
    corners = {
        upright: {
            random_crop(pair, 64, replace(still, upright=upright), np.random.default_rng(seed))[1][
                0, 0
            ]
            for seed in range(60)
        }
        for upright in (True, False)
    }
    assert corners == {True: {0, 2}, False: {0, 1, 2, 3}}


def test_crops_are_centred_on_rare_phases_as_often_as_on_frequent_ones():
    labels = np.zeros((64, 64), np.uint8)
    labels[:, :32] = 1
    labels[40, 50] = 2
    pair = Pair("two phases", np.zeros_like(labels), labels)
    still = replace(STILL, scale=(1, 1), rotation_degrees=(0, 0), on_object=1.0)
    with_rare = [
        2 in random_crop(pair, 17, still, np.random.default_rng(seed))[1] for seed in range(400)
    ]
    # Half of the crops are centred on phase 2, moved by up to 0.3 of their side: all hold it.
    assert 0.45 < np.mean(with_rare) < 0.6


def test_degraded_images_stay_in_range():
    field = np.random.default_rng(0).random((40, 40), np.float32)
    for seed in range(30):
        changed = degrade(field, Augmentation(), np.random.default_rng(seed))
        assert changed.dtype == np.float32 and 0 <= changed.min() <= changed.max() <= 1


def test_poisson_noise_has_the_variance_of_its_dose():
    grey = noise(np.full((400, 400), 0.5), (100, 100), (0, 0), np.random.default_rng(0))
    assert grey.mean() == pytest.approx(0.5, rel=0.01)
    # Variance of counts / dose is grey level / dose.
    assert grey.var() == pytest.approx(0.5 / 100, rel=0.03)


def test_shading_has_the_amplitude_drawn():
    field = shading((50, 70), (0.2, 0.2), np.random.default_rng(0))
    assert np.abs(field - 1).max() == pytest.approx(0.2, abs=1e-6)


def test_loss_of_certain_and_of_undecided_predictions():
    labels = torch.zeros(1, 4, 4, dtype=torch.long)
    labels[:, :2] = 1
    certain = 50.0 * torch.stack([labels == 0, labels == 1], 1)
    assert cross_entropy_and_dice(certain, labels).item() == pytest.approx(0, abs=1e-6)
    # Undecided: entropy ln 2; Dice of each phase 2 * 0.5 * 8 / (8 + 8) = 0.5.
    undecided = torch.zeros(1, 2, 4, 4)
    expected = np.log(2) + 0.5
    assert cross_entropy_and_dice(undecided, labels).item() == pytest.approx(expected, abs=1e-6)


def test_a_rare_phase_has_the_share_of_a_frequent_one():
    labels = torch.tensor([[[0, 0, 0, 0, 0, 0, 0, 1]]])
    logits = torch.zeros(1, 2, 1, 8)
    logits[:, 0] = 2.0
    # Cross-entropy of a pixel: ln(1 + e^-2) where it is right, ln(1 + e^2) where it is wrong.
    right, wrong = np.log1p(np.exp(-2)), np.log1p(np.exp(2))
    plain = cross_entropy_and_dice(logits, labels)
    balanced = cross_entropy_and_dice(logits, labels, balanced=True)
    difference = (right + wrong) / 2 - (7 * right + wrong) / 8
    assert (balanced - plain).item() == pytest.approx(difference, abs=1e-6)


def test_an_absent_phase_does_not_count_in_dice():
    labels = torch.zeros(1, 4, 4, dtype=torch.long)
    logits = torch.zeros(1, 2, 4, 4)
    # Only phase 0 is there: Dice 2 * 0.5 * 16 / (8 + 16) = 2/3.
    loss = cross_entropy_and_dice(logits, labels).item()
    assert loss == pytest.approx(np.log(2) + 1 / 3, abs=1e-6)


def test_distillation_is_the_teachers_entropy_at_best():
    logits = torch.tensor([0.0, np.log(3.0)]).view(1, 2, 1, 1)
    entropy = -(0.25 * np.log(0.25) + 0.75 * np.log(0.75))
    assert distillation_loss(logits, logits).item() == pytest.approx(entropy, abs=1e-6)


def test_average_follows_its_closed_form():
    network = nn.Linear(1, 1, bias=False)
    nn.init.constant_(network.weight, 0.0)
    average = averaged(network, decay=0.2)
    average.update_parameters(network)  # the first weights, as they are
    nn.init.constant_(network.weight, 1.0)
    average.update_parameters(network)  # decay min(0.2, 2/11)
    assert average.module.weight.item() == pytest.approx(1 - 2 / 11)
    average.update_parameters(network)  # decay min(0.2, 3/12)
    assert average.module.weight.item() == pytest.approx(1 - 2 / 11 * 0.2)
    assert not average.module.training and network.training


def test_groups_never_lie_on_both_sides(split):
    assert {p.group for p in split.train}.isdisjoint(p.group for p in split.validation)
    assert len(split.train) + len(split.validation) == 8
    assert len(split.validation) == 2


def test_a_named_split_is_kept():
    named = {"disc0": "train", "disc1": "val", "disc2": "train"}
    chosen = split_pairs([discs(seed) for seed in range(3)], named, 0.5, seed=0)
    assert [pair.stem for pair in chosen.validation] == ["disc1"]


def test_training_learns_a_threshold(split, tmp_path):
    torch.manual_seed(0)
    result = train(
        Pixelwise(), split, TrainingSettings(SMALL, 0.5, 0.25, 2, checkpoint=tmp_path / "c.pt")
    )
    assert result.score > 0.98
    assert [step for step, _ in result.scores] == [10, 20, 30, 40]


def test_a_stopped_run_ends_with_the_very_weights_of_an_unbroken_one(split, tmp_path):
    def run(path, resume=False, stop_at=None):
        def report(progress):
            if progress.step == stop_at:
                raise Cancelled

        torch.manual_seed(0)
        network = Pixelwise()
        settings = TrainingSettings(SMALL, 0.5, 0.25, 2, checkpoint=path, resume=resume)
        train(network, split, settings, report)
        return network.state_dict()

    unbroken = run(tmp_path / "a.pt")
    with pytest.raises(Cancelled):
        run(tmp_path / "b.pt", stop_at=17)
    resumed = run(tmp_path / "b.pt", resume=True)
    for name, value in unbroken.items():
        assert torch.equal(value, resumed[name]), name


def test_frozen_parameters_and_their_batch_statistics_stay(split, tmp_path):
    torch.manual_seed(0)
    network = Pixelwise()
    before = copy.deepcopy(network.state_dict())
    frozen = Recipe(**{**vars(SMALL), "frozen": ("layers.0", "layers.1"), "steps": 3})
    train(network, split, TrainingSettings(frozen, 0.5, 0.25, 2))
    after = network.state_dict()
    for name in before:
        assert torch.equal(before[name], after[name]) == name.startswith(("layers.0", "layers.1"))


def test_validation_puts_modes_back(split):
    network = Pixelwise().train()
    network.layers[1].eval()
    validation_score(network, split.validation, 0.5, 0.25, 2)
    assert network.training and not network.layers[1].training
    image = split.validation[0].image[:50, :41]
    for tta_scales in ((1.0,), (0.7, 1.4)):
        assert predict_labels(network, image, 0, 1, tta_scales).shape == (50, 41)


def unet(widths=(8, 8, 8, 8, 8)) -> nn.Module:
    from models.architectures.unet import build_unet

    return build_unet("resnet18", 2, decoder_channels=widths)


class AdaptedEncoder(nn.Module):
    """An encoder seen through adapters: the teacher that a student distills perfectly."""

    def __init__(self, encoder: nn.Module, adapters: nn.ModuleList) -> None:
        super().__init__()
        self.encoder, self.adapters = encoder, adapters
        self.out_channels = [1, *(adapter.out_channels for adapter in adapters)]

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        first, *stages = self.encoder(x)
        return [first, *(a(s) for a, s in zip(self.adapters, stages, strict=True))]


@torch.no_grad()
def test_folding_the_adapters_into_the_decoder_is_exact_inside_the_image():
    torch.manual_seed(0)
    student, teacher = unet().eval(), unet().eval()
    for module in teacher.decoder.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.running_mean)
    adapters = make_adapters(student, teacher)
    teacher.encoder = AdaptedEncoder(student.encoder, adapters)
    fold(student, teacher, adapters)
    image = torch.randn(1, 1, 256, 256)
    wanted = teacher.segmentation_head(teacher.decoder(teacher.encoder(image)))
    difference = (student(image) - wanted).abs()
    # Zero padding at strides 32 to 2 reaches 32 * 2 + 16 * 2 + ... < 124 px into the image.
    assert difference[..., 124:132, 124:132].max() < 1e-4 * wanted.abs().max()
    for adapter in adapters:
        nn.init.zeros_(adapter.bias)
    fold(student, teacher, adapters)
    wanted = teacher.segmentation_head(teacher.decoder(teacher.encoder(image)))
    assert (student(image) - wanted).abs().max() < 1e-4 * wanted.abs().max()


def test_feature_distillation_brings_the_students_features_closer(split):
    torch.manual_seed(0)
    student, teacher = unet(), unet().eval().requires_grad_(False)
    losses = []
    plan = FeatureDistillation(lambda: teacher, steps=12, batch=2, crop_px=32)
    before = copy.deepcopy(teacher.state_dict())
    distill_features(
        student, teacher, split.train, SMALL, plan, (0.5, 0.25), lambda p: losses.append(p.loss)
    )
    assert len(losses) == 12 and np.mean(losses[-3:]) < 0.7 * losses[0]
    assert all(torch.equal(value, teacher.state_dict()[name]) for name, value in before.items())


def test_folding_refuses_decoders_of_different_widths():
    student, teacher = unet(), unet((8, 8, 8, 8, 16))
    with pytest.raises(ModelError, match="do not fit"):
        fold(student, teacher, make_adapters(student, teacher))


def test_imagenet_weights_fit_the_encoder_in_order():
    from models.architectures.unet import build_unet

    network = build_unet("tu-tf_efficientnet_lite0", 2)
    assert "ImageNet" in efficientnet_lite_imagenet(network)
    # A trained stem is far from the variance it is initialized with, and sums over colours.
    stem = network.encoder.model.conv_stem.weight
    assert stem.shape == (32, 1, 3, 3) and stem.abs().max() > 1


CARD = ModelCard(
    name="tiny",
    title="Tiny",
    purpose="tests",
    phases=(Phase("background", "#000000"), Phase("disc", "#ffffff")),
    build=Pixelwise,
    weights=None,
    architecture="1 x 1",
    mean=0.5,
    std=0.25,
    data="none",
    licence="none",
    reference="none",
)


@pytest.fixture
def folder(tmp_path):
    for name in ("images", "masks"):
        (tmp_path / "data" / name).mkdir(parents=True)
    for seed in range(6):
        pair = discs(seed)
        Image.fromarray(pair.image).save(tmp_path / "data/images" / f"{pair.stem}.png")
        Image.fromarray(pair.labels).save(tmp_path / "data/masks" / f"{pair.stem}.png")
    return tmp_path / "data"


def test_a_run_from_a_folder_writes_its_curves_and_refuses_to_overwrite(folder, tmp_path):
    options = TrainingOptions(tmp_path / "run", "cpu")
    steps = []
    result = run_training(CARD, SMALL, folder, options, lambda phase, p: steps.append(p.step))
    assert result.score > 0.9 and steps == list(range(1, 41))
    lines = (tmp_path / "run/curves.csv").read_text().splitlines()
    assert lines[0] == "step,loss,validation_score" and len(lines) == 5
    with pytest.raises(LamellaError, match="--resume"):
        run_training(CARD, SMALL, folder, options, lambda phase, p: None)


def test_every_mistake_in_a_folder_is_listed_at_once(folder):
    (folder / "masks/disc0.png").unlink()
    Image.fromarray(np.zeros((5, 5), np.uint8)).save(folder / "masks/disc1.png")
    (folder / "images/disc2.png").write_bytes(b"<html>")
    with pytest.raises(DataError) as caught:
        load_split(folder, SMALL, phases=2)
    message = str(caught.value)
    assert "3 mistakes" in message
    assert "disc0.png has no mask" in message and "5 x 5" in message and "disc2.png" in message


def test_an_unknown_class_and_a_repeated_image_are_mistakes(folder):
    Image.fromarray(np.full((64, 64), 7, np.uint8)).save(folder / "masks/disc0.png")
    for name in ("images", "masks"):
        content = (folder / name / "disc1.png").read_bytes()
        (folder / name / "copy.png").write_bytes(content)
    index = "stem,split\ndisc1,train\ncopy,val\n"
    (folder / "index.csv").write_text(index)
    recipe = Recipe(**{**vars(SMALL), "masks": "classes"})
    with pytest.raises(DataError) as caught:
        load_split(folder, recipe, phases=2)
    assert "class 7" in str(caught.value)
    assert "disc1 (train) and copy (val) are the same image" in str(caught.value)

"""A network is taught: what counts, what moves, what is kept, and that a killed run goes on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from core.errors import Cancelled, DataError
from core.training.augmentation import IGNORED, Augmentation
from core.training.fine_tuning.images import Origin, TeachingImage, apart, pack, unpack
from core.training.fine_tuning.run import are_picked, confirmed_data, fine_tune, view_of
from core.training.fine_tuning.scoring import predictor, score
from core.training.fine_tuning.start import FineTuning, Start, Task, frozen, mixed
from core.training.losses import object_loss
from core.training.object_targets import IGNORED_ID, UNKNOWN, object_targets
from core.types.segmentation import Phase

STILL = Augmentation(
    scale=(1, 1), invert=0, gamma=(1, 1), contrast=(1, 1), brightness=(0, 0), blur=0, noise=0,
    shading=0,
)  # fmt: skip
QUICK = FineTuning(
    batch=4, crop_px=32, learning_rate=0.05, new_phases_learning_rate=0.05, encoder_share=1.0,
    fewest_steps=60,
    most_steps=60, validate_every=20, averaging=0.9, scales=(1.0,), augmentation=STILL,
)  # fmt: skip
PHASES = (Phase("ground", "#0072B2"), Phase("object", "#E69F00"))
TASK = Task(PHASES, same_phases=True, objects_phase=1)


class Tiny(nn.Module):
    """A 1 x 1 network with an encoder and a head, which learns a threshold."""

    def __init__(self, outputs: int) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Conv2d(1, 4, 1), nn.BatchNorm2d(4), nn.ReLU())
        self.segmentation_head = nn.Sequential(nn.Conv2d(4, outputs, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.segmentation_head(self.encoder(x))


def start(outputs: int = 2) -> Start:
    torch.manual_seed(3)
    weights = Tiny(outputs).state_dict()

    def initialize(network: nn.Module) -> None:
        own = network.state_dict()
        fits = {n: v for n, v in weights.items() if own[n].shape == v.shape}
        network.load_state_dict(fits, strict=False)

    return Start("tiny", "0" * 64, Tiny, initialize, PHASES, 0.45, 0.23, 1, outputs == 4)


def disks(seed: int, known: bool = True, instances: bool = False) -> TeachingImage:
    """Dark disks on a bright ground; where they are not ``known``, the right half is not."""
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[:64, :96]
    ids = np.zeros((64, 96), np.uint16)
    for number, column in enumerate((14, 38, 62, 80), 1):
        row = random.integers(12, 52)
        ids[(rows - row) ** 2 + (columns - column) ** 2 < 64] = number
    phases = (ids > 0).astype(np.uint8)
    grey = 190 - 130 * phases
    if not known:
        phases[:, 48:] = IGNORED
    origin = Origin(f"disks{seed}", f"specimen{seed // 2}", objects=4)
    return TeachingImage(grey, phases, ids if instances else None, origin)


def test_images_are_packed_without_a_loss():
    images = (disks(1, known=False), disks(2, instances=True))
    for one, other in zip(images, unpack(pack(images)), strict=True):
        assert one.origin == other.origin
        assert np.array_equal(one.grey, other.grey) and np.array_equal(one.phases, other.phases)
        assert (one.instances is None) == (other.instances is None)
    with pytest.raises(DataError, match="damaged"):
        unpack(pack(images)[:-30])


def test_what_is_not_confirmed_is_in_neither_part():
    pair = disks(1, known=False).pair(None)
    (learned,), (choosing,) = apart([pair])
    # 48 columns are known; the last fifth of them, from column 39 on, chooses.
    assert (learned.labels[:, :39] != IGNORED).all() and (learned.labels[:, 39:] == IGNORED).all()
    assert (choosing.labels != IGNORED).sum() == 9 * 64


def test_an_object_that_reaches_into_both_parts_is_in_neither():
    (learned,), (choosing,) = apart([disks(1, instances=True).pair(1)])
    assert set(np.unique(learned.labels)) == {0, 1, 2, 3, IGNORED_ID}
    assert set(np.unique(choosing.labels)) <= {0, IGNORED_ID}


def test_objects_that_nobody_confirmed_are_no_ground():
    image = disks(1, instances=True)
    ids = np.where(image.instances == 2, 0, image.instances).astype(np.uint16)
    labels = replace(image, instances=ids).pair(1).labels
    assert (labels[image.instances == 2] == IGNORED_ID).all()
    assert (labels[image.phases == 0] == 0).all()


def test_targets_where_nothing_is_known_cost_nothing():
    ids = np.zeros((12, 20), np.uint16)
    ids[2:9, 1:6] = 4
    ids[:, 12:] = IGNORED_ID
    targets = object_targets(ids)
    assert (targets[:, :, 12:] == UNKNOWN).all()
    # An object may begin just beyond, and touch what lies here.
    assert (targets[1, :, 10:12] == UNKNOWN).all() and (targets[1, :, :10] != UNKNOWN).all()
    batch = torch.from_numpy(targets)[None]
    one, other = torch.zeros(2, 1, 4, 12, 20)
    other[..., 12:] = 50
    for a, b in zip(object_loss(one, batch), object_loss(other, batch), strict=True):
        assert a.item() == b.item()
    nothing = torch.full((1, 3, 4, 4), UNKNOWN)
    assert sum(object_loss(torch.ones(1, 4, 4, 4), nothing)).item() == 0


def test_a_mixture_lies_between_the_old_and_the_new_weights():
    old, new = {"a": torch.tensor([0.0, 4.0])}, {"a": torch.tensor([8.0, 0.0])}
    assert mixed(old, new, 0.25)["a"].tolist() == [2.0, 3.0]
    new["segmentation_head.0.weight"] = torch.ones(3)
    assert mixed(old, new, 0.0)["segmentation_head.0.weight"].tolist() == [1, 1, 1]


def test_fewer_parameters_move_for_fewer_images():
    network, encoder, model = nn.Module(), nn.Module(), nn.Module()
    network.encoder, encoder.model = encoder, model
    model.conv_stem, model.bn1 = nn.Linear(1, 1), nn.Linear(1, 1)
    model.blocks = nn.ModuleList(nn.Linear(1, 1) for _ in range(11))
    assert frozen(network, 3) == (
        "encoder.model.conv_stem.", "encoder.model.bn1.", "encoder.model.blocks.0.",
    )  # fmt: skip
    assert frozen(network, 2)[3:] == ("encoder.model.blocks.1.", "encoder.model.blocks.2.")
    # A stage 10 is none of stage 1.
    assert frozen(Tiny(2), 1) == ()


def test_a_network_is_taught_and_what_it_began_with_stays(tmp_path: Path):
    base = start()
    before = {name: value.clone() for name, value in base.network(2).state_dict().items()}
    images = [disks(seed) for seed in range(4)]
    taught = fine_tune(base, TASK, images, QUICK, tmp_path)
    assert taught.score > 0.95 > taught.before
    assert taught.curve and taught.mix in QUICK.mixes
    assert all(torch.equal(v, before[n]) for n, v in base.network(2).state_dict().items())
    # The statistics are those of the images that the model was trained on.
    assert torch.equal(taught.state["encoder.1.running_mean"], before["encoder.1.running_mean"])
    network = base.network(2)
    network.load_state_dict(taught.state)
    fresh = disks(9).pair(None)
    assert (
        score(predictor(network, view_of(base, TASK)), fresh, view_of(base, TASK)).mean_iou > 0.95
    )


def test_what_is_not_confirmed_is_not_learned(tmp_path: Path):
    """The right half is labelled the wrong way round, but nobody confirmed it."""
    right = disks(1, known=False)
    liar = np.where(right.phases == IGNORED, 1 * (right.grey > 100), right.phases)
    new = replace(QUICK, mixes=(1.0,))
    assert fine_tune(start(), TASK, [right], new, tmp_path / "a").score > 0.95
    wrong = replace(right, phases=liar.astype(np.uint8))
    assert fine_tune(start(), TASK, [wrong], new, tmp_path / "b").score < 0.9


def test_another_number_of_phases_gets_a_layer_of_its_own(tmp_path: Path):
    image = disks(1)
    phases = np.where((image.phases == 0) & (np.arange(96) % 12 < 6), np.uint8(2), image.phases)
    grey = np.where(phases == 2, 250, image.grey).astype(np.uint8)
    task = Task((*PHASES, Phase("third", "#009E73")), same_phases=False, objects_phase=1)
    taught = fine_tune(start(4), task, [replace(image, phases=phases, grey=grey)], QUICK, tmp_path)
    assert np.isnan(taught.before)
    assert taught.state["segmentation_head.0.weight"].shape[0] == 3
    assert taught.curve[-1].loss < taught.curve[0].loss


def test_objects_are_learned_where_the_labels_tell_them_apart(tmp_path: Path):
    images = [disks(seed, instances=True) for seed in range(3)]
    task = replace(TASK, instances=True)
    assert confirmed_data(start(4), task, images).learns_objects
    assert not confirmed_data(start(2), task, images).learns_objects
    taught = fine_tune(start(4), task, images, QUICK, tmp_path)
    assert taught.state["segmentation_head.0.weight"].shape[0] == 4


def test_small_objects_are_seen_enlarged(tmp_path: Path):
    phases = np.zeros((64, 96), np.uint8)
    for shift in (0, 1):
        phases[8 + shift : -8 : 8, 8:-8:8] = 1
        phases[8 + shift : -8 : 8, 9:-8:8] = 1
    image = TeachingImage(190 - 130 * phases, phases, None, Origin("squares", "a"))
    settings = replace(QUICK, scales=(1.0, 1.5), fewest_steps=10, most_steps=10)
    # Squares of 2 px: 6 px would be three times, and at most it is twice.
    assert fine_tune(start(), TASK, [image], settings, tmp_path).scale == 2.0


def test_outlined_objects_do_not_say_how_much_of_a_phase_there_is():
    whole, part = disks(1), disks(2, known=False)
    # Half of the second image is known: three quarters of both, five sixths of three.
    assert not are_picked([whole]) and are_picked([part]) and are_picked([whole, part])
    assert not are_picked([whole, whole, part])


@pytest.mark.parametrize("step", [3, 25, 60])
def test_a_run_that_was_killed_ends_with_the_weights_of_an_unbroken_one(tmp_path: Path, step: int):
    images = [disks(seed) for seed in range(2)]
    unbroken = fine_tune(start(), TASK, images, QUICK, tmp_path / "one")
    seen = 0

    def stop(progress: object) -> None:
        nonlocal seen
        seen += 1
        if seen == step:
            raise Cancelled

    with pytest.raises(Cancelled):
        fine_tune(start(), TASK, images, QUICK, tmp_path / "two", stop)
    resumed = fine_tune(start(), TASK, images, QUICK, tmp_path / "two")
    assert resumed.mix == unbroken.mix
    assert all(torch.equal(v, resumed.state[n]) for n, v in unbroken.state.items())

"""One network for several tasks: a batch is of one task, and only its own phases learn from it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from core.training.augmentation import Pair
from core.training.initialization import from_scratch
from core.training.losses import cross_entropy_and_dice
from core.training.recipe import Recipe
from core.training.session import TrainingOptions, train_in
from core.training.source import SyntheticData
from core.types.segmentation import Phase
from models import micrographs, zoo
from models.initializations import with_initialization
from research.multitask import MultitaskData, PhasesOf, Task, multitask_objective

RECIPE = Recipe(
    steps=4, initialize=from_scratch, batch=2, crop_px=32, averaging=0.5, validate_every=4
)


def task(phases: int, mean: float, share: float = 1.0) -> Task:
    """Return a task whose crops are grey everywhere, 0.5, and whose labels are its last phase."""

    def draw(random: np.random.Generator, side: int) -> tuple[np.ndarray, np.ndarray]:
        return np.full((side, side), 0.5, np.float32), np.full((side, side), phases - 1, np.uint8)

    grey = np.full((32, 32), 128, np.uint8)
    pair = Pair("a", grey, np.full((32, 32), phases - 1, np.uint8))
    card = replace(
        zoo.card("particles"),
        phases=tuple(Phase(str(index), "#000000") for index in range(phases)),
        mean=mean,
        std=0.25,
    )
    return Task(card, RECIPE, SyntheticData(draw, (pair,), (pair,)), share)


DATA = MultitaskData((task(2, 0.5), task(3, 0.25)))


def test_a_batch_is_of_one_task_normalized_as_its_model_does_it() -> None:
    assert DATA.first == (0, 2)
    assert len(DATA.train) == len(DATA.validation) == 2
    seen = set()
    for seed in range(20):
        crops = DATA.crops(RECIPE, np.random.default_rng(seed))
        assert [image.shape for image, _ in crops] == [(32, 32)] * 2
        seen |= {
            (float(image.mean()), int(labels.min()), int(labels.max())) for image, labels in crops
        }
    # (0.5 - 0.5) / 0.25 with phase 1 of 2; (0.5 - 0.25) / 0.25 with phase 2 of 3, of all the 4th.
    assert seen == {(0.0, 1, 1), (1.0, 4, 4)}


def test_a_task_is_drawn_by_its_share() -> None:
    data = MultitaskData((task(2, 0.5, 3.0), task(3, 0.5)))
    first = [
        data.crops(RECIPE, np.random.default_rng(seed))[0][1].max() == 1 for seed in range(400)
    ]
    # 300 of 400 expected, and 5 standard deviations are 43.
    assert abs(sum(first) - 300) < 43


def test_the_loss_is_the_tasks_own_and_leaves_the_other_phases_alone() -> None:
    loss = multitask_objective(DATA).loss
    logits = torch.randn(2, 5, 8, 8, generator=torch.Generator().manual_seed(1), requires_grad=True)
    labels = torch.full((2, 8, 8), 3)
    value = loss(logits, labels)
    assert value.item() == pytest.approx(cross_entropy_and_dice(logits[:, 2:], labels - 2).item())
    value.backward()
    assert not logits.grad[:, :2].any() and logits.grad[:, 2:].any()


class Constant(nn.Module):
    """Logits that say phase 1 of the first task and phase 0 of the second, everywhere."""

    def __init__(self) -> None:
        super().__init__()
        self.logits = nn.Parameter(torch.tensor([0.0, 1.0, 1.0, 0.0, 0.0]))

    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        return self.logits[None, :, None, None].expand(len(batch), -1, *batch.shape[-2:])


def test_the_score_is_the_mean_over_tasks() -> None:
    network = Constant().eval()
    assert PhasesOf(network, 2, 3)(torch.zeros(1, 1, 4, 4)).shape == (1, 3, 4, 4)
    # The first task is right everywhere; of the second, two phases are known, both with IoU 0.
    assert multitask_objective(DATA).score(network, DATA) == pytest.approx(0.5)


def test_it_trains_by_the_loop_of_every_network(tmp_path: Path) -> None:
    def build() -> nn.Module:
        return nn.Conv2d(1, 5, 1)

    card = replace(micrographs.CARD, build=build, phases=(Phase("x", "#000000"),) * 5)
    states = [
        train_in(
            card,
            RECIPE,
            lambda: DATA,
            TrainingOptions(tmp_path / name, "cpu"),
            lambda phase, progress: None,
            multitask_objective(DATA),
        ).state
        for name in ("a", "b")
    ]
    assert torch.equal(states[0]["weight"], states[1]["weight"])


def test_the_shipped_start_fits_all_but_the_last_layer_of_a_model() -> None:
    assert len(micrographs.CARD.phases) == 14
    network = zoo.card("superalloy").build()
    before = network.segmentation_head[0].weight.clone()
    said = with_initialization(zoo.recipe("superalloy"), "micrographs").initialize(network)
    assert said.endswith("(micrographs)")
    assert torch.equal(network.segmentation_head[0].weight, before)

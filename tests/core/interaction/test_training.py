from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from core.errors import Cancelled, DataError, LamellaError
from core.interaction import training
from core.interaction.scene_file import kept_scenes
from core.interaction.scenes import Scene
from core.interaction.training import SCENES, cycle, run_click_training
from core.training.initialization import from_scratch
from core.training.progress import Progress
from core.training.recipe import Recipe
from core.training.session import TrainingOptions
from core.types.model_card import ModelCard
from models.interactive import CARDS
from tests.core.interaction.test_crops import SCENE

RECIPE = Recipe(
    steps=6, initialize=from_scratch, batch=2, crop_px=32, validate_every=3, averaging=0.5
)


class Tiny(nn.Module):
    """(N, 5, H, W) -> (N, 1, H, W)."""

    def __init__(self) -> None:
        super().__init__()
        self.only = nn.Conv2d(5, 1, 3, padding=1)

    def forward(self, seen: Tensor) -> Tensor:
        return self.only(seen)


CARD: ModelCard = replace(CARDS["click"], name="tiny", build=Tiny, weights=None)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a run begins with scenes that it finds there, and validates on four crops."""
    monkeypatch.setattr(training, "SCORED", 4)
    kept_scenes(tmp_path / SCENES, lambda: ({"particles": (SCENE,)}, (SCENE,)))
    return tmp_path


def nothing(stage: str, progress: Progress) -> None:
    pass


def test_scenes_come_back_from_their_file_as_they_were(folder: Path) -> None:
    train, held_out = kept_scenes(folder / SCENES, lambda: pytest.fail("read again"))
    assert np.array_equal(train["particles"][0].ids, SCENE.ids)
    assert np.array_equal(held_out[0].image, SCENE.image)


def test_training_moves_the_weights_validates_and_ends(folder: Path) -> None:
    seen: list[Progress] = []
    result = run_click_training(
        CARD, RECIPE, folder, TrainingOptions(folder, "cpu"), lambda _, one: seen.append(one)
    )
    assert [one.step for one in seen] == [1, 2, 3, 4, 5, 6]
    assert [step for step, _ in result.scores] == [3, 6]
    torch.manual_seed(RECIPE.seed)
    before = Tiny().state_dict()["only.weight"]
    assert not torch.equal(result.state["only.weight"], before)
    assert (folder / "curves.csv").read_text().startswith("step,loss,validation_score\n3,")


def test_a_stopped_run_goes_on_where_it_was(folder: Path) -> None:
    def stop(stage: str, progress: Progress) -> None:
        if progress.step == 4:
            raise Cancelled

    options = TrainingOptions(folder, "cpu")
    with pytest.raises(Cancelled):
        run_click_training(CARD, RECIPE, folder, options, stop)
    with pytest.raises(LamellaError, match="--resume"):
        run_click_training(CARD, RECIPE, folder, options, nothing)
    seen: list[int] = []
    result = run_click_training(
        CARD,
        RECIPE,
        folder,
        replace(options, resume=True),
        lambda _, progress: seen.append(progress.step),
    )
    assert seen == [5, 6]
    assert [step for step, _ in result.scores] == [3, 6]
    with pytest.raises(LamellaError, match="another recipe"):
        run_click_training(
            CARD, replace(RECIPE, batch=3), folder, replace(options, resume=True), nothing
        )


def test_without_data_it_says_what_is_needed(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds particles/"):
        run_click_training(CARD, RECIPE, None, TrainingOptions(tmp_path), nothing)
    with pytest.raises(DataError, match="holds no folder particles"):
        run_click_training(CARD, RECIPE, tmp_path, TrainingOptions(tmp_path / "run"), nothing)


def test_learning_rate_goes_up_and_comes_down() -> None:
    assert cycle(0.05) == pytest.approx(1)
    assert cycle(0.025) == pytest.approx(0.5)
    assert cycle(1.0) == pytest.approx(0.01)
    assert cycle(0.525) == pytest.approx(0.505)


def test_scene_lists_objects_that_can_be_seen() -> None:
    ids = np.array(SCENE.ids)
    ids[0, :3] = 9
    assert [number for number, _ in Scene(SCENE.image, ids).objects] == [1, 2, 3]

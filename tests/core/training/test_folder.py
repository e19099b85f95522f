"""What a data folder and a broken-off run may look like: mistakes listed, nothing lost."""

import csv
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from core.errors import DataError, LamellaError
from core.pixels.mask_file import read_mask
from core.training import loop
from core.training.dataset import load_split
from core.training.loop import TrainingSettings, train
from core.training.session import TrainingOptions, run_training
from tests.core.training.test_training import CARD, SMALL, Pixelwise, discs, folder, split

__all__ = ["folder", "split"]


def mistakes(folder, recipe=SMALL) -> str:
    with pytest.raises(DataError) as caught:
        load_split(folder, recipe, phases=2)
    return str(caught.value)


def test_a_mask_without_an_image_and_two_files_of_one_name_are_mistakes(folder):
    mask = (folder / "masks" / "disc0.png").read_bytes()
    (folder / "masks" / "lonely.png").write_bytes(mask)
    Image.fromarray(discs(1).image).save(folder / "images" / "disc1.tif")
    message = mistakes(folder)
    assert "2 mistakes" in message
    assert "lonely.png is a mask without an image" in message
    assert "images/ holds 2 files named disc1" in message


def test_one_mistake_is_one(folder):
    (folder / "masks" / "disc0.png").unlink()
    assert "1 mistake to mend" in mistakes(folder)


def test_a_mask_of_fractions_is_a_mistake(folder):
    fractions = np.full((64, 64), 0.5, np.float32)
    Image.fromarray(fractions).save(folder / "masks" / "disc0.tif")
    (folder / "masks" / "disc0.png").unlink()
    assert "disc0.tif holds float32 values from 0.5 to 0.5" in mistakes(folder)


def test_a_mask_below_zero_is_refused(tmp_path):
    Image.fromarray(np.full((4, 4), -1, np.int32)).save(tmp_path / "below.tif")
    with pytest.raises(DataError, match="whole numbers from 0"):
        read_mask(tmp_path / "below.tif")


@pytest.mark.parametrize(
    ("index", "sentence"),
    [
        ("stem,split\ndisc0,valid\n", "disc0 into 'valid'"),
        ("stem,split\ndisc0,train\ndisc1,val\n", "names no split for disc2"),
        ("stem,specimen\ndisc0,a\n", "has no specimen for disc1"),
        ("stem,notes\ndisc0,good\n", "images of one specimen must stay on one side"),
    ],
)
def test_an_index_that_would_be_passed_over_in_silence_is_a_mistake(folder, index, sentence):
    (folder / "index.csv").write_text(index)
    assert sentence in mistakes(folder, replace(SMALL, group="specimen"))


def test_another_seed_of_the_training_validates_on_the_same_images(folder):
    sides = [
        [pair.stem for pair in load_split(folder, replace(SMALL, **changed), 2).validation]
        for changed in ({}, {"seed": 2}, {"seed": 3}, {"split_seed": 5})
    ]
    assert sides[0] == sides[1] == sides[2] != sides[3]


def test_a_folder_that_leaves_one_side_empty_is_a_mistake(folder):
    for name in ("images", "masks"):
        for path in sorted((folder / name).iterdir())[1:]:
            path.unlink()
    assert "at least one of each is needed" in mistakes(folder)


def weights_after(path, split, fail_at=None, resume=False):
    """Train, killed without warning before step ``fail_at`` is over; return the weights."""

    def report(progress):
        if progress.step == fail_at:
            raise KeyboardInterrupt

    torch.manual_seed(0)
    network = Pixelwise()
    settings = TrainingSettings(SMALL, 0.5, 0.25, 2, checkpoint=path, resume=resume)
    train(network, split, settings, report)
    return network.state_dict()


def same(one, other) -> bool:
    return all(torch.equal(value, other[name]) for name, value in one.items())


@pytest.mark.parametrize("step", [1, 9, 10, 11, 39])
def test_a_run_killed_at_any_step_ends_with_the_weights_of_an_unbroken_one(split, tmp_path, step):
    unbroken = weights_after(tmp_path / "a.pt", split)
    with pytest.raises(KeyboardInterrupt):
        weights_after(tmp_path / "b.pt", split, fail_at=step)
    assert same(unbroken, weights_after(tmp_path / "b.pt", split, resume=True))


def test_a_kill_while_the_checkpoint_is_written_leaves_the_one_before(split, tmp_path, monkeypatch):
    unbroken = weights_after(tmp_path / "a.pt", split)
    save, calls = torch.save, []

    def half_a_file(state, path):
        calls.append(path)
        if len(calls) < 3:
            return save(state, path)
        path.write_bytes(b"half a checkpo")
        raise KeyboardInterrupt

    monkeypatch.setattr(loop.torch, "save", half_a_file)
    with pytest.raises(KeyboardInterrupt):
        weights_after(tmp_path / "b.pt", split)
    monkeypatch.setattr(loop.torch, "save", save)
    assert same(unbroken, weights_after(tmp_path / "b.pt", split, resume=True))


def curves(path) -> list[dict[str, str]]:
    with path.open(newline="") as lines:
        return list(csv.DictReader(lines))


def test_curves_are_written_while_the_run_goes_on_and_hold_the_mean_loss(folder, tmp_path):
    losses, seen = [], []

    def report(phase, progress):
        losses.append(progress.loss)
        if progress.validated:
            seen.append(len(curves(tmp_path / "run" / "curves.csv")))

    run_training(CARD, SMALL, folder, TrainingOptions(tmp_path / "run", "cpu"), report)
    assert seen == [1, 2, 3, 4]
    rows = curves(tmp_path / "run" / "curves.csv")
    assert [int(row["step"]) for row in rows] == [10, 20, 30, 40]
    means = np.array(losses).reshape(4, 10).mean(1)
    assert [float(row["loss"]) for row in rows] == pytest.approx(means.tolist(), rel=1e-5)


@pytest.mark.parametrize(
    "other",
    [{"steps": 60}, {"seed": 2}, {"augmentation": replace(SMALL.augmentation, invert=0.9)}],
    ids=lambda other: "".join(other),
)
def test_a_run_of_another_recipe_is_neither_gone_on_with_nor_taken_for_this_one(
    folder, tmp_path, other
):
    options = TrainingOptions(tmp_path / "run", "cpu", resume=True)
    run_training(CARD, SMALL, folder, options, lambda *_: None)
    before = (tmp_path / "run" / "checkpoint.pt").read_bytes()
    with pytest.raises(LamellaError, match="a run of another recipe.*another folder"):
        run_training(CARD, replace(SMALL, **other), folder, options, lambda *_: None)
    assert (tmp_path / "run" / "checkpoint.pt").read_bytes() == before


@pytest.mark.parametrize(("of_recipe", "seen"), [(None, (0.5,)), ((2.0, 1.0), (2.0, 1.0))])
def test_the_step_is_chosen_at_the_recipes_magnifications(
    folder, tmp_path, monkeypatch, of_recipe, seen
):
    asked = []

    def score(network, pairs, mean, std, classes, tta_scales):
        asked.append(tta_scales)
        return 0.5

    monkeypatch.setattr(loop, "validation_score", score)
    recipe = replace(SMALL, steps=2, validate_every=1, validation_tta_scales=of_recipe)
    card = replace(CARD, tta_scales=(0.5,))
    run_training(card, recipe, folder, TrainingOptions(tmp_path / "run"), lambda *_: None)
    assert asked == [seen, seen]

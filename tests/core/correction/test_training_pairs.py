"""A model learns from confirmed pixels, and from no others."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from core.correction import changes
from core.correction.changes import Change, ObjectChange, repainted
from core.correction.state import Box, CorrectionState, ObjectRecord
from core.correction.training_pairs import training_labels, training_pair
from core.training.augmentation import IGNORED, Augmentation, Pair, random_crop
from core.training.losses import cross_entropy_and_dice
from core.types.micrograph import Micrograph
from tests.core.correction.edits import SHAPE, copied, pixels_of, small_state


def image() -> Micrograph:
    grey = np.random.default_rng(0).random(SHAPE, np.float32)
    return Micrograph(grey, "a.tif", "d", info_bar_rows=2)


def confirmed(state: CorrectionState, number: int) -> Change:
    before = state.objects[number]
    return Change(objects=(ObjectChange(number, before, replace(before, confirmed=True)),))


def test_nothing_that_nobody_looked_at_is_a_label() -> None:
    state = small_state()
    found = training_labels(state, small_state(), image(), "particles")
    assert (found.phases == IGNORED).all() and not found.instances.any()
    assert (found.provenance.pixels, found.provenance.objects) == (0, 0)


def test_labels_are_what_was_confirmed_drawn_or_changed() -> None:
    state, beginning = small_state(), small_state()
    changes.apply(state, confirmed(state, 1))
    new = np.array([30 * 64 + 60, 30 * 64 + 61])
    changes.apply(state, repainted(state, new, 10, 1, {10: ObjectRecord(1, "drawn")}))
    changes.apply(state, repainted(state, pixels_of(state, 5), 0, 0))
    changes.apply(state, repainted(state, np.array([46 * 64 - 1]), 0, 2))
    changes.apply(state, Change(areas=((), (Box(40, 0, 48, 4),))))
    found = training_labels(state, beginning, image(), "particles")
    phases = found.phases
    # The square and ground up to 2 px around it, but for the pores of its phase, which keep theirs.
    assert (phases[1:13, 2:14] != IGNORED).all()
    assert phases[3:11, 4:12].tolist() == state.labels[3:11, 4:12].tolist()
    assert (phases[1:3, 2:14] == 0).all() and (phases[0, :] == IGNORED).all()
    assert (phases[3:11, 24:32] == IGNORED).all()
    assert (phases[17:25, 24:32] == 0).all() and (phases[16, 24:32] == IGNORED).all()
    assert phases[45, 63] == 2 and phases[44, 63] == IGNORED
    assert (phases[40:46, :4] == 0).all() and (phases[46:] == IGNORED).all()
    assert sorted(np.unique(found.instances).tolist()) == [0, 1, 10]
    told = found.provenance
    assert (told.confirmed, told.drawn, told.corrected, told.from_blank) == (1, 1, 0, False)
    assert told.pixels == np.count_nonzero(phases != IGNORED)
    assert told.share == pytest.approx(told.pixels / (46 * 64))
    assert training_labels(state, beginning, image(), "by-hand").provenance.from_blank


def test_pair_is_what_segmentation_sees_without_the_info_bar() -> None:
    state = small_state()
    beginning = copied(state)
    changes.apply(state, confirmed(state, 1))
    labels = training_labels(state, beginning, image(), "particles")
    pair = training_pair(labels, image(), None, "specimen 3")
    assert (pair.image.shape, pair.labels.shape) == ((46, 64), (46, 64))
    assert (pair.image.dtype, pair.labels.dtype) == (np.uint8, np.uint8)
    assert (pair.stem, pair.group) == ("a.tif", "specimen 3")
    np.testing.assert_array_equal(pair.labels, labels.phases[:46])
    # Crops on objects are on the one that is known.
    augmentation = Augmentation(on_object=1.0)
    random = np.random.default_rng(1)
    for _ in range(10):
        assert (random_crop(pair, 16, augmentation, random)[1] == 1).any()


def test_unknown_pixels_do_not_count_in_the_loss() -> None:
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(2, 3, 8, 8, generator=generator)
    labels = torch.randint(0, 3, (2, 8, 8), generator=generator)
    whole = cross_entropy_and_dice(logits[..., :4], labels[..., :4])
    half = labels.clone()
    half[..., 4:] = IGNORED
    assert cross_entropy_and_dice(logits, half).item() == pytest.approx(whole.item(), rel=1e-6)
    logits.requires_grad_()
    cross_entropy_and_dice(logits, half).backward()
    assert logits.grad[..., 4:].abs().max() == 0 and logits.grad[..., :4].abs().min() > 0
    nothing = cross_entropy_and_dice(logits, torch.full_like(labels, IGNORED))
    assert nothing.item() == 0


def test_instances_may_have_the_number_that_means_unknown() -> None:
    ids = np.full((32, 32), 255, np.uint16)
    pair = Pair("a", np.zeros((32, 32), np.uint8), ids)
    crop = random_crop(pair, 16, Augmentation(on_object=1.0), np.random.default_rng(0))[1]
    assert (crop == 255).any()

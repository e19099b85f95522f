"""What a training gives is kept as a model of the lab whose card says what was measured."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import ModelError
from core.training.fine_tuning.images import Origin
from core.training.fine_tuning.tested import Forgetting, HeldOutImage, KnownScore
from core.workspace.lab import lab_models, trainings
from core.workspace.lab.training import Facts, Result, Settings, Training
from core.workspace.workspace import Workspace
from models import lab, teaching, zoo
from models.lab import taught
from tests.core.training.test_fine_tuning import PHASES, disks

ANN, BOB = "ann", "bob"


def score(*iou: float) -> KnownScore:
    return KnownScore(iou, float("nan"), float("nan"), (0.5, 0.5), (0.5, 0.5))


CORRECTED = HeldOutImage(Origin("a", "A", "particles", objects=3), score(0.8, 0.9), score(0.9, 1.0))
BLANK = HeldOutImage(Origin("b", "B", from_blank=True), score(0.5, 0.5), score(0.7, 0.8))
RESULT = Result(
    "left out", (CORRECTED, BLANK), Forgetting(3, 0.9, 0.85), 0.75, 0.85, 200, 600.0, 0.9, 0.8, (),
    "0" * 64, False,
)  # fmt: skip


def finished(workspace: Workspace, result: Result = RESULT, start: str = "particles") -> Training:
    origins = (CORRECTED.origin, BLANK.origin)
    images = [replace(disks(0), origin=one) for one in origins]
    one = trainings.add(workspace, ANN, "Mine", images, Facts(origins, PHASES, False, 1))
    trainings.begin(workspace, one, Settings(start, PHASES, True, 1))
    weights = workspace.blobs.add(b"weights")
    with workspace.database.write() as db:
        trainings.finish(db, workspace, one.id, result, weights)
    found = trainings.find(workspace, ANN, one.id)
    assert found is not None
    return found


def test_a_model_is_kept_with_what_was_measured(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    kept = taught.keep(workspace, finished(workspace), "my-disks", "My disks", everyone=True)
    assert workspace.blobs.read(kept.weights) == b"weights"
    card = lab.card(workspace, BOB, "my-disks")
    assert (card.phases, card.tta_scales, card.objects_phase) == (PHASES, (0.85,), 1)
    # The disks cover less than their ground.
    assert card.phase_of_interest == 1
    assert "2 images of 2 specimens: 1 corrected from a model's result, 1 labelled" in card.data
    found = [(one.data.partition(";")[0], round(one.value, 3)) for one in card.scores]
    corrected, blank = "1 image corrected from a model's result", "1 image labelled without a model"
    assert found == [(corrected, 0.95), (corrected, 0.85), (blank, 0.75), (blank, 0.5)]
    assert "cross-validation" in card.scores[0].data
    assert taught.FLATTERED in card.limits and "0.85 where that has 0.90" in card.limits
    assert card.build is not None
    # A training may start from it in turn, and the model stays when the training goes.
    assert teaching.can_teach(card)
    trainings.delete(workspace, ANN, trainings.listed(workspace, ANN)[0].id)
    assert workspace.blobs.read(kept.weights) == b"weights"


def test_a_name_that_is_too_long_tells_how_many_specimens(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    training = finished(workspace)
    assert taught.usual_title(workspace, training) == "Nanoparticles, taught on Mine"
    specimens = replace(training, title=", ".join(["spot1_0d"] * 5))
    assert taught.usual_title(workspace, specimens) == "Nanoparticles, taught on 2 specimens"


def test_an_untested_model_says_so_and_a_name_is_taken_once(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    untested = replace(RESULT, test="none", tested=(), before=None, forgetting=None)
    training = finished(workspace, untested, teaching.IMAGENET)
    kept = taught.keep(workspace, training, "mine", "", everyone=False)
    assert taught.UNTESTED in kept.card.limits and not kept.card.scores
    assert lab_models.find(workspace, BOB, "mine") is None
    with pytest.raises(ModelError, match="in the list of this lab already"):
        taught.keep(workspace, training, "mine", "", everyone=False)
    with pytest.raises(ModelError, match="a name that Lamella has already"):
        taught.keep(workspace, training, "particles", "", everyone=False)


def test_a_model_that_is_no_better_or_poor_is_told_before_it_is_kept(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    worse = replace(BLANK, before=score(0.8, 0.6), after=score(0.76, 0.04))
    training = finished(workspace, replace(RESULT, tested=(CORRECTED, worse)))
    told = taught.doubts(training)
    # CORRECTED rose from 0.85 to 0.95; the other fell from 0.70 to 0.40, its second phase to 0.04.
    assert [one.partition(":")[0] for one in told] == [
        "Poor",
        "It hardly finds object",
        "Not better than the model it started from",
    ]
    assert "mean IoU 0.40 on 1 image labelled without a model" in told[0]
    assert "IoU 0.04" in told[1] and "mean IoU 0.40, and 0.70 before" in told[2]
    kept = taught.keep(workspace, training, "poor", "Poor <b>disks</b>", everyone=False)
    assert all(one in kept.card.limits for one in told)
    assert kept.card.title == "Poor b disks /b"


def test_a_training_starts_from_networks_that_can_be_kept() -> None:
    assert {"particles", "carbon-steel", "superalloy", "imagenet"} <= set(teaching.names())
    assert "otsu" not in teaching.names()
    with pytest.raises(ModelError, match="no trained network"):
        teaching.start_of("otsu")
    start = teaching.start_of("particles")
    assert (start.object_outputs, start.scale) == (True, zoo.card("particles").tta_scales[0])

"""Corrected images of the library are taught with: what was confirmed, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.correction.changes import Change, ObjectChange
from core.errors import DataError
from core.training.augmentation import IGNORED
from core.types.segmentation import Phase
from core.workspace.corrections import corrected_images
from core.workspace.workspace import Workspace
from tests.core.workspace.corrections.corrected_result import analysis, begun, step

OWNER = "anna"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


def test_what_was_confirmed_is_learned_from(workspace: Workspace) -> None:
    opened = begun(workspace)
    assert corrected_images.listed(workspace, OWNER) == ()
    number = min(opened.state.objects)
    before = opened.state.objects[number]
    right = Change(objects=(ObjectChange(number, before, replace(before, confirmed=True)),))
    opened.apply(step(opened, right))
    (image,) = corrected_images.listed(workspace, OWNER)
    assert corrected_images.listed(workspace, "somebody else") == ()
    assert (image.counts.confirmed, image.from_blank) == (1, False)
    micrograph = analysis().micrograph
    taught = corrected_images.taught_image(workspace, OWNER, image, micrograph, "A")
    inside = opened.state.ids == number
    shape = taught.grey.shape
    assert (taught.phases[inside[: shape[0]]] != IGNORED).all()
    assert (taught.instances[inside[: shape[0]]] == 1).all() and taught.instances.max() == 1
    assert np.count_nonzero(taught.phases == IGNORED) > taught.phases.size / 2
    assert (taught.origin.model, taught.origin.objects) == (image.model, 1)
    assert taught.origin.specimen == "A"


def test_images_of_other_phases_are_not_learned_from_together(workspace: Workspace) -> None:
    opened = begun(workspace)
    number = min(opened.state.objects)
    before = opened.state.objects[number]
    change = Change(objects=(ObjectChange(number, before, replace(before, confirmed=True)),))
    opened.apply(step(opened, change))
    (one,) = corrected_images.listed(workspace, OWNER)
    other = replace(one, title="other", phases=(Phase("a", "#000000"), Phase("b", "#ffffff")))
    corrected_images.check_alike([one, one])
    with pytest.raises(DataError, match="choose images with the same phases"):
        corrected_images.check_alike([one, other])
    with pytest.raises(DataError, match="No corrected image"):
        corrected_images.check_alike([])

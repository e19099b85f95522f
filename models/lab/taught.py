"""What a finished training is kept as: a model of this lab, with a card of what was measured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.errors import ModelError
from core.measurement.agreement import mean_of_known
from core.types import ModelCard, Score
from core.workspace.lab_card import LabCard, TaughtOn
from core.workspace.lab_models import NewModel
from models import lab, teaching, zoo

if TYPE_CHECKING:
    from core.training.fine_tuning.images import Origin
    from core.training.fine_tuning.tested import HeldOutImage
    from core.workspace.lab_models import LabModel
    from core.workspace.trainings import Result, Settings, Training
    from core.workspace.workspace import Workspace

TESTS = {
    "left out": "each specimen left out once, in a run of its own (cross-validation)",
    "third": "a third of the specimens kept apart",
    "none": "none kept apart",
}
UNTESTED = (
    "Untested: no image was kept apart that it had not seen, so how well it does on others is not "
    "known."
)
FLATTERED = (
    "The labels were made by correcting a model's own output, so they agree with that model more "
    "than they should: the score before flatters it, and this model learned its outlines."
)


def keep(
    workspace: Workspace, training: Training, name: str, title: str, everyone: bool
) -> LabModel:
    """Keep what a training gave as a model of this lab, and return it.

    Raises:
        ModelError: the name is none or taken; the training is not over.
        WorkspaceError: the quota or the disk is full.
    """
    if training.result is None or training.settings is None or training.weights is None:
        raise ModelError("This training is not over yet; keep the model when it is.")
    base = _base(workspace, training.owner, training.settings.start)
    card = _card(training, training.settings, training.result, base, name, title)
    data = workspace.blobs.read(training.weights)
    return lab.keep(workspace, training.owner, NewModel("trained", everyone, card, data))


def _base(workspace: Workspace, owner: str, name: str) -> ModelCard:
    """Return the card whose network it has: ImageNet's weights are put into that of particles."""
    if name == teaching.IMAGENET:
        return zoo.card("particles")
    return lab.card(workspace, owner, name)


def _card(
    training: Training, settings: Settings, result: Result, base: ModelCard, name: str, title: str
) -> LabCard:
    origins = training.facts.origins
    phases = ", ".join(phase.name for phase in settings.phases)
    return LabCard(
        name=name,
        title=title or name,
        purpose=f"Segments {phases} in images like those that it was taught with.",
        phases=settings.phases,
        architecture=base.architecture,
        mean=base.mean,
        std=base.std,
        data=data_in_words(origins),
        base=settings.start,
        taught_on=tuple(TaughtOn(one.name, one.sha256) for one in origins),
        licence=f"the user's own images; weights started from {settings.start}: {base.licence}",
        scores=scores(result, len(settings.phases)),
        limits=" ".join(limits(training)),
        objects_phase=settings.objects_phase,
        pixel_range_nm=_pixel_range(origins),
        tta_scales=(result.scale,),
        upright=base.upright and settings.start != teaching.IMAGENET,
        training_cost=f"{result.seconds / 60:.0f} min for the last run, on one thread or one GPU",
        object_outputs=result.object_outputs,
        overlap_px=base.overlap_px,
    )


def data_in_words(origins: Sequence[Origin]) -> str:
    """Return what a model was taught with."""
    specimens = len({one.specimen for one in origins})
    corrected = sum(bool(one.model) for one in origins)
    blank = sum(one.from_blank for one in origins)
    masks = len(origins) - corrected - blank
    kinds = (
        (corrected, "corrected from a model's result"),
        (blank, "labelled from blank"),
        (masks, "with a mask made elsewhere"),
    )
    told = ", ".join(f"{count} {what}" for count, what in kinds if count)
    images = "1 image" if len(origins) == 1 else f"{len(origins)} images"
    of = "1 specimen" if specimens == 1 else f"{specimens} specimens"
    objects = sum(one.objects for one in origins)
    return f"{images} of {of}: {told}" + (f"; {objects:,} objects" if objects else "")


def scores(result: Result, phases: int) -> tuple[Score, ...]:
    """Return the scores of the card: on specimens that no run had seen, by how they were labelled,
    those from blank apart."""
    found = []
    for what, tested in _by_origin(result.tested):
        count = f"{len(tested)} image" + ("s" if len(tested) > 1 else "")
        data = f"{count} {what}; {TESTS[result.test]}"
        metric = "mean IoU of the phases, mean over images"
        after = mean_of_known([one.after.mean_iou for one in tested])
        before = mean_of_known([one.before.mean_iou for one in tested if one.before is not None])
        rows = ((metric, after), (f"{metric}, of the model it started from", before))
        found += [
            Score(name, value, data, command="Train") for name, value in rows if value == value
        ]
    return tuple(found)


def limits(training: Training) -> list[str]:
    """Return what has to be said of a model beside its scores."""
    result, origins = training.result, training.facts.origins
    assert result is not None
    found = [] if result.tested else [UNTESTED]
    if any(one.model for one in origins):
        found.append(FLATTERED)
    if result.forgetting is not None:
        one = result.forgetting
        found.append(
            f"On {one.images} generated images of the kind of the model it started from, the mean "
            f"IoU is {one.after:.3f} where that has {one.before:.3f}."
        )
    return found


def _by_origin(
    tested: Sequence[HeldOutImage],
) -> tuple[tuple[str, tuple[HeldOutImage, ...]], ...]:
    groups = (
        ("corrected from a model's result", tuple(one for one in tested if one.origin.model)),
        ("labelled without a model", tuple(one for one in tested if not one.origin.model)),
    )
    return tuple(group for group in groups if group[1])


def _pixel_range(origins: Sequence[Origin]) -> tuple[float, float] | None:
    known = [one.pixel_nm for one in origins if one.pixel_nm is not None]
    return (min(known), max(known)) if known else None

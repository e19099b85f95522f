"""What a finished training is kept as: a model of this lab, with a card of what was measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from core.errors import ModelError
from core.measurement.agreement import mean_of_known
from core.types.model_card import ModelCard, Score
from core.workspace.lab import trainings
from core.workspace.lab.lab_card import LabCard, TaughtOn, plain_title
from core.workspace.lab.lab_models import NewModel
from models import lab, teaching, zoo

if TYPE_CHECKING:
    from core.training.fine_tuning.images import Origin, TeachingImage
    from core.training.fine_tuning.tested import HeldOutImage
    from core.workspace.lab.lab_models import LabModel
    from core.workspace.lab.training import Result, Settings, Training
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


LONGEST_TITLE = 60
LEAST_IOU = 0.5
POOR = (
    "Poor: mean IoU {iou:.2f} on {data}. Under {least:g}, what it takes for a phase and what is "
    "one have less than half in common."
)
NOT_FOUND = "It hardly finds {phase}: IoU {iou:.2f} on {data}."
LEAST_PHASE_IOU = 0.1
NOT_BETTER = (
    "Not better than the model it started from: mean IoU {after:.2f}, and {before:.2f} before, on "
    "{data}."
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
    learned = trainings.images(workspace, training)
    card = replace(card, phase_of_interest=minority(learned, len(card.phases)))
    data = workspace.blobs.read(training.weights)
    return lab.keep(workspace, training.owner, NewModel("trained", everyone, card, data))


def minority(images: Sequence[TeachingImage], phases: int) -> int:
    """Return the index of the phase with the fewest pixels in the labels of ``images``, of those
    that are there: most micrographs are made for it."""
    counts = [0] * phases
    for image in images:
        for index in range(phases):
            counts[index] += int((image.phases == index).sum())
    return min((index for index in range(phases) if counts[index]), key=counts.__getitem__)


def usual_title(workspace: Workspace, training: Training) -> str:
    """Return what a model may be called: after what it began with and what it learned from, or how
    many specimens that were where their names are too long."""
    assert training.settings is not None
    start = training.settings.start
    base = teaching.titles(workspace, training.owner).get(start)
    begun = f"{base}, taught on " if base and start != teaching.IMAGENET else ""
    title = plain_title(begun + training.title)
    if len(title) <= LONGEST_TITLE:
        return title
    count = training.facts.specimens
    shorter = plain_title(f"{begun}{count} {'specimen' if count == 1 else 'specimens'}")
    return shorter[:LONGEST_TITLE].strip()


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
        title=plain_title(title) or name,
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
    for data, tested in _by_origin(result.tested):
        data = f"{data}; {TESTS[result.test]}"
        metric = "mean IoU of the phases, mean over images"
        after = mean_of_known([one.after.mean_iou for one in tested])
        before = mean_of_known([one.before.mean_iou for one in tested if one.before is not None])
        rows = ((metric, after), (f"{metric}, of the model it started from", before))
        found += [
            Score(name, value, data, command="Train") for name, value in rows if value == value
        ]
    return tuple(found)


def doubts(training: Training) -> list[str]:
    """Return why a model may be worth little, to be said before it is kept and on its card."""
    result, settings = training.result, training.settings
    assert result is not None and settings is not None
    found = [] if result.tested else [UNTESTED]
    for data, tested in _by_origin(result.tested):
        after = mean_of_known([one.after.mean_iou for one in tested])
        before = mean_of_known([one.before.mean_iou for one in tested if one.before is not None])
        if after < LEAST_IOU:
            found.append(POOR.format(iou=after, least=LEAST_IOU, data=data))
        for index, phase in enumerate(settings.phases):
            iou = mean_of_known([one.after.iou[index] for one in tested])
            if iou < LEAST_PHASE_IOU:
                found.append(NOT_FOUND.format(phase=phase.name, iou=iou, data=data))
        if round(after, 2) <= round(before, 2):
            found.append(NOT_BETTER.format(after=after, before=before, data=data))
    return found


def limits(training: Training) -> list[str]:
    """Return what has to be said of a model beside its scores, its doubts first."""
    result, origins = training.result, training.facts.origins
    assert result is not None
    found = doubts(training)
    if any(one.model for one in origins):
        found.append(FLATTERED)
    if result.forgetting is not None:
        one = result.forgetting
        found.append(
            f"On {one.images} generated images of the kind of the model it started from, the mean "
            f"IoU is {one.after:.2f} where that has {one.before:.2f}."
        )
    return found


def _by_origin(
    tested: Sequence[HeldOutImage],
) -> tuple[tuple[str, tuple[HeldOutImage, ...]], ...]:
    """Return held-out images by how they were labelled, with that in words."""
    corrected = tuple(one for one in tested if one.origin.model)
    others = tuple(one for one in tested if not one.origin.model)
    return tuple(
        (f"{len(group)} image{'s' if len(group) > 1 else ''} {how}", group)
        for how, group in (
            ("corrected from a model's result", corrected),
            ("labelled without a model", others),
        )
        if group
    )


def _pixel_range(origins: Sequence[Origin]) -> tuple[float, float] | None:
    known = [one.pixel_nm for one in origins if one.pixel_nm is not None]
    return (min(known), max(known)) if known else None

"""Corrected images of the library as images to teach a network with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.by_hand import ByHand
from core.correction.blank import BLANK
from core.correction.training_pairs import TrainingLabels, training_labels
from core.errors import DataError
from core.pixels.resampling import resample_mask, square_pixel_nm
from core.segmentation.preprocessing import eight_bit, image_field
from core.training.fine_tuning.images import Origin, TeachingImage
from core.types.segmentation import Phase
from core.workspace.corrections import corrections
from core.workspace.corrections.corrections import read_counts
from core.workspace.corrections.open_correction import open_correction
from core.workspace.results import run_record

if TYPE_CHECKING:
    from core.types.micrograph import Micrograph
    from core.workspace.workspace import Workspace


@dataclass(frozen=True)
class CorrectedImage:
    """A result that its owner corrected or confirmed. ``micrograph``: its id; ``title``: its name;
    ``source``: "upload:..." or "sample:NAME"; ``model``: that made the result."""

    result: str
    micrograph: str
    title: str
    source: str
    model: str
    phases: tuple[Phase, ...]
    objects_phase: int | None
    counts: ByHand

    @property
    def from_blank(self) -> bool:
        """Whether no model had a part in it."""
        return self.model == BLANK


def listed(workspace: Workspace, owner: str) -> tuple[CorrectedImage, ...]:
    """Return what ``owner`` corrected, the newest first."""
    with workspace.database.read() as db:
        rows = list(
            db.execute(
                "SELECT result.id, micrograph.id, micrograph.title, source, result.model, run,"
                " counts FROM correction JOIN result ON result.id = correction.result"
                " JOIN micrograph ON micrograph.id = result.micrograph"
                " WHERE result.owner = ? AND revision > 0 ORDER BY saved DESC",
                (owner,),
            )
        )
    found = []
    for result, micrograph, title, source, model, run, counted in rows:
        record = run_record.from_json(run)
        about = result, micrograph, title, source, model, record.phases, record.objects_phase
        found.append(CorrectedImage(*about, read_counts(counted)))
    return tuple(found)


def check_alike(images: Sequence[CorrectedImage]) -> None:
    """Refuse images that one network cannot learn from together.

    Raises:
        DataError: none, or their phases differ.
    """
    if not images:
        raise DataError("No corrected image was chosen; choose one at least.")
    wanted = [phase.name for phase in images[0].phases]
    for one in images[1:]:
        names = [phase.name for phase in one.phases]
        if names != wanted:
            raise DataError(
                f"{images[0].title} has the phases {', '.join(wanted)} and {one.title} "
                f"{', '.join(names)}; choose images with the same phases."
            )


def taught_image(
    workspace: Workspace, owner: str, image: CorrectedImage, micrograph: Micrograph, specimen: str
) -> TeachingImage:
    """Return what a network may learn from a corrected image. ``micrograph``: as it is shown.

    Raises:
        WorkspaceError: the correction is gone or damaged.
        DataError: nothing in it is confirmed, corrected or drawn.
    """
    opened = open_correction(workspace, owner, image.result)
    beginning = corrections.beginning(workspace, opened.head)
    labels = training_labels(opened.state, beginning, micrograph, image.model)
    if not labels.provenance.pixels:
        raise DataError(
            f"Nothing of {image.title} is confirmed, corrected or drawn yet; open it in Correct "
            "and confirm what is right."
        )
    origin = Origin(
        name=image.title,
        specimen=specimen,
        model="" if image.from_blank else image.model,
        from_blank=image.from_blank,
        objects=labels.provenance.objects,
        pixel_nm=square_pixel_nm(micrograph.pixel_size) if micrograph.pixel_size else None,
        micrograph=image.micrograph,
        sha256=micrograph.digest,
    )
    return _on_field(labels, micrograph, origin)


def _on_field(labels: TrainingLabels, micrograph: Micrograph, origin: Origin) -> TeachingImage:
    grey = eight_bit(image_field(micrograph).grey)
    rows = micrograph.image_rows
    phases = resample_mask(labels.phases[rows], grey.shape)
    ids = resample_mask(labels.instances[rows], grey.shape)
    # Ids grow with every object that was ever drawn; 16 bits hold those that are there.
    numbers, inverse = np.unique(ids, return_inverse=True)
    instances = inverse.reshape(ids.shape).astype(np.uint16) + np.uint16(numbers[0] > 0)
    return TeachingImage(grey, phases.astype(np.uint8), instances, origin)

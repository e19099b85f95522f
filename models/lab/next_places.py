"""Where in a library labels would help most, by a network that was taught."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from core.errors import DataError, LamellaError
from core.types.progress import ProgressCallback
from core.workspace import micrographs, reading
from models import teaching

if TYPE_CHECKING:
    from core.training.fine_tuning.scoring import Predict
    from core.training.fine_tuning.where_next import Candidate, Place
    from core.workspace.kept import Kept
    from core.workspace.lab.training import Training
    from core.workspace.workspace import Workspace

MOST_IMAGES = 8
"""Of the library that are looked at, the newest ones."""
NONE = (
    "Your library has no other image to look at; drop micrographs of the same kind on Segment, and "
    "look again."
)


@dataclass(frozen=True)
class NextPlace:
    """A place in an image of the library, by its id and its name."""

    micrograph: str
    title: str
    place: Place


def candidates(workspace: Workspace, training: Training) -> tuple[Kept, ...]:
    """Return the newest images of the library that have a file and were not taught with."""
    taught = {one.micrograph for one in training.facts.origins}
    found = micrographs.listed(workspace, training.owner, order="created")
    files = [one for one in found if one.blob is not None and one.id not in taught]
    return tuple(files[:MOST_IMAGES])


def next_places(
    workspace: Workspace, training: Training, progress: ProgressCallback
) -> tuple[NextPlace, ...]:
    """Return where to label next; images that cannot be read are passed over.

    Raises:
        DataError: there is no image to look at.
    """
    from core.training.fine_tuning.where_next import where_next

    titles = {one.id: one.title for one in candidates(workspace, training)}
    read = _read(workspace, training.owner, tuple(titles))
    found = [one.candidate for one in read.values()]
    if not found:
        raise DataError(NONE)
    settings = training.settings
    assert settings is not None
    places = where_next(
        found,
        _predict(workspace, training),
        len(settings.phases),
        settings.objects_phase,
        progress=progress,
    )
    return tuple(
        NextPlace(one.key, titles[one.key], read[one.key].in_the_image(one)) for one in places
    )


@dataclass(frozen=True, eq=False)
class _Read:
    """An image as networks see it, and where that lies in the image: ``first``: its first row;
    ``shape``: (rows, columns) of that part in the image's own pixels."""

    candidate: Candidate
    first: int
    shape: tuple[int, int]

    def in_the_image(self, place: Place) -> Place:
        """Return a place of what networks see in the image's own pixels."""
        rows, columns = (
            own / seen for own, seen in zip(self.shape, self.candidate.grey.shape, strict=True)
        )
        return replace(
            place,
            top=self.first + round(place.top * rows),
            left=round(place.left * columns),
            bottom=self.first + round(place.bottom * rows),
            right=round(place.right * columns),
        )


def _read(workspace: Workspace, owner: str, ids: tuple[str, ...]) -> dict[str, _Read]:
    from core.segmentation.preprocessing import eight_bit, image_field
    from core.training.fine_tuning.where_next import Candidate

    found = {}
    for one in ids:
        try:
            shown = reading.opened(workspace, owner, one)
        except LamellaError:
            continue
        field = image_field(shown)
        seen = Candidate(one, eight_bit(field.grey))
        found[one] = _Read(seen, shown.image_rows.start, field.shape)
    return found


def _predict(workspace: Workspace, training: Training) -> Predict:
    """Return how the network answers that the training gave."""
    from core.jobs.training import task_of
    from core.training.fine_tuning.run import view_of
    from core.training.fine_tuning.scoring import predictor
    from models.weights_file import unpacked

    settings, result = training.settings, training.result
    assert settings is not None and result is not None and training.weights is not None
    start = teaching.start_for(workspace, training.owner, settings.start)
    task = task_of(training, settings)
    network = start.build(task.outputs(start))
    network.load_state_dict(unpacked(workspace.blobs.read(training.weights)))
    return predictor(network.eval(), view_of(start, task, result.scale))

"""How well a model's objects agree with boxes that people drew around particles."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from core.errors import DataError
from core.formats import read_file
from core.measurement.agreement import mean_of_known
from core.measurement.boxes import boxes_of_objects, match_boxes, read_yolo_boxes
from core.measurement.object_agreement import ObjectAgreement
from core.segmentation.objects.counted import counted_objects
from core.segmentation.segment import AnyEngine, segment
from core.segmentation.settings import ObjectSettings
from core.types.model_card import ModelCard
from core.types.progress import ProgressCallback, no_progress

LEAST_IOUS = (0.3, 0.5)


@dataclass(frozen=True)
class ImageBoxScores:
    """``boxes``: drawn by people. ``agreements``: of the objects' boxes, by :data:`LEAST_IOUS`."""

    stem: str
    boxes: int
    objects: int
    agreements: tuple[ObjectAgreement, ...]

    @property
    def series(self) -> str:
        """What the image shows, as its file is named: the name without its number."""
        return re.sub(r"[\s_-]*\d+$", "", self.stem) or self.stem

    @property
    def count_error(self) -> float:
        """Objects found over boxes, minus 1; nan without boxes."""
        return self.objects / self.boxes - 1 if self.boxes else float("nan")


@dataclass(frozen=True)
class BoxScores:
    """A model's objects beside the boxes of some images."""

    images: tuple[ImageBoxScores, ...]

    def f1_macro(self, index: int) -> float:
        """F1 at one of :data:`LEAST_IOUS`, the mean over images; nan where there is nothing."""
        return mean_of_known([one.agreements[index].f1 for one in self.images])

    def f1_micro(self, index: int) -> float:
        """F1 at one of :data:`LEAST_IOUS` of all images' boxes together."""
        return self.pooled(index).f1

    def pooled(self, index: int) -> ObjectAgreement:
        """The matches of all images together at one of :data:`LEAST_IOUS`."""
        every = [one.agreements[index] for one in self.images]
        return ObjectAgreement(
            sum(one.true_positives for one in every),
            sum(one.false_positives for one in every),
            sum(one.false_negatives for one in every),
            sum(one.iou_sum for one in every),
        )

    @property
    def count_error_median(self) -> float:
        """Absolute error of the count, median over images with boxes; 1 = 100 %."""
        errors = [abs(one.count_error) for one in self.images if one.boxes]
        return float(np.median(errors)) if errors else float("nan")

    @cached_property
    def by_series(self) -> dict[str, BoxScores]:
        """The scores of the images of each series."""
        names = sorted({one.series for one in self.images})
        return {
            name: BoxScores(tuple(one for one in self.images if one.series == name))
            for name in names
        }


def evaluate_boxes(
    engine: AnyEngine,
    images: Path,
    boxes: Path,
    stems: frozenset[str] | None = None,
    progress: ProgressCallback = no_progress,
) -> BoxScores:
    """Segment every image that has a file of boxes, STEM.txt, and compare the boxes of its objects,
    found with default settings.

    ``stems``: only these images; None = all.

    Raises:
        DataError: a model that counts no objects, no image with boxes, or a file of another form.
    """
    if engine.card.objects_phase is None or engine.card.boundary_phase is not None:
        raise DataError(
            f"{engine.card.name} counts no objects, so there is nothing to compare with boxes; "
            "choose a model for particles."
        )
    pairs = _pairs(images, boxes, stems)
    found = []
    for done, (image, file) in enumerate(pairs):
        progress(done, len(pairs))
        found.append(_scores_of(engine, image, file))
    progress(len(pairs), len(pairs))
    return BoxScores(tuple(found))


def _pairs(images: Path, boxes: Path, stems: frozenset[str] | None) -> list[tuple[Path, Path]]:
    files = sorted(images.iterdir()) if images.is_dir() else []
    wanted = [one for one in files if stems is None or one.stem in stems]
    pairs = [(one, boxes / f"{one.stem}.txt") for one in wanted]
    pairs = [(one, file) for one, file in pairs if file.is_file()]
    if not pairs:
        raise DataError(
            f"No image of {images} has boxes in {boxes}; for photo.jpg they are in photo.txt."
        )
    return pairs


def _scores_of(engine: AnyEngine, image: Path, file: Path) -> ImageBoxScores:
    micrograph = read_file(image)
    reference = read_yolo_boxes(file, micrograph.shape)
    made = segment(micrograph, engine)
    objects, _, _ = counted_objects(
        micrograph.pixels, made, engine.card, ObjectSettings(), micrograph.measurable
    )
    return compared(image.stem, reference, boxes_of_objects(objects))


def compared(stem: str, reference: np.ndarray, found: np.ndarray) -> ImageBoxScores:
    """Return the scores of one image from boxes (N, 4) that people drew and those found (M, 4)."""
    agreements = tuple(match_boxes(reference, found, iou) for iou in LEAST_IOUS)
    return ImageBoxScores(stem, len(reference), len(found), agreements)


def entries(scores: BoxScores, card: ModelCard) -> dict[str, object]:
    """Return the scores as JSON values."""
    return {
        "model": card.name,
        "weights_sha256": card.weights.sha256 if card.weights else None,
        **_totals(scores),
        "by_series": {name: _totals(one) for name, one in scores.by_series.items()},
        "by_image": {one.stem: _totals(BoxScores((one,))) for one in scores.images},
    }


def _totals(scores: BoxScores) -> dict[str, float | int | None]:
    found: dict[str, float | int | None] = {
        "images": len(scores.images),
        "boxes": sum(one.boxes for one in scores.images),
        "objects": sum(one.objects for one in scores.images),
    }
    for index, iou in enumerate(LEAST_IOUS):
        name = f"iou{round(100 * iou)}"
        found[f"boxes_f1_{name}_macro"] = _known(scores.f1_macro(index))
        found[f"boxes_f1_{name}_micro"] = _known(scores.f1_micro(index))
    found["count_absolute_error_median"] = _known(scores.count_error_median)
    return found


def _known(value: float) -> float | None:
    return None if np.isnan(value) else round(value, 6)


def rows(scores: BoxScores) -> list[tuple[str, BoxScores]]:
    """Return what a table shows: every series, then all images."""
    return [*scores.by_series.items(), ("all", scores)]

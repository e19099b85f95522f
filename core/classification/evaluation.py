"""Confusion, recall and balanced accuracy of a classifier on whole images, by specimen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from torch import nn

from core.classification.card import Classification, ClassifierCard
from core.classification.classify import class_probabilities
from core.classification.crops import LabelledImage
from core.classification.data import FOLDERS, SUPPORTED_FOLDER, ClassFolder, specimen_of
from core.errors import DataError, LamellaError
from core.formats import read_file
from core.measurement.bootstrap import Estimate, over_all_images
from core.segmentation.preprocessing import eight_bit, image_field
from core.training.dataset import read_index
from core.types.progress import ProgressCallback, no_progress

OTHER_FOLDER = "other"
GRAINS_FOLDER = ClassFolder("grains", column="source_image")


@dataclass(frozen=True)
class ClassifiedImage:
    """One image: its true ``image_class`` by index, and the prediction."""

    name: str
    specimen: str
    image_class: int
    answer: Classification


@dataclass(frozen=True, eq=False)
class ClassifierEvaluation:
    """The predictions of a classifier for images whose class is known."""

    card: ClassifierCard
    images: tuple[ClassifiedImage, ...]

    @cached_property
    def confusion(self) -> np.ndarray:
        """Images by true class (row) and predicted class (column), (K, K) int64."""
        return self._counts.sum(0)

    @cached_property
    def specimens(self) -> int:
        """How many specimens or articles the images come from."""
        return len(self._counts)

    @cached_property
    def balanced_accuracy(self) -> Estimate:
        """Mean recall over classes, and its interval over specimens."""
        return over_all_images(self._counts, balanced_accuracy)

    @cached_property
    def recall(self) -> np.ndarray:
        """Recall of each class, (K,) float64; nan for a class without images."""
        return recalls(self.confusion)

    @cached_property
    def _counts(self) -> np.ndarray:
        classes = len(self.card.phases)
        by_specimen: dict[tuple[int, str], np.ndarray] = {}
        for one in self.images:
            counts = by_specimen.setdefault(
                (one.image_class, one.specimen), np.zeros((classes, classes), np.int64)
            )
            counts[one.image_class, one.answer.index] += 1
        return np.array([*by_specimen.values()])


def recalls(confusion: np.ndarray) -> np.ndarray:
    """Return the share of each row (..., K, K) on the diagonal, (..., K); nan of an empty row."""
    total = confusion.sum(-1).astype(np.float64)
    right = np.diagonal(confusion, axis1=-2, axis2=-1)
    return np.divide(right, total, out=np.full(total.shape, np.nan), where=total > 0)


def balanced_accuracy(confusion: np.ndarray) -> np.ndarray:
    """Return the mean recall of the classes that have images, of confusions (..., K, K).

    Source: Brodersen et al. 2010, doi:10.1109/ICPR.2010.764.
    """
    found = recalls(confusion)
    known = ~np.isnan(found)
    return np.where(known, found, 0).sum(-1) / np.maximum(known.sum(-1), 1)


def evaluate_classifier(
    network: nn.Module,
    card: ClassifierCard,
    images: Iterable[LabelledImage],
    progress: ProgressCallback = no_progress,
) -> ClassifierEvaluation:
    """Return what ``network``, in eval mode, answers for ``images``."""
    images, found = tuple(images), []
    for done, image in enumerate(images, start=1):
        grey = image.grey.astype(np.float32) / 255
        given = class_probabilities(grey, network, card.mean, card.std, card.crop_px)
        answer = Classification(given, card)
        found.append(ClassifiedImage(image.name, image.specimen, image.image_class, answer))
        progress(done, len(images))
    return ClassifierEvaluation(card, tuple(found))


def read_labelled_images(folder: Path) -> tuple[LabelledImage, ...]:
    """Return the images of a folder of folders: particles, carbon_steel, superalloy, coating,
    grains, stem_boxes, other; each with images, or with a folder of that name and an index.csv.

    Raises:
        DataError: none of these folders, or images that cannot be read, all listed.
    """
    sources = (*FOLDERS, GRAINS_FOLDER, SUPPORTED_FOLDER, ClassFolder(OTHER_FOLDER))
    found: list[LabelledImage] = []
    mistakes: list[str] = []
    for image_class, source in enumerate(sources):
        place = folder / source.folder
        inner = place / "images" if (place / "images").is_dir() else place
        index = read_index(place) if place.is_dir() else {}
        for path in sorted(inner.iterdir()) if place.is_dir() else ():
            if path.is_dir() or path.name == "index.csv":
                continue
            try:
                grey = eight_bit(image_field(read_file(path)).grey)
            except LamellaError as error:
                mistakes.append(str(error))
                continue
            specimen = specimen_of(path.stem, index.get(path.stem, {}), source)
            found.append(LabelledImage(path.name, grey, image_class, specimen))
    if mistakes:
        raise DataError("\n- ".join([f"{len(mistakes)} images cannot be read:", *mistakes]))
    if not found:
        names = ", ".join(source.folder for source in sources)
        raise DataError(f"{folder} holds none of the folders {names} with images in it.")
    return tuple(found)

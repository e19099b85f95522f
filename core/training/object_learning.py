"""Training of networks that tell objects apart: crops, what is made small, and the score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from torch import Tensor, nn

from core.measurement.agreement import mean_of_known
from core.measurement.object_agreement import match_objects
from core.segmentation.objects.watershed import separate_by_distance
from core.segmentation.preprocessing import grey_levels
from core.segmentation.settings import ObjectSettings
from core.synthesis.annotations import annotate
from core.synthesis.crowds import draw_crowd
from core.synthesis.films import draw_film
from core.training.augmentation import IGNORED, Pair, degrade, random_crop
from core.training.losses import object_loss
from core.training.object_targets import IGNORED_ID, contact_line, object_targets
from core.training.recipe import ObjectLearning, Recipe, TrainingData
from core.training.validation import predict_probabilities
from core.types.model_card import ModelCard


def object_crops(
    pairs: Sequence[Pair],
    shares: np.ndarray,
    recipe: Recipe,
    settings: ObjectLearning,
    random: np.random.Generator,
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return one batch: images (side, side) float32 in [0, 1] and targets (3, side, side) float32
    of :func:`core.training.object_targets.object_targets`.

    ``pairs``: with ids of instances as labels. ``shares``: how often each is drawn.
    """
    side, augmentation = recipe.crop_px, recipe.augmentation
    made = []
    for index in random.choice(len(pairs), recipe.batch, p=shares):
        kind = random.random()
        if kind < settings.crowds:
            image, instances = draw_crowd(random, side)
            image = degrade(image, augmentation, random)
        elif kind < settings.crowds + settings.films:
            image, instances = (
                grey_levels(draw_film(random, side)),
                np.zeros((side, side), np.uint16),
            )
        else:
            image, instances = random_crop(pairs[index], side, augmentation, random)
            if random.random() < settings.annotated:
                image = annotate(image, random)
        made.append((image, object_targets(instances)))
    return made


def contact_lengths(pairs: Sequence[Pair]) -> np.ndarray:
    """Return (N,) float64, the pixels of contact between objects in each image."""
    return np.array([contact_line(pair.labels).sum() for pair in pairs], np.float64)


def image_shares(lengths: np.ndarray, by_contact: float) -> np.ndarray:
    """Return how often each image is drawn, (N,), summing to 1: a share of ``by_contact`` by the
    square root of its ``lengths`` of contact, the rest evenly."""
    weights = np.sqrt(lengths) if lengths.any() else np.ones_like(lengths)
    return (1 - by_contact) / len(lengths) + by_contact * weights / weights.sum()


def phases_of(pairs: Sequence[Pair]) -> tuple[Pair, ...]:
    """Return ``pairs`` with ids of instances as pairs with labels 0 and 1, and ``IGNORED`` where
    the ids are not known."""
    return tuple(replace(pair, labels=_phases(pair.labels)) for pair in pairs)


def _phases(ids: np.ndarray) -> np.ndarray:
    phases = (ids > 0).astype(np.uint8)
    if ids.dtype == np.uint16:
        phases[ids == IGNORED_ID] = IGNORED
    return phases


def loss_of_objects(logits: Tensor, targets: Tensor) -> Tensor:
    """Return the sum of :func:`core.training.losses.object_loss`."""
    foreground, contact, distance = object_loss(logits, targets)
    return foreground + contact + distance


def object_score(card: ModelCard, network: nn.Module, data: TrainingData) -> float:
    """Return the F1 of the objects at IoU 0.5 on the validation images at their own size, mean over
    images; nan where none has an object."""
    found = []
    for pair in data.validation:
        grey = pair.image.astype(np.float32) / 255
        outputs = predict_probabilities(network, grey, card.mean, card.std, len(card.phases))
        *phases, contact, distance = outputs
        mask = np.argmax(phases, axis=0) == card.objects_phase
        objects = separate_by_distance(mask, contact, distance, ObjectSettings())
        found.append(match_objects(pair.labels, objects).f1)
    return mean_of_known(found)

"""A fitted forest as a file without code: what it learned from, of which it is fitted again.

A safetensors file with ``features`` (n, F) float32 and ``values`` (n,) uint8 of the pixels drawn
from the marks, ``marks`` as the bytes of a PNG, and the settings as JSON. The same version of
scikit-learn fits the very same trees; their SHA-256 tells whether another one does.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from core import typed
from core.errors import LamellaError, ModelError
from core.execution import Execution
from core.segmentation.engines.forest_engine import ForestEngine, ForestTraining
from core.segmentation.forest.marks import MOST_PHASES, Marks, marks_of, mask_png, read_marks
from core.segmentation.forest.pixel_features import NAMES
from core.segmentation.forest.pixel_forest import (
    ForestExamples,
    ForestSettings,
    PixelForest,
    forest_of,
)
from core.types.model_card import ModelCard

DESCRIPTION = "lamella_forest"
MOST_BYTES = 64_000_000
MOST_EXAMPLES = 200_000
MOST_TREES = 1000
OTHER_TREES = (
    "The forest was fitted again from its strokes by another version of scikit-learn and does not "
    "answer quite as it did; teach it again to be sure."
)


@dataclass(frozen=True)
class _Description:
    """``shape``: (H, W) of the marks. ``trees_sha256``: of :func:`_digest`."""

    image_name: str
    image_digest: str
    bar_rows: tuple[int, int]
    shape: tuple[int, int]
    settings: ForestSettings
    trees_sha256: str


def packed(engine: ForestEngine) -> bytes:
    """Return a fitted forest as such a file; equal forests give equal bytes."""
    made, forest = engine.forest_training, engine.forest
    description = _Description(
        *(made.image_name, made.image_digest, made.bar_rows),
        (made.marks.values.shape[0], made.marks.values.shape[1]),
        made.settings,
        _digest(forest),
    )
    return save(
        {
            "features": np.ascontiguousarray(forest.examples.features, np.float32),
            "values": np.ascontiguousarray(forest.examples.values, np.uint8),
            "marks": np.frombuffer(mask_png(made.marks.values), np.uint8),
        },
        {DESCRIPTION: json.dumps(asdict(description))},
    )


def unpacked(card: ModelCard, data: bytes) -> ForestEngine:
    """Return the forest in a file of :func:`packed`, fitted again. ``card``: its own, with its
    phases; the file may come from anybody.

    Raises:
        ModelError: it is no such file, or not one for ``card``.
    """
    with _in_words(card):
        description, arrays = _description(data), load(data)
        examples = _examples(arrays, description, len(card.phases))
        marks = _marks(arrays, description, card)
        forest = forest_of(examples, len(card.phases), description.settings)
    training = ForestTraining(
        marks,
        *(description.image_name, description.image_digest, description.bar_rows),
        description.settings,
    )
    engine = ForestEngine(replace(card, needs_marks=False), forest, None, training)
    if _digest(forest) != description.trees_sha256:
        engine.execution = Execution(notes=(OTHER_TREES,))
    return engine


def marks_in(card: ModelCard, data: bytes) -> Marks:
    """Return the marks in such a file; raises as :func:`unpacked`."""
    with _in_words(card):
        return _marks(load(data), _description(data), card)


@contextmanager
def _in_words(card: ModelCard) -> Iterator[None]:
    try:
        yield
    except (ValueError, KeyError, TypeError, SafetensorError, struct.error) as error:
        raise ModelError(
            f"The forest of {card.title} cannot be read: {error}. Teach it again, or get its file "
            "again."
        ) from error


def _digest(forest: PixelForest) -> str:
    """Return the SHA-256 of all that decides what a forest answers."""
    found = hashlib.sha256()
    for one in forest.forest.estimators_:
        tree = one.tree_
        for array, kind in (
            (tree.feature, "<i8"),
            (tree.threshold, "<f8"),
            (tree.children_left, "<i8"),
            (tree.children_right, "<i8"),
            (tree.value, "<f8"),
        ):
            found.update(np.ascontiguousarray(array, kind).tobytes())
    return found.hexdigest()


def _description(data: bytes) -> _Description:
    if not 8 < len(data) <= MOST_BYTES:
        raise ValueError(f"it has {len(data):,} bytes")
    (length,) = struct.unpack("<Q", data[:8])
    if not 2 <= length <= min(len(data) - 8, 1_000_000):
        raise ValueError("its header is damaged")
    header: Any = json.loads(data[8 : 8 + length])
    found: _Description = typed.read(_Description, json.loads(header["__metadata__"][DESCRIPTION]))
    settings, scales = found.settings, found.settings.scales_px
    if not 1 <= settings.trees <= MOST_TREES or settings.smallest_leaf_px < 1 or settings.seed < 0:
        raise ValueError("its settings are out of range")
    if not 1 <= len(scales) <= 8 or not all(0.3 <= scale <= 50 for scale in scales):
        raise ValueError("its scales are out of range")
    if min(*found.shape, *(rows + 1 for rows in found.bar_rows)) < 1:
        raise ValueError("its image has no pixels")
    return found


def _examples(
    arrays: dict[str, np.ndarray], description: _Description, phases: int
) -> ForestExamples:
    features, values = arrays["features"], arrays["values"]
    columns = len(description.settings.scales_px) * len(NAMES)
    if features.dtype != np.float32 or features.ndim != 2 or features.shape[1] != columns:
        raise ValueError(f"its features are {features.dtype} {features.shape}")
    if values.dtype != np.uint8 or values.shape != features.shape[:1]:
        raise ValueError(f"its values are {values.dtype} {values.shape}")
    if not 2 <= len(values) <= MOST_EXAMPLES or not np.isfinite(features).all():
        raise ValueError("its features are no numbers, or too many")
    if len(np.unique(values)) < 2 or not 1 <= values.min() <= values.max() <= phases:
        raise ValueError("its values are no phases of its card")
    return ForestExamples(features, values)


def _marks(arrays: dict[str, np.ndarray], description: _Description, card: ModelCard) -> Marks:
    """Return the marks; the picture is read as any that a user brings, in a process of its own."""
    if len(card.phases) > MOST_PHASES or arrays["marks"].dtype != np.uint8:
        raise ValueError("its marks are no picture")
    try:
        values = read_marks(arrays["marks"].tobytes(), "kept", description.shape)
    except LamellaError as error:
        raise ValueError(str(error)) from error
    return marks_of(values, card.phases)

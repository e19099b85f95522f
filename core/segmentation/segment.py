"""Micrograph + engine -> segmentation, tile by tile."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from core.errors import LamellaError
from core.execution import Execution
from core.image_size import width_x_height
from core.pixels.half_precision import put_as_half
from core.pixels.resampling import BandResampler, resample, resample_mask
from core.segmentation.engines.backend import BackendError, OutOfMemory
from core.segmentation.engines.classic_engine import ClassicEngine
from core.segmentation.engines.engine import Engine
from core.segmentation.engines.forest_engine import ForestEngine
from core.segmentation.fine_scale import fine_scale
from core.segmentation.preprocessing import ImageField, image_field
from core.segmentation.probability_steps import round_to_steps
from core.segmentation.settings import TileSettings, tiles_for
from core.segmentation.tiled import predict_bands
from core.types.micrograph import Micrograph
from core.types.progress import ProgressCallback, no_progress
from core.types.segmentation import Segmentation

AnyEngine = Engine | ClassicEngine | ForestEngine
SHORTEST_SIDE = 16
NARROWEST_SIDE = 96
BAND_ROWS = 64
LARGE_PX = 8_000_000
"""From here on an image's own arrays need the memory that tiles were computed in."""


def segment(
    micrograph: Micrograph,
    engine: AnyEngine,
    settings: TileSettings | None = None,
    progress: ProgressCallback = no_progress,
) -> Segmentation:
    """Return the phases of every pixel of the image; elsewhere, where the micrograph is not
    ``measurable`` (an info bar, no grey level), the label is 0 and means nothing.

    Cuts off info bars, stretches the grey levels, resamples to square pixels, for a forest to
    the pixel size of the image that it was fitted to, and blends overlapping tiles, with the card's
    test-time augmentation, or at its working side. Where its objects turn out to be small, the
    image is seen once more, at the card's ``fine_scale``. What comes back is in the micrograph's
    own pixels.
    ``settings``: None = :func:`core.segmentation.settings.tiles_for` the image.
    ``progress`` is called after every tile with (done, total) and stops the work by raising
    ``core.errors.Cancelled``.

    A network that a backend cannot run goes on in PyTorch in float32, tiles that the memory has no
    room for are halved, once each; the result's ``execution`` says so.

    Raises:
        LamellaError: an image shorter or narrower than 16 px without its info bar, or no room even
            for half a tile.
    """
    shape = micrograph.pixels[micrograph.image_rows].shape
    settings = settings or tiles_for(micrograph.shape, engine.execution.backend)
    if min(shape) < SHORTEST_SIDE:
        beside, instead = "", ""
        if any(micrograph.bar_rows):
            beside, instead = " without its info bar", ", or set fewer info-bar rows"
        raise LamellaError(
            f"{micrograph.name} is {width_x_height(shape)} px{beside}; at least {SHORTEST_SIDE} x "
            f"{SHORTEST_SIDE} px are needed. Use a larger image{instead}."
        )
    field = image_field(micrograph, engine.card.pixel_size_nm)
    usual = engine.card.scale_for(field.grey.shape)
    outputs, used, execution = _outputs(
        field, engine, settings, progress, () if usual is None else (usual,)
    )
    execution = replace(execution, scale=usual)
    if (finer := fine_scale(engine.card, outputs, usual or 1.0)) is not None:
        del outputs
        outputs, used, execution = _outputs(field, engine, settings, progress, (finer,))
        execution = replace(execution, scale=finer)
    # Of a large image it is as large as a phase's probabilities.
    del field
    if isinstance(engine, Engine) and math.prod(micrograph.shape) > LARGE_PX:
        engine.release()
    return _segmentation(micrograph, engine, outputs, used, execution)


def _outputs(
    field: ImageField,
    engine: AnyEngine,
    settings: TileSettings,
    progress: ProgressCallback,
    scales: tuple[float, ...] = (),
) -> tuple[np.ndarray, TileSettings, Execution]:
    """Return the outputs for ``field``, the tiles that were used, and what ran the network."""

    def run(engine: AnyEngine, settings: TileSettings) -> np.ndarray:
        return predict_magnified(field.grey, engine, settings, progress, field.valid, scales)

    used, note = settings, tuple[str, ...]()
    while True:
        try:
            outputs = run(engine, used)
        except BackendError as error:
            other = engine.instead(str(error)) if isinstance(engine, Engine) else None
            if other is None:
                raise
            engine = other
        except OutOfMemory as error:
            if note:
                raise LamellaError(
                    f"{error} It has no room for tiles of {used.side_px} px either: close other "
                    "programs, crop the image, or use --device cpu."
                ) from error
            used = settings.halved(engine.card)
            note = (
                f"The memory had no room for tiles of {settings.side_px} px; half that was used.",
            )
        else:
            execution = engine.execution
            return outputs, used, replace(execution, notes=(*execution.notes, *note))


def predict_magnified(
    grey: np.ndarray,
    engine: AnyEngine,
    settings: TileSettings,
    progress: ProgressCallback = no_progress,
    valid: np.ndarray | None = None,
    scales: tuple[float, ...] = (),
) -> np.ndarray:
    """Return the card's outputs (C, H, W) float32 in [0, 1] for a field (H, W) of grey levels in
    [0, 1]: the mean over ``scales``, () = the card's ``tta_scales``.

    ``valid``: (H, W) bool, the pixels that hold a grey level; None = all. A network sees the others
    too, a threshold does not. A field narrower than 96 px goes on beyond its edges, for a network,
    as its outermost pixels do: none was trained on strips.
    """
    if isinstance(engine, Engine) and min(grey.shape) < NARROWEST_SIDE:
        before = [max(0, NARROWEST_SIDE - side) // 2 for side in grey.shape]
        after = [
            max(0, NARROWEST_SIDE - side) - some
            for side, some in zip(grey.shape, before, strict=True)
        ]
        wide = np.pad(grey, list(zip(before, after, strict=True)), mode="edge")
        found = predict_magnified(wide, engine, settings, progress, scales=scales)
        rows, columns = (slice(b, b + side) for b, side in zip(before, grey.shape, strict=True))
        return found[:, rows, columns]
    shapes = working_shapes(grey.shape, scales or engine.card.tta_scales)
    shares = [math.prod(shape) / sum(map(math.prod, shapes)) for shape in shapes]
    mean = np.zeros((len(engine.card.outputs), *grey.shape), np.float32)

    def put(top: int, values: np.ndarray) -> None:
        values /= len(shapes)
        mean[:, top : top + values.shape[1]] += values

    for index, shape in enumerate(shapes):
        part = _part_of(progress, sum(shares[:index]), shares[index])
        report = part if len(shapes) > 1 else progress
        if isinstance(engine, Engine):
            bands = BandResampler(shape, grey.shape, put)
            predict_bands(grey, shape, engine, settings, report, bands.add)
            continue
        seen = None if valid is None else resample_mask(valid, shape)
        found = engine.whole(resample(grey, shape), seen, report)
        put(0, np.stack([resample(channel, grey.shape) for channel in found]))
    return mean


def _part_of(progress: ProgressCallback, before: float, share: float) -> ProgressCallback:
    """Return a callback for one of several passes: ``before`` and ``share`` of the whole work."""

    def report(done: int, total: int) -> None:
        progress(round(100 * (before + share * done / total)), 100)

    return report


def working_shapes(shape: tuple[int, int], scales: Sequence[float]) -> list[tuple[int, int]]:
    """Return (H, W) of a field at each of the ``scales``."""
    return [
        (
            max(SHORTEST_SIDE, round(shape[0] * scale)),
            max(SHORTEST_SIDE, round(shape[1] * scale)),
        )
        for scale in scales
    ]


def _winners(probabilities: np.ndarray) -> np.ndarray:
    """Return the index (H, W) uint8 of the largest of (C, H, W), the first of equal ones.

    Band by band, which stays in the processor's cache; numpy's ``argmax`` takes ten times as long.
    """
    winners = np.zeros(probabilities.shape[1:], np.uint8)
    for top in range(0, len(winners), BAND_ROWS):
        band = slice(top, top + BAND_ROWS)
        best = probabilities[0, band].copy()
        for index in range(1, len(probabilities)):
            is_larger = (probabilities[index, band] > best).view(np.uint8)
            # A later index is larger than any before, so the last that won is the largest.
            np.maximum(winners[band], is_larger * np.uint8(index), out=winners[band])
            np.maximum(best, probabilities[index, band], out=best)
    return winners


def _segmentation(
    micrograph: Micrograph,
    engine: AnyEngine,
    outputs: np.ndarray,
    settings: TileSettings,
    execution: Execution,
) -> Segmentation:
    rows, measurable = micrograph.image_rows, micrograph.measurable
    shape = measurable[rows].shape
    if outputs.shape[1:] != shape:
        outputs = np.stack([resample(channel, shape) for channel in outputs])
    phases = len(engine.card.phases)
    whole = np.zeros((len(outputs), *micrograph.shape), np.float16)
    put_as_half(outputs, whole[:, rows])
    round_to_steps(whole[:phases])
    whole[:, ~measurable] = np.arange(len(outputs))[:, None] == 0
    labels = np.zeros(micrograph.shape, np.uint8)
    labels[rows] = _winners(outputs[:phases])
    labels[~measurable] = 0
    contact, distance = whole[phases:] if engine.card.object_outputs else (None, None)
    weights = engine.card.weights.sha256 if engine.card.weights else "untrained"
    weights = engine.forest_training.digest if engine.forest_training else weights
    card = engine.card
    size = micrograph.pixel_size
    # A model that takes square pixels as they are labels them alike whatever their size.
    matters = size and (card.pixel_size_nm is not None or not size.is_square)
    given: list[object] = [micrograph.digest, card.name, weights, [rows.start, rows.stop]]
    given += [
        settings.side_px,
        settings.shared_px(card),
        card.tta_flips,
        card.upright,
        (execution.scale,) if execution.scale else card.tta_scales,
    ]
    given += [(size.nm, size.height_nm) if size and matters else None]
    given += [execution.device, execution.backend, execution.precision]
    text = json.dumps(given)
    return Segmentation(
        labels=labels,
        probabilities=whole[:phases],
        phases=engine.card.phases,
        pixel_size=micrograph.pixel_size,
        model=engine.card.name,
        digest=hashlib.sha256(text.encode()).hexdigest(),
        contact=contact,
        distance=distance,
        execution=execution,
    )

"""From a signal to what a scanning microscope writes: dose, drift, lines, grey levels."""

from __future__ import annotations

import cv2
import numpy as np


def counted(signal: np.ndarray, dose: float, random: np.random.Generator) -> np.ndarray:
    """Return the electrons counted at ``dose`` a pixel and unit of ``signal`` (H, W), over the
    dose: the mean is the signal, the variance signal over dose."""
    expected = np.clip(signal, 0, None) * dose
    return (random.poisson(expected) / dose).astype(np.float32)


def scan_displacement(shape: tuple[int, int], random: np.random.Generator) -> np.ndarray:
    """Return how far each row (H, 2) float32 of a scan lies from where it should, in px, down and
    right: drift, and the jitter of lines."""
    rows = np.linspace(-0.5, 0.5, shape[0])
    slope = random.normal(0, random.choice((0.0, 0.01, 0.04)), 2) * shape[0]
    bow = random.normal(0, random.choice((0.0, 0.01)), 2) * shape[0]
    moved = rows[:, None] * slope + (rows[:, None] ** 2) * bow
    jitter = random.choice((0.0, 0.15, 0.4), p=(0.5, 0.3, 0.2))
    moved[:, 1] += random.normal(0, 1, shape[0]) * jitter
    return moved.astype(np.float32)


def displaced(field: np.ndarray, moved: np.ndarray) -> np.ndarray:
    """Return ``field`` (H, W) scanned with each row ``moved`` (H, 2) px; ids stay ids."""
    rows, columns = np.indices(field.shape, np.float32)
    kind = cv2.INTER_LINEAR if field.dtype == np.float32 else cv2.INTER_NEAREST
    at = columns + moved[:, 1:], rows + moved[:, :1]
    return cv2.remap(field, at[0], at[1], kind, borderMode=cv2.BORDER_REFLECT_101)


def line_noise(image: np.ndarray, level: float, random: np.random.Generator) -> np.ndarray:
    """Return ``image`` (H, W) with each row brighter or darker by a deviation of ``level``."""
    return image + random.normal(0, level, (image.shape[0], 1)).astype(np.float32)


def as_file(image: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return ``image`` (H, W) as 8 bit would keep it, float32 in [0, 1]: stretched, with a detector
    curve, perhaps saturated, or dull since something brighter lies elsewhere; perhaps a JPEG."""
    high = 1 - random.choice((0.0, 0.001, 0.01), p=(0.3, 0.5, 0.2))
    low, high = np.quantile(image, (0.001, high))
    image = np.clip((image - low) / max(high - low, 1e-6), 0, 1) ** np.exp(
        random.uniform(-0.5, 0.5)
    )
    if random.random() < 0.5:
        top = random.uniform(0.3, 1)
        image = random.uniform(0, 1 - top) * random.random() + top * image
    grey = np.rint(image * 255).astype(np.uint8)
    if random.random() < 0.3:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(60, 97))]
        grey = cv2.imdecode(cv2.imencode(".jpg", grey, quality)[1], cv2.IMREAD_GRAYSCALE)
    return grey.astype(np.float32) / 255

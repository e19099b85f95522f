"""What the microscope makes of a surface, in the order of the physics: probe, dose, scan, detector.

Each function takes the image (H, W) float32 and returns another; the label is fixed before.
"""

from __future__ import annotations

from io import BytesIO

import cv2
import numpy as np
from PIL import Image
from scipy.signal import lfilter

from core.synthesis.grains.effects import (
    Blur,
    Charging,
    Compression,
    Drift,
    Noise,
    ScanLines,
    Shading,
    Tone,
)


def blur(image: np.ndarray, values: Blur, random: np.random.Generator) -> np.ndarray:
    """Return the image as a Gaussian probe sees it, stretched along a random direction."""
    angle = random.uniform(0, np.pi)
    if values.astigmatism <= 1.001:
        return cv2.GaussianBlur(image, (0, 0), values.sigma_px)
    ratio = np.sqrt(values.astigmatism)
    long, short = values.sigma_px * ratio, values.sigma_px / ratio
    half = int(np.ceil(3.5 * long))
    rows, columns = np.mgrid[-half : half + 1, -half : half + 1]
    along = rows * np.sin(angle) + columns * np.cos(angle)
    across = rows * np.cos(angle) - columns * np.sin(angle)
    kernel = np.exp(-((along / long) ** 2 + (across / short) ** 2) / 2)
    kernel = (kernel / kernel.sum()).astype(np.float32)
    return cv2.filter2D(image, -1, kernel, borderType=cv2.BORDER_REFLECT_101)


def noise(image: np.ndarray, values: Noise, random: np.random.Generator) -> np.ndarray:
    """Return counted electrons as a fraction of full brightness, with read-out noise.

    Variance: signal / ``electrons`` + ``readout``^2. Above 30 electrons the Poisson law is drawn
    from its normal limit, which is ten times as fast.
    """
    signal = np.maximum(image, 0)
    if values.electrons > 30:
        deviation = np.sqrt(signal / np.float32(values.electrons) + np.float32(values.readout**2))
        return signal + deviation * random.standard_normal(image.shape, np.float32)
    counted = random.poisson(signal * values.electrons).astype(np.float32) / values.electrons
    return counted + values.readout * random.standard_normal(image.shape, np.float32)


def scan_lines(image: np.ndarray, values: ScanLines, random: np.random.Generator) -> np.ndarray:
    """Return the image with rows offset by an AR(1) process of deviation ``amplitude``."""
    return image + values.amplitude * _wander(len(image), 0.8, random)[:, None]


def drift(image: np.ndarray, values: Drift, random: np.random.Generator) -> np.ndarray:
    """Return the image with its rows shifted by jitter and a slow wander, in px."""
    rows = len(image)
    slow = cv2.GaussianBlur(random.standard_normal((rows, 1)), (1, 0), 1, sigmaY=rows / 16)[:, 0]
    slow *= values.wander_px / max(np.abs(slow).max(), 1e-9)
    shift = slow + values.jitter_px / 2 * random.standard_normal(rows).clip(-2, 2)
    columns = np.arange(image.shape[1], dtype=np.float32) + shift.astype(np.float32)[:, None]
    line = np.repeat(np.arange(rows, dtype=np.float32)[:, None], image.shape[1], 1)
    return cv2.remap(image, columns, line, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)


def charging(image: np.ndarray, values: Charging, random: np.random.Generator) -> np.ndarray:
    """Return the image with bright tails to the right of bright edges, and a drifting level."""
    rise = np.maximum(np.diff(image, axis=1, prepend=image[:, :1]), 0)
    keep = np.exp(-1 / random.uniform(15, 60))
    tails = lfilter([1.0], [1.0, -keep], rise, axis=1).astype(np.float32)
    tails /= max(float(np.percentile(tails, 99)), 1e-6)
    level = _wander(len(image), 0.995, random)[:, None]
    return image + values.amplitude * (np.minimum(tails, 1.5) + 0.4 * level)


def shading(image: np.ndarray, values: Shading, random: np.random.Generator) -> np.ndarray:
    """Return the image times a plane and a bowl between 1 - ``amplitude`` and 1 + ``amplitude``."""
    rows, columns = (np.linspace(-1, 1, side, dtype=np.float32) for side in image.shape)
    slopes = random.uniform(-1, 1, 3).astype(np.float32)
    field = slopes[0] * rows[:, None] + slopes[1] * columns[None]
    field = field + slopes[2] * (rows[:, None] ** 2 + columns[None] ** 2 - 1)
    return image * (1 + np.float32(values.amplitude / max(np.abs(field).max(), 1e-6)) * field)


def tone(image: np.ndarray, values: Tone) -> np.ndarray:
    """Return the image after the detector: contrast, saturation at both ends, gamma."""
    ends = 100 * values.clipped
    low, high = np.percentile(image[::2, ::2], (ends, 100 - ends))
    level = np.clip((image - low) / max(high - low, 1e-6), 0, 1)
    margin = (1 - values.contrast) / 2
    return margin + values.contrast * level ** np.float32(values.gamma)


def eight_bit(image: np.ndarray, values: Compression | None) -> np.ndarray:
    """Return uint8 as a file would hold it; JPEG where ``values`` says so."""
    grey = np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8)
    if values is None:
        return grey
    buffer = BytesIO()
    Image.fromarray(grey).save(buffer, "JPEG", quality=round(values.quality))
    with Image.open(buffer, formats=["JPEG"]) as decoded:
        return np.asarray(decoded)


def _wander(count: int, memory: float, random: np.random.Generator) -> np.ndarray:
    """Return a first-order autoregression (count,) float32 of standard deviation 1."""
    steps = random.standard_normal(count) * np.sqrt(1 - memory**2)
    steps[0] /= np.sqrt(1 - memory**2)
    return lfilter([1.0], [1.0, -memory], steps).astype(np.float32)

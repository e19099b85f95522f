"""What a pixel's neighbourhood looks like: standard filters at several scales, for a classifier.

The set is that of the pixel classification of ilastik and of Trainable Weka Segmentation: smoothed
grey level, edges, blobs and ridges, orientation, roughness. Sources: Berg et al. 2019, Nature
Methods 16:1226, doi 10.1038/s41592-019-0582-9; Arganda-Carreras et al. 2017, Bioinformatics
33:2424, doi 10.1093/bioinformatics/btx180; structure tensor: Bigun and Granlund 1987.
"""

from __future__ import annotations

import math

import cv2
import numpy as np

SCALES_PX = (0.7, 1.6, 3.5, 7.0)
# Kernels end here: what lies beyond weighs under 1e-4 of the middle.
KERNEL_SIGMAS = 4
NAMES = (
    "Gaussian",
    "gradient magnitude",
    "Laplacian",
    "larger Hessian eigenvalue",
    "smaller Hessian eigenvalue",
    "larger structure tensor eigenvalue",
    "smaller structure tensor eigenvalue",
    "local standard deviation",
)
_SECOND = np.array([1, -2, 1], np.float32)
_CENTRAL = np.array([-0.5, 0, 0.5], np.float32)
_SAME = np.ones(1, np.float32)


def feature_names(scales_px: tuple[float, ...] = SCALES_PX) -> tuple[str, ...]:
    """Return the names of the features in their order, such as "Laplacian, 1.6 px"."""
    return tuple(f"{name}, {scale:g} px" for scale in scales_px for name in NAMES)


def reach_px(scales_px: tuple[float, ...] = SCALES_PX) -> int:
    """Return how many pixels away a feature still sees."""
    # Two smoothings one after the other, with a gradient between them.
    return 2 * _radius(max(scales_px)) + 1


def pixel_features(grey: np.ndarray, scales_px: tuple[float, ...] = SCALES_PX) -> np.ndarray:
    """Return the features (F, H, W) float32 of ``grey`` (H, W), in the order of
    :func:`feature_names`.

    Derivatives are central differences of the smoothed image, per px; the image is mirrored at its
    edge. The structure tensor is averaged over the scale that its gradients are taken at.
    """
    grey = np.ascontiguousarray(grey, np.float32)
    features = np.empty((len(scales_px) * len(NAMES), *grey.shape), np.float32)
    for at, scale in enumerate(scales_px):
        _at_one_scale(grey, scale, features[at * len(NAMES) : (at + 1) * len(NAMES)])
    return features


def _at_one_scale(grey: np.ndarray, scale: float, out: np.ndarray) -> None:
    smooth = _smooth(grey, scale)
    down, across = _filter(smooth, _CENTRAL, _SAME), _filter(smooth, _SAME, _CENTRAL)
    out[0] = smooth
    out[1] = _length(down, across)
    rows, columns = _filter(smooth, _SECOND, _SAME), _filter(smooth, _SAME, _SECOND)
    np.add(rows, columns, out=out[2])
    _eigenvalues(rows, columns, _filter(down, _SAME, _CENTRAL), out[3:5])
    rows, columns = _smooth(down * down, scale), _smooth(across * across, scale)
    _eigenvalues(rows, columns, _smooth(down * across, scale), out[5:7])
    variance = _smooth(grey * grey, scale) - smooth * smooth
    np.sqrt(np.maximum(variance, 0, out=variance), out=out[7])


def _eigenvalues(rows: np.ndarray, columns: np.ndarray, mixed: np.ndarray, out: np.ndarray) -> None:
    """Write the larger and the smaller eigenvalue of [[rows, mixed], [mixed, columns]]."""
    middle = (rows + columns) * 0.5
    away = _length((rows - columns) * 0.5, mixed)
    np.add(middle, away, out=out[0])
    np.subtract(middle, away, out=out[1])


def _length(down: np.ndarray, across: np.ndarray) -> np.ndarray:
    # OpenCV's own rounds the last pixels of an array differently from the others.
    return np.sqrt(down * down + across * across)


def _radius(scale: float) -> int:
    return math.ceil(KERNEL_SIGMAS * scale)


def _smooth(image: np.ndarray, scale: float) -> np.ndarray:
    side = 2 * _radius(scale) + 1
    return cv2.GaussianBlur(image, (side, side), scale, borderType=cv2.BORDER_REFLECT)


def _filter(image: np.ndarray, down: np.ndarray, across: np.ndarray) -> np.ndarray:
    return cv2.sepFilter2D(image, cv2.CV_32F, across, down, borderType=cv2.BORDER_REFLECT)

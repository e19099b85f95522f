"""Segmentation without a network, for comparison and for images that no network fits.

Each method takes grey levels (H, W) in [0, 1] and returns labels (H, W) uint8. Nothing is learned,
so none of them knows what an object is: the phase of the smaller area is called the object. Where
``valid`` (H, W) bool is given, thresholds and areas are those of its pixels alone.
"""

from __future__ import annotations

import cv2
import numpy as np
from scipy.ndimage import binary_dilation, generate_binary_structure
from skimage.filters import gaussian, sobel, threshold_multiotsu, threshold_otsu
from skimage.segmentation import watershed

SMOOTHING_PX = 1.0
# A Gaussian of an eighth of the image holds objects and ground in most micrographs.
NEIGHBOURHOOD_PART = 8
# Within this part of the way from the threshold to a class mean a pixel belongs to nobody yet.
UNDECIDED = 0.5


def otsu(grey: np.ndarray, valid: np.ndarray | None = None) -> np.ndarray:
    """Return 1 on the side of Otsu's threshold that covers less area, else 0.

    A constant image is all 0. Source: Otsu 1979, doi 10.1109/TSMC.1979.4310076.
    """
    if _constant(grey):
        return np.zeros(grey.shape, np.uint8)
    return smaller_part(grey > threshold_otsu(_counted(grey, valid)), valid)


def multi_otsu(grey: np.ndarray, valid: np.ndarray | None = None, phases: int = 3) -> np.ndarray:
    """Return 0 to ``phases`` - 1 from dark to bright, by Otsu's criterion for several thresholds.

    An image with fewer grey levels than phases is all 0. Source: Liao et al. 2001, J. Inf. Sci.
    Eng. 17:713.
    """
    counted = _counted(grey, valid)
    if len(np.unique(counted)) < phases:
        return np.zeros(grey.shape, np.uint8)
    return np.digitize(grey, threshold_multiotsu(counted, phases)).astype(np.uint8)


def local_threshold(grey: np.ndarray, valid: np.ndarray | None = None) -> np.ndarray:
    """Return 1 on the smaller part after Otsu's threshold of what a pixel differs from the mean of
    its neighbourhood by.

    The mean is Gaussian, with a standard deviation of an eighth of the shorter side, or a 64th of
    the longer one where that is more, as in a strip. For uneven illumination.
    """
    if _constant(grey):
        return np.zeros(grey.shape, np.uint8)
    smooth = gaussian(grey, SMOOTHING_PX)
    reach = max(min(grey.shape), max(grey.shape) / NEIGHBOURHOOD_PART)
    difference = smooth - _neighbourhood(grey, reach / NEIGHBOURHOOD_PART)
    return smaller_part(difference > threshold_otsu(_counted(difference, valid)), valid)


def gradient_watershed(grey: np.ndarray, valid: np.ndarray | None = None) -> np.ndarray:
    """Return 1 on the smaller part after flooding the gradient from what is surely dark or bright.

    Markers lie beyond half of the way from Otsu's threshold to the mean of each side, so the
    border comes from the edges in the image and not from the threshold. Source: Beucher and
    Lantuejoul 1979; watershed of scikit-image.
    """
    if _constant(grey):
        return np.zeros(grey.shape, np.uint8)
    smooth = gaussian(grey, SMOOTHING_PX)
    counted = _counted(smooth, valid)
    threshold = threshold_otsu(counted)
    dark, bright = counted[counted <= threshold].mean(), counted[counted > threshold].mean()
    markers = np.zeros(grey.shape, np.int32)
    markers[smooth <= threshold + UNDECIDED * (dark - threshold)] = 1
    markers[smooth >= threshold + UNDECIDED * (bright - threshold)] = 2
    # A marker inside a marker floods nothing; without them the heap holds a fraction of the image.
    shore = binary_dilation(markers == 0, generate_binary_structure(2, 1))
    flooded = watershed(sobel(smooth), markers * shore, mask=shore)
    return smaller_part(np.where(shore, flooded, markers) == 2, valid)


def smaller_part(mask: np.ndarray, valid: np.ndarray | None = None) -> np.ndarray:
    """Return 1 on the part, True or False, of ``mask`` (H, W) that covers less area, else 0."""
    return (mask if _counted(mask, valid).mean() <= 0.5 else ~mask).astype(np.uint8)


def _neighbourhood(grey: np.ndarray, sigma_px: float) -> np.ndarray:
    """Return the Gaussian mean (H, W) float32. A wide one of scikit-image takes longer than all the
    rest of the method, with the same labels."""
    grey = np.ascontiguousarray(grey, np.float32)
    return cv2.GaussianBlur(grey, (0, 0), sigma_px, borderType=cv2.BORDER_REPLICATE)


def _counted(values: np.ndarray, valid: np.ndarray | None) -> np.ndarray:
    return values if valid is None else values[valid]


def _constant(grey: np.ndarray) -> bool:
    return bool(grey.min() == grey.max())

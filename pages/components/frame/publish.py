"""Core's arrays -> pictures with an address, for the viewer and for the cards."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from core.figures import encoding
from core.types import Micrograph, Segmentation
from pages.components.frame import session
from pages.components.frame.image_store import image_store
from pages.components.viewer.viewer import Layer, ViewerImage

if TYPE_CHECKING:
    from core.analysis import Analysis


def micrograph(shown: Micrograph) -> ViewerImage:
    """Return a micrograph for the viewer, its pixel size with it."""
    digest = _digest("grey", shown.digest)
    return ViewerImage(
        url=_address(digest, lambda: encoding.encode_grey(shown.pixels)),
        digest=digest,
        height=shown.shape[0],
        width=shown.shape[1],
        name=shown.name,
        pixel_size_nm=shown.pixel_size.nm if shown.pixel_size else None,
    )


def thumbnail(shown: Micrograph) -> str:
    """Return the address of a small square picture of a micrograph."""
    digest = _digest("thumbnail", shown.digest)
    return _address(digest, lambda: encoding.encode_thumbnail(shown.pixels))


def labels(segmentation: Segmentation, transparent: tuple[int, ...] = (0,)) -> Layer:
    """Return the phases of a segmentation as the viewer's label overlay."""
    return layer(
        "labels",
        f"{segmentation.digest} {segmentation.model}",
        lambda: encoding.encode_labels(segmentation.labels, segmentation.phases, transparent),
    )


def objects(analysis: Analysis) -> Layer:
    """Return the object ids of an analysis, for outlines and the pointer."""
    made = analysis.segmentation
    return layer(
        "objects",
        f"{made.digest} {made.model} {analysis.object_settings}",
        lambda: encoding.encode_objects(analysis.objects),
    )


def uncertainty(analysis: Analysis) -> Layer:
    """Return how unsure the network was of each pixel, as heat over the micrograph."""
    from core.figures.inspection_overlays import uncertainty_overlay
    from core.segmentation.confidence import uncertainty as entropy

    made, temperature = analysis.segmentation, analysis.card.temperature
    return layer(
        "uncertainty",
        f"{made.digest} {made.model} {temperature:g}",
        lambda: encoding.encode_colors(
            uncertainty_overlay(entropy(made.probabilities, temperature))
        ),
        title="Uncertainty, entropy / ln C",
    )


def layer(
    kind: str, content: str, make: Callable[[], encoding.EncodedImage], title: str = ""
) -> Layer:
    """Return any overlay. ``kind`` and ``content`` together name what ``make`` draws."""
    digest = _digest(kind, content)
    return Layer(_address(digest, make), digest, title)


def _digest(kind: str, content: str) -> str:
    return hashlib.blake2b(f"{kind} {content}".encode(), digest_size=16).hexdigest()


def _address(digest: str, make: Callable[[], encoding.EncodedImage]) -> str:
    base = st.get_option("server.baseUrlPath").strip("/")
    path = image_store().address(session.owner(), digest, make)
    return f"/{base}{path}" if base else path

"""Core's arrays -> pictures with an address, for the viewer and for the cards."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from core.figures import encoding
from core.types.arrays import Array
from core.types.micrograph import Micrograph
from core.types.segmentation import Segmentation
from pages.components.frame import session
from pages.components.frame.identity import EVERYONE
from pages.components.frame.serving.image_store import JPEG, image_store
from pages.components.viewer.viewer import Overlay, ViewerImage

if TYPE_CHECKING:
    from core.analysis.analysis import Analysis

MOST_WAIT_S = 0.5


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


def later(
    kind: str,
    content: str,
    make: Callable[[], encoding.EncodedImage],
    media_type: str = JPEG,
    is_everyones: bool = False,
    may_be_seen: Callable[[], bool] | None = None,
) -> str:
    """Return the address of a JPEG, or of a figure, that is made when a browser asks for it.

    ``kind`` and ``content`` together name what ``make`` draws. ``is_everyones``: all sessions share
    one, as of a sample. ``may_be_seen``: asked each time; once it says no, it is gone.
    """
    digest, owner = _digest(kind, content), EVERYONE if is_everyones else session.owner()
    path = image_store().address_before(owner, digest, make, media_type, may_be_seen)
    return below_base_path(path)


def labels(segmentation: Segmentation, transparent: tuple[int, ...] = (0,)) -> Overlay:
    """Return the phases of a segmentation as the viewer's label overlay."""
    return overlay(
        "labels",
        f"{segmentation.digest} {segmentation.model}",
        lambda: encoding.encode_labels(segmentation.labels, segmentation.phases, transparent),
    )


def labels_of_objects(analysis: Analysis) -> Overlay:
    """Return the phases of an analysis; hatched is what is of the objects' phase and no object, for
    want of confidence or of area."""
    made, phase, chosen = analysis.segmentation, analysis.card.objects_phase, analysis.selection
    if phase is None or not (chosen.doubtful or chosen.too_small):
        return labels(made)
    from core.segmentation.objects.left_out import left_out

    at_edge = analysis.object_settings.at_grey_edge
    return overlay(
        "labels",
        f"{made.digest} {made.model} {analysis.object_settings}",
        lambda: encoding.encode_labels(
            made.labels,
            made.phases,
            hatched=left_out(made.labels, phase, analysis.objects, at_edge),
        ),
    )


def objects(analysis: Analysis) -> Overlay:
    """Return the object ids of an analysis, for outlines and the pointer."""
    made = analysis.segmentation
    return overlay(
        "objects",
        f"{made.digest} {made.model} {analysis.object_settings}",
        lambda: encoding.encode_objects(analysis.objects),
    )


def uncertainty(analysis: Analysis) -> Overlay:
    """Return how unsure the network was of each pixel, as heat over the micrograph."""
    from core.figures.inspection.overlays import uncertainty_overlay
    from core.segmentation.confidence import uncertainty as entropy

    made, temperature = analysis.segmentation, analysis.card.temperature
    return overlay(
        "uncertainty",
        f"{made.digest} {made.model} {temperature:g}",
        lambda: encoding.encode_colors(
            uncertainty_overlay(entropy(made.probabilities, temperature))
        ),
        title="Uncertainty",
    )


def overlay(
    kind: str, content: str, make: Callable[[], encoding.EncodedImage], title: str = ""
) -> Overlay:
    """Return any overlay. ``kind`` and ``content`` together name what ``make`` draws."""
    digest = _digest(kind, content)
    return Overlay(_address(digest, make), digest, title)


def wait_until_seen(*shown: Overlay) -> None:
    """Wait until the browser has asked for what the viewer shows, half a second at most.

    Charts and tables that are sent meanwhile bring scripts of megabytes, and until these have run
    the browser draws nothing else.
    """
    # Without headers nobody looks: a script that runs in a test.
    if st.context.headers:
        until = time.monotonic() + MOST_WAIT_S
        for one in shown:
            image_store().wait_until_asked(one.url, max(until - time.monotonic(), 0))


def grey_image(pixels: Array, name: str, pixel_size_nm: float | None = None) -> ViewerImage:
    """Return grey levels (h, w) in [0, 1] for the viewer."""
    return _image(pixels, name, encoding.encode_grey, pixel_size_nm)


def color_image(colors: Array, name: str, pixel_size_nm: float | None = None) -> ViewerImage:
    """Return colours (h, w, 3 or 4) uint8 for the viewer."""
    return _image(colors, name, encoding.encode_colors, pixel_size_nm)


def _image(
    array: Array,
    name: str,
    encode: Callable[[Array], encoding.EncodedImage],
    pixel_size_nm: float | None,
) -> ViewerImage:
    content = hashlib.blake2b(array.tobytes(), digest_size=16).hexdigest()
    made = overlay("learn", f"{content} {array.shape} {array.dtype}", lambda: encode(array))
    height, width = array.shape[:2]
    is_micrograph = pixel_size_nm is not None
    return ViewerImage(made.url, made.digest, height, width, name, pixel_size_nm, is_micrograph)


def _digest(kind: str, content: str) -> str:
    return hashlib.blake2b(f"{kind} {content}".encode(), digest_size=16).hexdigest()


def _address(digest: str, make: Callable[[], encoding.EncodedImage]) -> str:
    return below_base_path(image_store().address(session.owner(), digest, make))


def below_base_path(path: str) -> str:
    """Return the path of a route of ours as a browser has to ask for it."""
    base = st.get_option("server.baseUrlPath").strip("/")
    return f"/{base}{path}" if base else path

"""Small pictures of the library's images, made when a browser asks for one, and kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.errors import LamellaError
from core.figures import encoding
from core.figures.encoding import EncodedImage
from core.types.micrograph import Micrograph
from core.workspace import micrographs
from pages.components.frame import keeping
from pages.components.frame.images import samples
from pages.components.frame.serving import publish

if TYPE_CHECKING:
    from core.workspace.micrographs import Kept
    from core.workspace.workspace import Workspace


def address(workspace: Workspace, kept: Kept) -> str:
    """Return the address of the picture of a micrograph."""
    content = f"{kept.blob or kept.source} {kept.changes.page}"
    return publish.later("library", content, lambda: _picture(workspace, kept))


def _picture(workspace: Workspace, kept: Kept) -> EncodedImage:
    name = f"{kept.id}-thumbnail-{kept.changes.page}.jpg"
    path = workspace.cache.find(name)
    if path is not None:
        return EncodedImage(path.read_bytes(), "image/jpeg")
    made = encoding.encode_thumbnail(_read(workspace, kept).pixels)
    workspace.cache.put(name, made.data)
    return made


def _read(workspace: Workspace, kept: Kept) -> Micrograph:
    name = keeping.sample_name(kept.source)
    if name is not None:
        offer = samples.offer_of(name)
        if offer is None:
            raise LamellaError(f"The sample {name!r} is no longer available.")
        return offer.open_page(kept.changes.page)[0]
    from core.formats import read_isolated

    data, sidecars = micrographs.contents(workspace, kept)
    return read_isolated(data, kept.name, sidecars=sidecars, page=kept.changes.page)

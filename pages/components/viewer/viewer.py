"""The clickable micrograph, shared by every page: one component, no build step.

Everything is in image pixels and (row, column). The pictures travel over HTTP
(:mod:`pages.components.frame.serving.publish`), so what goes through here is small and opacity,
zoom, swipe and blink never reach the server.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import streamlit as st

from core.image_size import width_x_height
from core.types.segmentation import Phase
from pages.components.frame import session
from pages.components.frame.serving.scripts import script
from pages.components.viewer.brush import Brush, strokes_from, strokes_to
from pages.components.viewer.ruler import Ruler, measured_from

HEIGHT = 640
_HERE = Path(__file__).parent
SCRIPT = script(
    _HERE,
    "viewer_pictures.js",
    "viewer_drawing.js",
    "viewer_moving.js",
    "viewer_stage.js",
    "viewer_strokes.js",
    "viewer_ruler.js",
    "viewer.js",
)


@dataclass(frozen=True)
class Overlay:
    """A picture over the micrograph, stretched to its size. ``title``: beside its slider.

    ``box``: (top, left, bottom, right) in image px that :attr:`ViewerSettings.overlay` is stretched
    to; None is the whole micrograph.
    """

    url: str
    digest: str
    title: str = ""
    box: tuple[float, float, float, float] | None = None


@dataclass(frozen=True)
class ViewerImage:
    """The micrograph itself. ``height``, ``width``: in image px, whatever the picture's size.

    ``is_micrograph``: whether a pixel of it has a size in the specimen, known or not. ``unit``:
    what a pixel is.
    """

    url: str
    digest: str
    height: int
    width: int
    name: str
    pixel_size_nm: float | None = None
    is_micrograph: bool = True
    unit: str = "px"


@dataclass(frozen=True)
class Rectangle:
    """A rectangle, such as a receptive field: ``bottom`` and ``right`` are exclusive.

    ``dashed``: the edge of what is looked at, rather than something that was found. ``color``:
    "#rrggbb"; others than white are drawn wider.
    """

    top: float
    left: float
    bottom: float
    right: float
    label: str = ""
    dashed: bool = False
    color: str = "#ffffff"


@dataclass(frozen=True)
class Marker:
    """A cross on the middle of a pixel."""

    row: int
    column: int
    label: str = ""


@dataclass(frozen=True)
class ViewerEvent:
    """The pixel that was clicked last, inside the image."""

    row: int
    column: int


_component = st.components.v2.component(
    "lamella_viewer",
    html=(_HERE / "viewer.html").read_text("utf-8"),
    css=(_HERE / "viewer.css").read_text("utf-8"),
    js=SCRIPT,
)


@dataclass(frozen=True)
class ViewerSettings:
    """What is drawn over the micrograph, and how high the viewer may be.

    ``labels``, ``phases``, ``transparent``: the segmentation, its legend, and the phases through
    which the micrograph shows. ``objects``: ids, for outlines and the pointer; ``selected``: the
    id drawn bright. ``overlay``: one more picture, such as a feature map, with an opacity of its
    own. ``crosshair``: (row, column) to move the cross to. ``bar_rows``: at the top and at the
    bottom, shown as left out. ``height``: CSS px, at most. ``group``: viewers with the same name,
    if they have one, move and zoom together. ``focus``: (top, left, bottom, right), what is looked
    at first, and again when it changes. ``leaves_arrows``: the arrow keys mean something to the
    page.
    """

    labels: Overlay | None = None
    phases: tuple[Phase, ...] = ()
    transparent: tuple[int, ...] = (0,)
    objects: Overlay | None = None
    selected: int | None = None
    overlay: Overlay | None = None
    boxes: tuple[Rectangle, ...] = ()
    markers: tuple[Marker, ...] = ()
    crosshair: tuple[int, int] | None = None
    bar_rows: tuple[int, int] = (0, 0)
    height: int = HEIGHT
    group: str = ""
    focus: tuple[float, float, float, float] | None = None
    leaves_arrows: bool = False


PLAIN = ViewerSettings()


def viewer(
    image: ViewerImage,
    settings: ViewerSettings = PLAIN,
    *,
    key: str,
    on_click: Callable[[ViewerEvent], None] | None = None,
    brush: Brush | None = None,
    ruler: Ruler | None = None,
) -> ViewerEvent | None:
    """Show a micrograph to look at, measure by eye and click; return the pixel clicked last.

    ``on_click`` runs before the page does, once for each click. ``brush``: to mark pixels with
    instead of clicking. ``ruler``: to drag along the scale bar with, before anything else.
    """

    def clicked() -> None:
        event = _event(session.component_state(key).get("click"), image)
        if event is not None and on_click is not None:
            on_click(event)

    def marked() -> None:
        sent = session.component_state(key).get("strokes")
        found = strokes_from(sent, image.digest, len(brush.phases)) if brush else None
        if found is not None:
            brush.on_strokes(found, int(sent["revision"]))

    def measured() -> None:
        found = measured_from(session.component_state(key).get("ruler"), image.digest)
        if found is not None and ruler is not None:
            ruler.on_measured(found)

    state = _component(
        key=key,
        data=_data(image, settings, brush)
        | {"ruler": {"turn": ruler.turn, "refused": ruler.refused} if ruler else None},
        default={"click": None, "strokes": None, "ruler": None},
        on_click_change=clicked,
        on_strokes_change=marked,
        on_ruler_change=measured,
    )
    return _event(state.click, image)


def _data(image: ViewerImage, settings: ViewerSettings, brush: Brush | None) -> dict[str, object]:
    """Return what the browser draws."""
    data = asdict(settings)
    return data | {
        "layer": data.pop("overlay"),
        "image": {**asdict(image), "alt": f"Micrograph {image.name}"},
        "phases": [
            {**asdict(phase), "transparent": index in settings.transparent}
            for index, phase in enumerate(settings.phases)
        ],
        "pixel_size_nm": image.pixel_size_nm,
        "facts": facts(image),
        "brush": _brush(brush),
    }


def _brush(brush: Brush | None) -> dict[str, object] | None:
    if brush is None:
        return None
    return {
        "phases": [asdict(phase) for phase in brush.phases],
        "strokes": strokes_to(brush.strokes),
        "revision": brush.revision,
    }


def _event(click: dict[str, object] | None, image: ViewerImage) -> ViewerEvent | None:
    """Return a click as the browser sent it, or None when it is not inside this image."""
    if not isinstance(click, dict) or click.get("digest") != image.digest:
        return None
    row, column = click.get("row"), click.get("column")
    if not isinstance(row, int) or not isinstance(column, int):
        return None
    inside = 0 <= row < image.height and 0 <= column < image.width
    return ViewerEvent(row, column) if inside else None


def facts(image: ViewerImage) -> str:
    size = f"{width_x_height((image.height, image.width))} {image.unit}"
    if image.pixel_size_nm is None:
        return f"{size}, not calibrated" if image.is_micrograph else size
    return f"{size}, {image.pixel_size_nm:.4g} nm per pixel"

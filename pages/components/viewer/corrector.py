"""The corrector: a segmentation over its micrograph, to be changed by hand in the browser.

The label map and the operations travel over HTTP (:mod:`pages.components.correct.route`); through
here goes only what the page's numbers have to follow: the revision and the selected object.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import streamlit as st

from pages.components.frame import session
from pages.components.frame.serving.scripts import script
from pages.components.viewer.viewer import ViewerImage, facts

HEIGHT = 700
_HERE = Path(__file__).parent
SCRIPT = script(
    _HERE,
    "viewer_pictures.js",
    "viewer_drawing.js",
    "viewer_moving.js",
    "viewer_stage.js",
    "correction/codec.js",
    "correction/label_map.js",
    "correction/shapes.js",
    "correction/object_edits.js",
    "correction/label_tiles.js",
    "correction/history.js",
    "correction/unsent_store.js",
    "correction/outbox.js",
    "correction/correction.js",
    "correction/drawing_tools.js",
    "correction/object_tools.js",
    "correction/keyed_tools.js",
    "correction/click_tool.js",
    "correction/like_tool.js",
    "correction/area_tool.js",
    "correction/marked_place.js",
    "correction/controls.js",
    "correction/corrector.js",
)


@dataclass(frozen=True)
class CorrectionAddress:
    """Where a correction is: ``url`` of its route, and ``name``, its own as long as it exists."""

    url: str
    name: str


@dataclass(frozen=True)
class Go:
    """An object to select and to bring into sight; ``turn``: another one each time it is asked."""

    id: int
    turn: int


_component = st.components.v2.component(
    "lamella_corrector",
    html=(_HERE / "correction" / "corrector.html").read_text("utf-8"),
    css="\n".join(
        (_HERE / name).read_text("utf-8") for name in ("viewer.css", "correction/corrector.css")
    ),
    js=SCRIPT,
)


def corrector(
    image: ViewerImage,
    address: CorrectionAddress,
    *,
    key: str,
    clicks: str,
    on_select: Callable[[int], None],
    bar_rows: tuple[int, int] = (0, 0),
    go: Go | None = None,
    place: tuple[int, int, int, int] | None = None,
) -> None:
    """Show a micrograph with the correction at ``address``; the page runs again after something
    was saved or selected.

    ``on_select`` runs before the page does, with the selected object's id, 0 for none.
    ``clicks``: where :mod:`pages.components.correct.clicks` answers. ``bar_rows``: at the top and
    at the bottom, shown as left out. ``place``: (top, left, bottom, right) in image px, marked and
    brought into the middle.
    """

    def change() -> None:
        number = _selected(session.component_state(key).get("state"), address)
        if number is not None:
            on_select(number)

    _component(
        key=key,
        data={
            "image": {**asdict(image), "alt": f"Segmentation of {image.name}, to be corrected"},
            "correction": asdict(address),
            "go": asdict(go) if go else None,
            "place": place,
            "clicks": clicks,
            "pixel_size_nm": image.pixel_size_nm,
            "facts": facts(image),
            "bar_rows": bar_rows,
            "boxes": (),
            "markers": (),
            "height": HEIGHT,
            "group": "",
        },
        default={"state": None},
        on_state_change=change,
    )


def _selected(sent: object, address: CorrectionAddress) -> int | None:
    """Return the selected object as the browser sent it, or None when it is not of this
    correction."""
    if not isinstance(sent, dict) or sent.get("name") != address.name:
        return None
    number = sent.get("selected")
    return number if isinstance(number, int) and number >= 0 else None

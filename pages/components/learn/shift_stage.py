"""The micrograph that is dragged, and what moves with it, in the browser: no run of the script.

What the browser computes is what :mod:`core.concepts.equivariance.equivariance` and
:mod:`core.concepts.equivariance.heads` compute of the same 8-bit grey levels; a test compares them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import streamlit as st

from core.concepts.equivariance.equivariance import ImageOperation
from core.concepts.equivariance.heads import HALF, random_heads
from core.figures.concepts.convolution import feature_scale, scale_colors
from pages.components.frame import session
from pages.components.frame.serving import publish
from pages.components.frame.serving.scripts import script

if TYPE_CHECKING:
    from core.types.arrays import Array

KEY = "share_stage"
Show = Literal["map", "heads"]
_HERE = Path(__file__).parent

_component = st.components.v2.component(
    "lamella_shift",
    html=(_HERE / "shift_stage.html").read_text("utf-8"),
    css=(_HERE / "shift_stage.css").read_text("utf-8"),
    js=script(_HERE, "shift_numbers.js", "shift_stage.js"),
)


@dataclass(frozen=True, eq=False)
class Shifted:
    """What is dragged: grey levels ``image`` (H, W) in [0, 1], and the ``layer`` that reads them.

    ``shift``: (rows, columns) in px to begin with. ``show``: beside the feature map, what does not
    move along, or three heads. ``nm``: of a pixel, None where it is not known. ``on_stage``: of a
    fixed size, as a presented page is fitted to the window by its parts.
    """

    image: Array
    layer: ImageOperation
    shift: tuple[int, int]
    show: Show
    nm: float | None = None
    on_stage: bool = False


def shift_stage(shown: Shifted, on_shift: Callable[[int, int], None]) -> None:
    """Show it. ``on_shift``: the micrograph came to rest, moved by so many rows and columns."""

    def changed() -> None:
        sent = session.component_state(KEY).get("shift")
        if isinstance(sent, dict):
            rows, columns = sent.get("rows"), sent.get("columns")
            if isinstance(rows, int) and isinstance(columns, int):
                on_shift(rows, columns)

    _component(key=KEY, data=_data(shown), default={"shift": None}, on_shift_change=changed)


def _data(shown: Shifted) -> dict[str, object]:
    layer, heads = shown.layer, random_heads(shown.image.shape)
    low, high, scale = feature_scale(layer.run(shown.image))
    limit = max(abs(low), abs(high))
    return {
        "url": publish.grey_image(shown.image, "shifted").url,
        "layer": {
            "name": layer.name,
            "kind": layer.kind,
            "stride": layer.stride,
            "kernel": layer.kernel.tolist(),
            "padding": len(layer.kernel) // 2,
            "mode": layer.mode,
        },
        "scale": {"low": low, "high": high, "colors": scale_colors(scale)},
        "difference": {"low": -limit, "high": limit, "colors": scale_colors()},
        "heads": {
            "url": publish.color_image(heads.flat, "weights").url,
            "coarse": heads.coarse.tolist(),
            "mean": heads.mean.tolist(),
            "half": HALF,
        },
        "shift": shown.shift,
        "show": shown.show,
        "nm": shown.nm,
        "onStage": shown.on_stage,
    }

"""The picture that a page of the lecture opens with: the micrograph, and how large things are."""

from __future__ import annotations

from html import escape

import streamlit as st

from core.concepts.picture import picture as middle_of
from core.figures.encoding import EncodedImage, encode_thumbnail
from core.figures.overlay import scale_bar
from core.types.micrograph import Micrograph
from pages.components.frame.serving import publish

PX = 150
_STYLE = """<style>
.opening { position: relative; margin: 0; border-radius: 4px; overflow: hidden; }
.opening img { display: block; width: 100%; aspect-ratio: 1; background: #202326; }
.opening figcaption {
  position: absolute; right: 4px; bottom: 4px; padding: 1px 4px 4px;
  background: #000000; color: #ffffff; font-size: 13px; line-height: 17px; text-align: center;
}
.opening figcaption i { display: block; height: 3px; margin: 0 auto; background: #ffffff; }
</style>"""


def picture(shown: Micrograph) -> None:
    """Draw the middle of a micrograph, with a scale bar where its pixel size is known."""
    side = _side(shown)
    address = publish.later(
        "opening", f"{shown.digest} {shown.bar_rows}", lambda: _thumbnail(shown)
    )
    bar = ""
    if shown.pixel_size is not None:
        length = scale_bar(side, shown.pixel_size)
        px = PX * length.length_px / side
        bar = f"<figcaption>{escape(length.label)}<i style='width: {px:.1f}px'></i></figcaption>"
    st.html(
        f"{_STYLE}<figure class='opening'><img src='{escape(address)}' "
        f"alt='{escape(shown.name)}'>{bar}</figure>"
    )


def _side(shown: Micrograph) -> int:
    rows = shown.image_rows
    return min(rows.stop - rows.start, shown.shape[1])


def _thumbnail(shown: Micrograph) -> EncodedImage:
    return encode_thumbnail(middle_of(shown, _side(shown)))

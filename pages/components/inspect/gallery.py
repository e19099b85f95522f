"""Small pictures to choose from: one component, keyboard and pointer alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from core.figures import encoding
from core.types.arrays import Array
from pages.components.frame import session
from pages.components.frame.serving import publish

HTML = '<div class="gallery" role="group"></div>'
CSS = """
.gallery { display: grid; grid-template-columns: repeat(auto-fill, minmax(92px, 1fr)); gap: 8px; }
button { padding: 3px; border: 2px solid transparent; border-radius: 6px; background: transparent;
  color: var(--st-text-color); font: 12px var(--st-font); cursor: pointer; text-align: left; }
button:hover { background: var(--st-secondary-background-color); }
button:focus-visible { outline: 2px solid var(--st-primary-color); }
button[aria-pressed="true"] { border-color: var(--st-primary-color);
  background: var(--st-secondary-background-color); }
img { display: block; width: 100%; aspect-ratio: 1; object-fit: contain; border-radius: 3px;
  image-rendering: pixelated; }
span { display: block; padding: 3px 1px 0; font-variant-numeric: tabular-nums;
  overflow-wrap: anywhere; }
"""
JS = """
export default function ({ data, parentElement, setStateValue }) {
  const place = parentElement.querySelector(".gallery");
  place.setAttribute("aria-label", data.label);
  while (place.children.length > data.items.length) place.lastChild.remove();
  data.items.forEach((item, index) => {
    let button = place.children[index];
    if (!button) {
      button = document.createElement("button");
      button.type = "button";
      button.append(document.createElement("img"), document.createElement("span"));
      place.append(button);
    }
    const [picture, caption] = button.children;
    if (picture.getAttribute("src") !== item.url) picture.src = item.url;
    picture.alt = item.caption;
    caption.textContent = item.caption;
    button.setAttribute("aria-pressed", String(item.number === data.chosen));
    button.onclick = () => setStateValue("chosen", { number: item.number, serial: Date.now() });
  });
}
"""

_component = st.components.v2.component("lamella_gallery", html=HTML, css=CSS, js=JS)


@dataclass(frozen=True)
class Picture:
    """One picture: its address, what is written below, and the number that a click gives."""

    number: int
    url: str
    caption: str


def picture(number: int, caption: str, pixels: Array, *content: object) -> Picture:
    """Return colours (h, w, 3) uint8 as a picture; ``content`` names them."""
    made = publish.overlay("gallery", str(content), lambda: encoding.encode_colors(pixels))
    return Picture(number, made.url, caption)


def gallery(
    pictures: Sequence[Picture],
    *,
    key: str,
    label: str,
    chosen: int | None,
    on_choose: Callable[[int], None],
) -> None:
    """Show pictures in a grid; ``on_choose`` gets the number of the one that was clicked."""
    numbers = {one.number for one in pictures}

    def clicked() -> None:
        event = session.component_state(key).get("chosen")
        if isinstance(event, dict) and event.get("number") in numbers:
            on_choose(event["number"])

    _component(
        key=key,
        data={
            "items": [{"number": p.number, "url": p.url, "caption": p.caption} for p in pictures],
            "label": label,
            "chosen": chosen,
        },
        default={"chosen": None},
        on_chosen_change=clicked,
    )

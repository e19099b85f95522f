"""The first screen: samples to try at once, and an uploader beside them."""

from __future__ import annotations

import streamlit as st

from core.errors import LamellaError
from pages.components.frame import library, networks, publish, session, sidebar
from pages.components.frame.library import Offer

CARDS_IN_A_ROW = 3
SYNTHETIC = "Synthetic, with ground truth. "


def first_screen() -> None:
    """Draw sample cards and the uploader; a click on a card opens and segments it."""
    samples, own = st.columns([3, 1], gap="large")
    with own:
        st.subheader("Your own images")
        sidebar.uploader("first-upload")
        st.caption(
            "TIFF, PNG, JPEG and the formats of most microscopes. Drop an instrument's text file "
            "with its image, or after it, and the pixel size is read from it."
        )
    with samples:
        st.subheader("Samples")
        offers = [offer for offer in library.offers() if not offer.of_study]
        for start in range(0, len(offers), CARDS_IN_A_ROW):
            row = st.columns(CARDS_IN_A_ROW)
            for column, offer in zip(row, offers[start:], strict=False):
                with column:
                    _card(offer)
    networks.warm_up(session.model().name)


def _card(offer: Offer) -> None:
    with st.container(border=True, height="stretch"):
        picture = st.empty()
        st.markdown(f"**{offer.title}**")
        kind = SYNTHETIC if offer.synthetic else ""
        st.caption(f"{kind}{offer.sentence}")
        st.button(
            "Try this",
            key=f"try-{offer.name}",
            type="primary",
            width="stretch",
            on_click=session.choose,
            args=(f"sample:{offer.name}", True),
        )
        try:
            address = publish.thumbnail(session.sample(offer))
        except LamellaError as error:
            picture.error(str(error))
        else:
            picture.markdown(f"![{offer.title}]({address})")

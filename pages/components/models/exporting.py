"""A model as a file to take away, in a format that is chosen, made when it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.types.model_card import ModelCard
from models.lab import exchange
from models.weights import read_weights
from pages.components.frame.serving import downloads
from pages.components.frame.words import literal, size
from pages.components.frame.work import background

if TYPE_CHECKING:
    from core.types.progress import ProgressCallback
    from models.lab.exchange import Exported, Format

ABOUT: dict[Format, str] = {
    "safetensors": "For another Lamella: weights and card in one file without code.",
    "onnx": (
        "For other programs: from grey levels stretched to 0 to 1 to the probability of each "
        "phase, any size whose sides are multiples of 32. ONNX Runtime checks it first."
    ),
    "bioimage": (
        "For DeepImageJ, ilastik and others of bioimage.io: ONNX with its normalization, test "
        "images and a README, which says what the package cannot."
    ),
}

AS_IT_CAME = "The network as it was imported, with the card that it has here."


def draw(card: ModelCard) -> None:
    """Draw the button, where the model can be exported."""
    offered = exchange.formats(card)
    if not offered:
        return
    with st.popover("Export", icon=":material/download:", key="export"):
        wanted = st.radio(
            "Format", offered, format_func=lambda one: exchange.FORMATS[one], key="export-format"
        )
        as_it_came = card.origin == "foreign" and card.build is None
        st.caption(AS_IT_CAME if as_it_came else ABOUT[wanted])

        def work(progress: ProgressCallback) -> Exported:
            assert card.weights is not None
            progress(0, 1)
            return exchange.export(card, read_weights(card.weights), wanted)

        assert card.weights is not None
        key = (card.name, card.weights.sha256, wanted)
        made = background.run("export", "Make the file", key, work, size_bytes=30_000_000)
        if made is None:
            return
        downloads.button(
            f"Download ({size(len(made.data))})",
            ("export", *key),
            made.file_name,
            lambda: made.data,
            key="export-download",
            held_bytes=len(made.data),
            icon=":material/download:",
        )
        for note in made.notes:
            st.caption(literal(note))

"""Why this label: the probabilities of a pixel, its logit as a sum, and what speaks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.errors import LamellaError
from pages.components.frame import session
from pages.components.frame.words import capital, literal
from pages.components.inspect import layers as inspect_layers
from pages.components.inspect import stage as inspect_stage
from pages.components.inspect import subject as inspect_subject
from pages.components.inspect.attribution import MAPS, draw_map
from pages.components.inspect.link import LINK
from pages.components.inspect.subject import Inspected

if TYPE_CHECKING:
    from core.types.arrays import Array

SUM = "The winning logit as a sum of contributions"


def draw(inspected: Inspected) -> None:
    """Draw the view."""
    from core.inspection.attribution.attribution import class_probabilities

    with inspect_stage.beside() as place:
        inspect_stage.pixel_inputs(inspected)
        shares = class_probabilities(inspected.subject, *inspected.network_pixel)
        winner = int(shares.argmax())
        name = inspected.classes[min(winner, len(inspected.classes) - 1)]
        st.markdown(f"#### {capital(name)}, {100 * shares[winner]:.1f} %")
        _probabilities(inspected, shares)
        _further_outputs(inspected, len(shares))
        _one_of_several(inspected)
        shown = LINK.choose("Map", "show", MAPS, "cam", in_list=True)
        overlay, labels, caption = draw_map(inspected, shown, winner)
    inspect_stage.show(inspected, place, overlay, (), labels, caption)
    _split(inspected)


def _probabilities(inspected: Inspected, shares: Array) -> None:
    names = list(inspected.classes[: len(shares)])
    if len(names) < len(shares):
        names = [f"not {names[0]}", names[0]]
    st.dataframe(
        {"Class": names, "Probability": shares.tolist()},
        hide_index=True,
        height="auto" if len(names) < 7 else 200,
        column_config={
            "Probability": st.column_config.ProgressColumn(
                format="%.4f", min_value=0, max_value=1, color="primary"
            )
        },
        alt="Probability of each class at the pixel",
    )


def _further_outputs(inspected: Inspected, phases: int) -> None:
    from core.inspection.attribution.attribution import further_outputs

    values = further_outputs(inspected.subject, *inspected.network_pixel)
    names = inspected.classes[phases:]
    if names:
        found = (f"{name} {value:.2f}" for name, value in zip(names, values, strict=True))
        st.caption(f"The network's further outputs here: {', '.join(found)}.")


def _one_of_several(inspected: Inspected) -> None:
    """Say where the page Segment shows a mean and this page one of its parts."""
    card = session.models().get(inspected.subject.model.partition(" ")[0])
    if card is not None and (card.tta_flips or len(card.tta_scales) > 1):
        st.caption(
            "Single forward pass (no test-time augmentation). Segment averages over "
            f"{len(card.flips) * len(card.tta_scales)} flips and scales, so its label may differ."
        )


def _split(inspected: Inspected) -> None:
    from core.figures.inspection.network import logit_figure
    from core.inspection.attribution.attribution import split_logit

    st.subheader(SUM)
    subject, pixel = inspected.subject, inspected.network_pixel
    try:
        split = inspect_subject.kept(
            subject, "split", pixel, make=lambda: split_logit(subject, *pixel)
        )
    except LamellaError as error:
        st.caption(literal(str(error)))
        return
    name = inspect_layers.title(inspected, split.layer)
    st.caption(
        f"{len(split.contributions)} input channels of {name}, each activation times its "
        f"weight, plus the bias: their sum is {split.total:.5f}, the logit is {split.logit:.5f}. "
        "Orange supports the class, blue opposes it."
    )
    st.plotly_chart(
        logit_figure(split).update_layout(margin={"l": 0, "r": 0, "t": 10, "b": 0}),
        key="inspect-split",
        height=320,
        config={"displayModeBar": False},
        alt="The logit as a sum of contributions",
    )

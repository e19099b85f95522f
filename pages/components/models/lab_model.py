"""What the card of a model of this lab has besides: whose it is, who finds it, and its removal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.errors import LamellaError
from core.figures import encoding
from core.figures.encoding import EncodedImage
from core.types.segmentation import Phase
from core.workspace.lab import lab_models
from models.lab import remove as remove_model
from models.lab import strokes_of
from pages.components.frame import keeping, lab, session
from pages.components.frame.serving import publish
from pages.components.frame.words import day, literal, size
from pages.components.models.overview import LINK

if TYPE_CHECKING:
    from core.workspace.lab.lab_models import LabModel

ME, EVERYBODY = "Only for me", "For everybody"
TROUBLE = "lab-model-trouble"
WHOSE = {
    "trained": "A network trained in this lab",
    "forest": "A random forest taught by strokes in this lab",
    "foreign": "A foreign model, imported into this lab: measure it on your own images before you "
    "trust it",
}
SURE = (
    "**{}** will be removed from this lab{}. Results made with it stay in the library, with its "
    "name and settings; no image can be segmented with it any more. This cannot be undone."
)
STROKES_PX = 360


def draw(name: str) -> None:
    """Draw it for the model of this name; nothing for one of the zoo."""
    found = lab.found(session.memory()).get(name)
    if found is None:
        return
    st.subheader("In this lab")
    mine = found.owner == session.owner()
    st.markdown(
        f"{WHOSE[found.kind]}, kept {day(found.created)}{'' if mine else ' by somebody else'}, "
        f"{size(found.bytes)}."
    )
    if why := session.value_of(TROUBLE):
        st.error(literal(why))
        session.remember(TROUBLE, "")
    if mine:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            _share(found)
            _remove(found)
    else:
        st.caption("Whoever kept it can remove it.")
    _taught_on(found)


def _share(found: LabModel) -> None:
    key = session.control(f"lab-share-{found.id}", EVERYBODY if found.everyone else ME)

    def share() -> None:
        workspace = keeping.workspace()
        assert workspace is not None
        try:
            everyone = session.value_of(key) == EVERYBODY
            lab_models.share(workspace, session.owner(), found.name, everyone)
        except LamellaError as error:
            session.remember(TROUBLE, str(error))

    st.segmented_control(
        "Who finds it", [ME, EVERYBODY], key=key, required=True, on_change=share, width="content"
    )


def _remove(found: LabModel) -> None:
    def remove() -> None:
        workspace = keeping.workspace()
        assert workspace is not None
        try:
            remove_model(workspace, session.owner(), found.name)
        except LamellaError as error:
            session.remember(TROUBLE, str(error))
        else:
            session.forget_model(found.name)
            LINK.change(card=None)

    with st.popover("Remove", icon=":material/delete:"):
        others = ", for everybody" if found.everyone else ""
        st.markdown(SURE.format(literal(found.card.title), others))
        st.button("Remove", key="lab-remove", type="primary", on_click=remove)


def _taught_on(found: LabModel) -> None:
    """Draw which images a model learned from, and the strokes of a forest."""
    if not found.card.taught_on:
        return
    st.markdown("**Learned from**")
    phases = [phase.name for phase in found.card.phases]
    st.table(
        [
            {"image": literal(one.image)}
            | ({"strokes": f"{one.strokes}"} if one.strokes else {})
            | {literal(name): f"{px:,} px" for name, px in zip(phases, one.marked_px, strict=False)}
            for one in found.card.taught_on
        ],
        border="horizontal",
    )
    if found.kind != "forest":
        return
    try:
        picture = publish.overlay("strokes", found.weights, lambda: _strokes(found))
    except LamellaError as error:
        st.warning(literal(str(error)))
        return
    with st.container(width=STROKES_PX, border=True):
        st.markdown(f"![Strokes]({picture.url})")
    st.caption("Its strokes on that image, whose pixels are not part of the model.")


def _strokes(found: LabModel) -> EncodedImage:
    marks = strokes_of(found)
    assert marks is not None
    return encoding.encode_labels(marks.values, (Phase("unlabelled", "#000000"), *marks.phases))

"""Where labels would help most next: places in the library, and what each was chosen by."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.components.correct.link import BLANK, CORRECT, MODEL, PLACE
from pages.components.frame.words import literal
from pages.components.frame.work import background

if TYPE_CHECKING:
    from core.types.progress import ProgressCallback
    from core.workspace.lab.lab_models import LabModel
    from core.workspace.lab.training import Training
    from core.workspace.workspace import Workspace
    from models.lab.next_places import NextPlace

WHY = {
    "unsure area": ("Unsure areas", "The network answers otherwise when the image is mirrored."),
    "unsure object": ("Unsure objects", "The network is least sure of their pixels."),
    "at random": ("At random", "Areas with something in them, drawn by lot."),
}
ADVICE = (
    "What is chosen by uncertainty gains little over chance in most studies, so a random choice "
    "stands beside it. Never test a model on images that were chosen by its uncertainty."
)


def draw(workspace: Workspace, training: Training, kept: LabModel | None) -> None:
    """Draw the button that looks through the library, or what it found."""
    from models.lab import next_places

    st.subheader("Where next", anchor=False)
    count = len(next_places.candidates(workspace, training))
    if not count:
        st.caption(next_places.NONE)
        return
    st.caption(ADVICE)

    def look(progress: ProgressCallback) -> tuple[NextPlace, ...]:
        return next_places.next_places(workspace, training, progress)

    found = background.run(
        "train_next",
        f"Look through {count} {'image' if count == 1 else 'images'} of the library",
        (training.id, training.weights, count),
        look,
        step="Image",
    )
    if found is None:
        return
    columns = st.columns(len(WHY), gap="large")
    for column, (why, (title, reason)) in zip(columns, WHY.items(), strict=True):
        places = [one for one in found if one.place.why == why]
        if places:
            with column:
                st.markdown(f"**{title}**")
                st.caption(reason)
                for one in places:
                    _place(one, training, kept)


def _place(one: NextPlace, training: Training, kept: LabModel | None) -> None:
    place = one.place
    st.page_link(
        CORRECT,
        label=literal(one.title),
        icon=":material/edit:",
        query_params={
            "image": one.micrograph,
            PLACE: f"{place.top},{place.left},{place.bottom},{place.right}@{one.micrograph}",
            **_begin(training, kept),
        },
    )
    value = "" if place.value != place.value else f", {place.value:.2g}"
    st.caption(
        f"rows {place.top} to {place.bottom}, columns {place.left} to {place.right} px{value}"
    )


def _begin(training: Training, kept: LabModel | None) -> dict[str, str]:
    """Return what Correct begins with: the model's own result where it was kept."""
    settings = training.settings
    assert settings is not None
    if kept is not None:
        return {"model": kept.name, "begin": MODEL}
    if settings.same_phases:
        return {"model": settings.start, "begin": MODEL}
    return {"begin": BLANK}

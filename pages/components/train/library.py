"""Corrected images of the library as the images of a training."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.errors import LamellaError
from core.workspace import micrographs
from core.workspace.corrections import corrected_images
from core.workspace.lab.training import facts_of
from pages.components.correct.link import CORRECT
from pages.components.frame import keeping, session
from pages.components.frame.images import images
from pages.components.train import images as training_images

if TYPE_CHECKING:
    from core.training.fine_tuning.images import TeachingImage
    from core.workspace.corrections.corrected_images import CorrectedImage
    from core.workspace.workspace import Workspace

CHOSEN = "train_corrected"
NONE_YET = (
    "No image of your library is corrected yet. Open one in Correct, mend what is wrong and "
    "confirm what is right; or try the sample."
)
ONLY_CONFIRMED = (
    "Only what you confirmed, corrected or drew is learned from; the rest of an image is no label."
)


def draw(workspace: Workspace) -> None:
    """Draw the corrected images, all of them chosen at first, and the way on."""
    found = corrected_images.listed(workspace, session.owner())
    if not found:
        st.info(NONE_YET)
        st.page_link(CORRECT, label="Open Correct", icon=":material/edit:")
        return
    titles = {one.result: _title(one) for one in found}
    picked = st.multiselect(
        "Corrected images",
        list(titles),
        default=list(titles),
        format_func=titles.__getitem__,
        key=f"{CHOSEN}-{len(found)}",
    )
    st.caption(ONLY_CONFIRMED)
    chosen = [one for one in found if one.result in picked]

    def take() -> None:
        try:
            _keep(workspace, chosen)
        except LamellaError as error:
            session.remember(training_images.REFUSED, (str(error),))

    st.button(
        f"Use {len(chosen):,} {'image' if len(chosen) == 1 else 'images'}",
        type="primary",
        disabled=not chosen,
        on_click=take,
        key="train-corrected",
    )


def _title(image: CorrectedImage) -> str:
    known = session.models().get(image.model)
    how = "from blank" if image.from_blank else f"from {known.title if known else image.model}"
    return f"{image.title}, {how}: {image.counts}"


def _keep(workspace: Workspace, chosen: list[CorrectedImage]) -> None:
    corrected_images.check_alike(chosen)
    found: list[TeachingImage] = []
    refused: list[str] = []
    for one in chosen:
        try:
            found.append(_taught(workspace, one))
        except LamellaError as error:
            refused.append(str(error))
    if refused:
        session.remember(training_images.REFUSED, tuple(refused))
        return
    if twice := _twice(found):
        raise LamellaError(twice)
    models = {one.model for one in chosen if not one.from_blank}
    base = models.pop() if len(models) == 1 else ""
    first = chosen[0]
    facts = facts_of(found, first.phases, first.objects_phase, base)
    training_images.keep(workspace, training_images.title_of(found), found, facts)


def _twice(found: list[TeachingImage]) -> str:
    """Return which images are the same one; "" where there are none."""
    first: dict[str, str] = {}
    for one in found:
        name, sha256 = one.origin.name, one.origin.sha256
        if sha256 in first:
            return f"{first[sha256]} and {name} are the same image; choose one of them."
        first[sha256] = name
    return ""


def _taught(workspace: Workspace, image: CorrectedImage) -> TeachingImage:
    from core.training.fine_tuning.mask_files import specimen_of

    kept = micrographs.find(workspace, session.owner(), image.micrograph)
    if kept is None:
        raise LamellaError(micrographs.NOT_THERE)
    keeping.remember(session.memory(), kept)
    shown = images.open_source(kept.source).micrograph
    specimen = specimen_of(kept.name)
    return corrected_images.taught_image(workspace, session.owner(), image, shown, specimen)

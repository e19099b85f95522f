"""One training: its images with their labels, what is asked for, where it stands, what it gave."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.jobs import training as jobs
from core.workspace.lab import trainings
from pages.components.frame import session, stores
from pages.components.frame.serving import publish
from pages.components.frame.words import literal
from pages.components.frame.work import worker
from pages.components.train import ask, result, running
from pages.components.train.link import LINK
from pages.components.viewer.viewer import ViewerSettings, viewer

if TYPE_CHECKING:
    from core.training.fine_tuning.images import TeachingImage
    from core.types.segmentation import Phase
    from core.workspace.lab.training import Training
    from core.workspace.workspace import Workspace

HEIGHT = 460


def chosen(workspace: Workspace) -> Training | None:
    """Return the training that the link names; None, with a sentence where it is nobody's."""
    asked = st.query_params.get("training")
    if asked is None:
        return None
    found = trainings.find(workspace, session.owner(), asked)
    if found is None:
        LINK.refuse(trainings.GONE, "training", "shown")
    return found


def draw(workspace: Workspace, training: Training) -> None:
    """Draw a training in the state that it is in."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "All trainings",
            icon=":material/arrow_back:",
            on_click=LINK.change,
            kwargs={"training": None, "shown": None},
        )
        _delete(workspace, training)
    st.subheader(literal(training.title), anchor=False)
    job = jobs.last_job(workspace, training)
    if job is not None and job.is_open:
        worker.start()
        running.draw(workspace, training)
        _images(workspace, training, training.settings.phases if training.settings else ())
        return
    if job is not None and job.state == "failed":
        st.warning(literal(job.error or ""))
    if training.result is not None:
        result.draw(workspace, training)
        _images(workspace, training, training.settings.phases if training.settings else ())
        return
    if training.settings is not None:
        running.stopped(workspace, training)
    settings = ask.draw(workspace, training)
    _images(workspace, training, settings.phases)
    ask.specimens(workspace, training)


def _delete(workspace: Workspace, training: Training) -> None:
    def delete() -> None:
        jobs.cancel(workspace, training)
        trainings.delete(workspace, training.owner, training.id)
        LINK.change(training=None, shown=None)

    with st.popover("Delete", icon=":material/delete:"):
        st.markdown(
            "The training goes, with its copy of the images; images and results of the library "
            "stay, and so does a model that was kept."
        )
        st.button("Delete this training", type="primary", on_click=delete)


def _images(workspace: Workspace, training: Training, phases: tuple[Phase, ...]) -> None:
    """Draw one of the images with its labels, and the choice of which."""
    from core.figures.teaching import encode_known

    names = {str(n): one.name for n, one in enumerate(training.facts.origins, 1)}
    shown = LINK.choose("Image", "shown", names, in_list=True)
    images: tuple[TeachingImage, ...] = stores.kept(
        ("training images", training.owner, training.images),
        lambda: trainings.images(workspace, training),
        10 * sum(training.facts.known_pixels),
    )
    image = images[int(shown) - 1]
    content = f"{training.images} {shown} {[phase.color for phase in phases]}"
    viewer(
        publish.grey_image(image.pixels, image.origin.name, image.origin.pixel_nm),
        ViewerSettings(
            labels=publish.overlay("known", content, lambda: encode_known(image, phases)),
            phases=phases,
            transparent=(),
            height=HEIGHT,
        ),
        key="train-viewer",
    )
    known = training.facts.known_pixels[int(shown) - 1] if training.facts.known_pixels else 0
    share = 100 * known / image.grey.size
    st.caption(f"Labelled: {share:.3g} % of this image. Only that is learned from.")

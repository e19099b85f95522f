"""A new training: where its images come from; and the trainings of before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.jobs import training as jobs
from core.workspace.corrections import corrected_images
from core.workspace.lab import trainings
from core.workspace.lab.training import facts_of
from pages.components.frame import session, stores
from pages.components.frame.serving import publish
from pages.components.frame.words import literal, moment
from pages.components.train import images, library, uploads
from pages.components.train.link import LINK
from pages.components.viewer.viewer import ViewerSettings, viewer

if TYPE_CHECKING:
    from core.figures.encoding import EncodedImage
    from core.training.fine_tuning.images import TeachingImage
    from core.types.segmentation import Phase
    from core.workspace.lab.training import Training
    from core.workspace.workspace import Workspace

SOURCES = {"corrected": "Corrected images", "upload": "Images with masks", "sample": "Sample"}
HEIGHT = 420
SAMPLE = (
    "Six generated micrographs of an alloy that solidified in part as lamellae, a kind that no "
    "model here knows: grains and colonies have the same grey and differ in texture alone."
)


def draw(workspace: Workspace) -> None:
    """Draw the ways to choose images, and the trainings of before below them."""
    st.subheader("New training", anchor=False)
    has_own = bool(corrected_images.listed(workspace, session.owner()))
    source = LINK.choose("Images", "source", SOURCES, "corrected" if has_own else "sample")
    for reason in session.value_of(images.REFUSED) or ():
        st.warning(literal(reason))
    if source == "corrected":
        library.draw(workspace)
    elif source == "upload":
        uploads.draw(workspace)
    else:
        _sample(workspace)
    _earlier(workspace)


def _sample(workspace: Workspace) -> None:
    st.markdown(SAMPLE)

    def take() -> None:
        from core.training.fine_tuning.sample import TITLE, sample_images, sample_phases

        made = sample_images()
        images.keep(workspace, TITLE, made, facts_of(made, sample_phases(), None))

    st.button("Use the sample", type="primary", on_click=take, key="train-sample")
    made = stores.kept(("training sample",), _made, 3_000_000)
    content = f"sample {made.origin.sha256}"
    viewer(
        publish.grey_image(made.pixels, made.origin.name, made.origin.pixel_nm),
        ViewerSettings(
            labels=publish.overlay("known", content, lambda: _encoded(made)),
            phases=_phases(),
            transparent=(),
            height=HEIGHT,
        ),
        key="train-sample-viewer",
    )


def _made() -> TeachingImage:
    from core.training.fine_tuning.sample import sample_images

    return sample_images()[0]


def _phases() -> tuple[Phase, ...]:
    from core.training.fine_tuning.sample import sample_phases

    return sample_phases()


def _encoded(image: TeachingImage) -> EncodedImage:
    from core.figures.teaching import encode_known

    return encode_known(image, _phases())


def _earlier(workspace: Workspace) -> None:
    found = trainings.listed(workspace, session.owner())
    if not found:
        return
    st.subheader("Earlier trainings", anchor=False)
    for one in found:
        _row(workspace, one)


def _row(workspace: Workspace, training: Training) -> None:
    job = jobs.last_job(workspace, training)
    if training.result is not None:
        state = "done"
    elif job is not None and job.is_open:
        state = "waits" if job.state == "queued" else "trains"
    elif training.settings is None:
        state = "not begun"
    else:
        state = "stopped"
    count = len(training.facts.origins)
    with st.container(horizontal=True, vertical_alignment="center", border=True):
        st.markdown(f"**{literal(training.title)}**", width="stretch")
        counted = f"{count:,} {'image' if count == 1 else 'images'}"
        st.caption(f"{counted}, {moment(training.created)}", width="content")
        st.caption(state, width="content")
        st.button(
            "Open",
            key=f"open-{training.id}",
            on_click=LINK.change,
            kwargs={"training": training.id, "shown": None},
        )

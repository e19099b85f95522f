"""The grain study, step 2: how far is the generator from this micrograph, and how to close in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.errors import LamellaError
from core.types.arrays import Array
from core.types.progress import ProgressCallback
from pages.components.frame import screen, session, sidebar, stores
from pages.components.frame.memory import Opened
from pages.components.frame.page_link import PageLink
from pages.components.frame.serving import publish
from pages.components.frame.words import literal
from pages.components.frame.work import background, networks
from pages.components.studies import study
from pages.components.studies.grains import settings as study_grains_settings
from pages.components.viewer.viewer import ViewerSettings, viewer

if TYPE_CHECKING:
    from core.synthesis.grains.distance import Fit, Look
    from core.synthesis.grains.settings import GrainSettings

SIDE = 256
SEED = 1
FIRST = "etched-grains"


def draw(link: PageLink) -> None:
    """Draw generator and micrograph side by side, their distances, and the fit."""
    st.markdown(
        "The question: does a network trained on generated images alone find boundaries in real "
        "ones? The difference between the two is the **domain gap**. Choose your own micrograph on "
        "the left and see how large it is."
    )
    opened = micrograph()
    settings = study_grains_settings.current()
    pixels = study_pixels(opened)
    try:
        # The digest first: what is kept of an image goes with it.
        key = (opened.micrograph.digest, "grain looks", opened.content, settings)
        looks, made = stores.kept(key, lambda: _looks(pixels, settings), 3_000_000)
    except LamellaError as error:
        st.warning(literal(str(error)))
        return
    _pictures(opened, pixels, made)
    _distances(looks, made, pixels, opened)
    _fit(opened, pixels, settings)
    study.go_on({"receptive_field": "Receptive field"})


def micrograph() -> Opened:
    """Return the micrograph chosen in the sidebar, generated grains to begin with."""
    if session.memory().source is None:
        session.choose(f"sample:{FIRST}")
    opened = sidebar.choose_micrograph()
    if opened is not None:
        return opened
    session.choose(f"sample:{FIRST}")
    return sidebar.choose_micrograph()


def study_pixels(opened: Opened) -> Array:
    """Return the micrograph's grey levels without its info bar."""
    shown = opened.micrograph
    return shown.pixels[shown.image_rows]


def _looks(pixels: Array, settings: GrainSettings) -> tuple[dict[str, Look], Array]:
    from core.synthesis.grains.distance import look
    from core.synthesis.grains.image import generate

    made = generate(settings, (512, 512), SEED).grey / 255
    return {"this micrograph": look(pixels), "generator": look(made)}, made


def _pictures(opened: Opened, pixels: Array, made: Array) -> None:
    from studies.grains.figures import middle_of

    size = opened.micrograph.pixel_size
    for column, image, name, nm in zip(
        st.columns(2),
        (middle_of(pixels, SIDE), middle_of(made, SIDE)),
        (opened.micrograph.name, "Generator"),
        (size.nm if size else None, None),
        strict=True,
    ):
        with column:
            viewer(
                publish.grey_image(image, name, nm),
                ViewerSettings(height=330),
                key=f"grain_{name[:9]}",
            )
            st.caption(f"{name}, middle {SIDE} px")


def _distances(looks: dict[str, Look], made: Array, pixels: Array, opened: Opened) -> None:
    from core.synthesis.grains.distance import look_distance
    from studies.grains import figures

    left, right = st.columns(2)
    with left:
        screen.chart(figures.histogram_figure(looks), "grain_histogram")
    with right:
        screen.chart(figures.spectrum_figure(looks), "grain_spectrum")
    distance = look_distance(*looks.values())
    one, two, three = st.columns(3)
    one.metric("Histogram distance", f"{distance.grey:.3f}", help="Earth mover's, grey range 1.")
    two.metric("Spectrum distance", f"{distance.spectrum:.2f} decades")
    three.metric(
        "Distance in the network",
        f"{_feature_distance(made, pixels, opened):.2f}",
        help="Frechet distance of the encoder's answers at a quarter of the resolution, a channel "
        "at a time: 0 the same, about 1 hardly any overlap.",
    )


def _feature_distance(made: Array, pixels: Array, opened: Opened) -> float:
    settings = study_grains_settings.current()
    key = (opened.micrograph.digest, "grain features", opened.content, settings)

    def compute() -> float:
        from core.synthesis.grains.distance import feature_distance
        from studies.grains.scoring import encoder_features

        engine = networks.engine("grains")
        return feature_distance([made], [pixels], lambda image: encoder_features(engine, image))

    with st.spinner("Asking the network about both images."):
        return stores.kept(key, compute)


def _fit(opened: Opened, pixels: Array, settings: GrainSettings) -> None:
    st.subheader("Bring the generator closer")
    st.markdown(
        "Contrast, gamma, blur and noise are fitted to this micrograph; the structure stays as "
        "you set it."
    )

    def work(progress: ProgressCallback) -> Fit:
        from core.synthesis.grains.distance import fit_settings

        return fit_settings(settings, pixels, progress)

    fit = background.run("grain_fit", "Fit to this micrograph", (opened.content, settings), work)
    if fit is None:
        return
    st.markdown(
        f"Histogram distance {fit.before.grey:.3f} → {fit.after.grey:.3f}, spectrum distance "
        f"{fit.before.spectrum:.2f} → {fit.after.spectrum:.2f} decades."
    )
    if fit.settings == settings:
        st.caption("The generator is as close as these four numbers bring it.")
    elif st.button("Use these settings"):
        study_grains_settings.keep(fit.settings)
        st.rerun()

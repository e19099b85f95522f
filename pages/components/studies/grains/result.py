"""The grain study, step 4: boundaries of this micrograph, its grain size, and a score."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import streamlit as st

from core.errors import LamellaError
from core.types.arrays import Array
from core.types.pixel_size import PixelSize
from core.types.progress import ProgressCallback
from pages.components.frame import session
from pages.components.frame.memory import Opened
from pages.components.frame.page_link import PageLink
from pages.components.frame.serving import publish
from pages.components.frame.words import literal
from pages.components.frame.work import background, networks
from pages.components.studies import study
from pages.components.studies.grains.question import micrograph, study_pixels
from pages.components.viewer.viewer import ViewerSettings, viewer

if TYPE_CHECKING:
    from core.segmentation.engines.engine import Engine
    from studies.grains.scoring import GrainResult


def draw(link: PageLink) -> None:
    """Draw the measured scores of the shipped network, then this micrograph."""
    from models import zoo

    card = zoo.card("grains")
    st.subheader("Measured on images with known boundaries")
    for data, scores in card.scores_by_data().items():
        st.table(
            [{"score": one.metric, "value": f"{one.value:.3f}"} for one in scores],
            border="horizontal",
        )
        st.caption(f"On {data}.")
    st.markdown(f"**Where it fails.** {card.limits}")
    st.subheader("This micrograph")
    opened = micrograph()
    engine, name = _network(link)
    try:
        reference = _reference(opened)
        found = _found(opened, engine, name, reference)
    except LamellaError as error:
        st.warning(literal(str(error)))
        return
    if found is not None:
        _show(opened, found, engine is None)
    study.go_on({"architectures": "Architectures"}, {"model": "grains", "view": "kernels"})


def _network(link: PageLink) -> tuple[Engine | None, str]:
    """Return the engine to use, None for the shipped one, and what names it."""
    trained = session.value_of("grain_trained")
    if trained is None:
        return None, "shipped"
    options = {"shipped": "Shipped", "mine": "Trained in step 3"}
    name = link.choose("Network", "network", options)
    return (trained, f"mine {id(trained)}") if name == "mine" else (None, "shipped")


def _reference(opened: Opened) -> Array | None:
    """Return the boundaries that are known: of a synthetic sample, or of an uploaded mask."""
    from studies.grains.scoring import read_boundary_mask

    if opened.truth is not None and opened.source.removeprefix("sample:") in _samples():
        return opened.truth > 0
    if opened.truth is not None:
        return None
    given = st.file_uploader(
        "A mask with the boundaries, to score against (PNG or TIFF, boundaries above 0)",
        type=["png", "tif", "tiff"],
        key=f"grain_mask_{opened.content[:12]}",
    )
    return None if given is None else read_boundary_mask(given.getvalue(), given.name)


def _samples() -> tuple[str, ...]:
    from core.synthesis.grains.samples import GRAIN_SAMPLES

    return tuple(one.name for one in GRAIN_SAMPLES)


def _found(
    opened: Opened, engine: Engine | None, name: str, reference: Array | None
) -> GrainResult | None:
    from studies.grains.scoring import without_bars

    pixels, known = study_pixels(opened), ""
    if reference is not None:
        reference = without_bars(reference, opened.micrograph)
        known = hashlib.blake2b(reference.tobytes(), digest_size=16).hexdigest()

    def work(progress: ProgressCallback) -> GrainResult:
        from studies.grains.scoring import find_grains

        chosen = engine if engine is not None else networks.engine("grains")
        return find_grains(chosen, pixels, reference)

    key = (opened.content, name, known)
    return background.run("grain_result", "Find the grains", key, work, 30_000_000)


def _show(opened: Opened, found: GrainResult, is_shipped: bool) -> None:
    from studies.grains.figures import boundary_picture

    size = opened.micrograph.pixel_size
    picture = boundary_picture(found.grey, found.lines, found.reference)
    viewer(
        publish.color_image(picture, "Grain boundaries", size.nm if size else None),
        ViewerSettings(height=560),
        key="grain_found",
    )
    legend = "Vermilion: found, as a closed network."
    if found.reference is not None:
        legend = "Vermilion: found. Blue: reference. Yellow: both."
    st.caption(legend)
    _numbers(found, size, is_shipped)


def _numbers(found: GrainResult, size: PixelSize | None, is_shipped: bool) -> None:
    from core.fields.measurands.grain_quantities import g_in_short
    from core.fields.words import interval_in_words, value_in_words
    from models import zoo
    from models.measured import measurand_errors

    columns = st.columns(4)
    mean = found.intercepts.mean_px
    if mean != mean:
        st.warning("No boundary was found, so there is no grain size to report.")
        return
    columns[0].metric("Grains (cut ones half)", f"{found.count.equivalent:g}")
    if size is None:
        columns[1].metric("Mean intercept", f"{mean:.1f} px")
        columns[2].metric("ASTM G", "not calibrated", help="Type the pixel size on the left.")
    else:
        columns[1].metric("Mean intercept", f"{mean * size.nm / 1000:.2f} µm")
        # The error of a network that was trained in step 3 is not known.
        errors = measurand_errors(zoo.card("grains")) if is_shipped else ()
        number = g_in_short(found.intercepts, size.nm, errors)
        columns[2].metric("ASTM G", value_in_words(number))
    columns[3].metric("Anisotropy, 0° by 90°", f"{found.intercepts.anisotropy:.2f}")
    if size is not None:
        why = "" if is_shipped else " from counting alone"
        st.caption(
            f"ASTM G: 95 % interval{why} {interval_in_words(number)}; after {number.method}, "
            f"{number.n:,} {number.counted}."
        )
    if found.agreement is None:
        return
    scored, columns = found.agreement, st.columns(4)
    columns[0].metric("Boundary Dice within 3 px", f"{scored.band.f1:.3f}")
    columns[1].metric("Network F1 within 3 px", f"{scored.line.f1:.3f}")
    columns[2].metric("Error of the mean intercept", f"{100 * scored.intercept_error:+.1f} %")
    columns[3].metric("Error of the count", f"{100 * scored.count_error:+.1f} %")

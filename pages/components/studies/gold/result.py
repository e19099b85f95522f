"""The gold study, step 4: particles found, their sizes, and the lattice of the one you click."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import streamlit as st

from core.types.arrays import Array
from core.types.micrograph import Micrograph
from core.types.progress import ProgressCallback
from pages.components.frame import session, sidebar
from pages.components.frame.page_link import PageLink
from pages.components.frame.serving import publish
from pages.components.frame.work import background, networks
from pages.components.studies import study
from pages.components.studies.gold import annotations as study_gold_annotations
from pages.components.studies.gold import lattice as study_gold_lattice
from pages.components.studies.gold import settings as study_gold_settings
from pages.components.studies.gold.network import CARD, TRAINED
from pages.components.viewer.viewer import Overlay, ViewerEvent, ViewerSettings, viewer

if TYPE_CHECKING:
    from core.analysis.analysis import Analysis
    from core.segmentation.engines.engine import Engine

SOURCES = {"simulated": "The image of step 1", "micrograph": "A micrograph of yours"}
FIRST = "gold-hrtem"
NEW_COLUMNS = {
    "id": "Particle",
    "equivalent_diameter_nm": "Diameter (nm)",
    "equivalent_diameter_px": "Diameter (px)",
    "true_diameter_nm": "True diameter (nm)",
    "circularity": "Circularity",
    "touches_edge": "Cut by the edge",
}


def draw(link: PageLink) -> None:
    """Draw the choice of image and network, what was found, and two annotations compared."""
    with st.container(horizontal=True):
        source = link.choose("Image", "source", SOURCES)
        engine, name = _network(link)
    shown, truth = _image(link, source)
    analysis = None
    if shown is not None:
        analysis = _analysis(shown, engine, name)
    if analysis is not None:
        _show(link, analysis, truth)
    study_gold_annotations.draw(analysis)
    study.go_on(
        {"receptive_field": "Receptive field", "skip_connections": "Skip connections"},
        {"model": CARD, "sample": FIRST, "view": "label"},
    )


def _network(link: PageLink) -> tuple[Engine | None, str]:
    """Return the engine to use, None for the shipped one, and what names it."""
    trained = session.value_of(TRAINED)
    if trained is None:
        return None, "shipped"
    options = {"shipped": "Shipped", "mine": "Trained in step 3"}
    name = link.choose("Network", "network", options)
    return (trained, f"mine {id(trained)}") if name == "mine" else (None, "shipped")


def _image(link: PageLink, source: str) -> tuple[Micrograph | None, Array | None]:
    """Return the micrograph and, where it is known, which pixels are gold (H, W)."""
    if source == "simulated":
        made = study_gold_settings.image(link)
        if made is None:
            return None, None
        st.caption(study_gold_settings.in_words(made))
        return made.micrograph(), made.labels
    if session.memory().source is None:
        session.choose(f"sample:{FIRST}")
    opened = sidebar.choose_micrograph()
    if opened is None:
        st.caption("Choose a micrograph on the left.")
        return None, None
    truth = opened.truth if opened.source == f"sample:{FIRST}" else None
    return opened.micrograph, truth


def _analysis(shown: Micrograph, engine: Engine | None, name: str) -> Analysis | None:
    def work(progress: ProgressCallback) -> Analysis:
        from core.analysis.analyse import analyse

        chosen = engine if engine is not None else networks.engine(CARD)
        return analyse(shown, chosen, progress=progress)

    key = (shown.digest, shown.pixel_size, shown.bar_rows, name)
    size = 12 * shown.shape[0] * shown.shape[1]
    return background.run("gold_result", "Find the particles", key, work, size, step="Tile")


def _show(link: PageLink, analysis: Analysis, truth: Array | None) -> None:
    session.remember("gold_shown", analysis)
    for sentence in analysis.reasons_to_doubt:
        st.warning(sentence)
    chosen = _particle(link, analysis)
    left, right = st.columns([1.35, 1], gap="medium")
    with left:
        _picture(analysis, truth, chosen, link)
    with right:
        _numbers(analysis, truth)
        _table(analysis, truth)
    if chosen is None:
        st.markdown("No particle was found, so there is no size and no lattice to report.")
    else:
        study_gold_lattice.draw(analysis, chosen)


def _particle(link: PageLink, analysis: Analysis) -> int | None:
    """Draw the choice of a particle, largest first, those that the edge cuts last."""
    table = analysis.table
    if not len(table):
        return None
    size = next(name for name in table if name.startswith("equivalent_diameter_"))
    unit = size.rpartition("_")[2]
    rows = table.sort_values(["touches_edge", size], ascending=[True, False])
    options = {
        str(row["id"]): f"Particle {row['id']}: {row[size]:.3g} {unit}"
        for _, row in rows.iterrows()
    }
    if st.query_params.get("particle") not in options:
        link.change(particle=None)
    label = "Particle (or click it in the image)"
    return int(link.choose(label, "particle", options, in_list=True))


def _picture(analysis: Analysis, truth: Array | None, chosen: int | None, link: PageLink) -> None:
    from studies.gold.figures import mask_picture

    shown = analysis.micrograph
    known = None if truth is None else truth > 0
    found = analysis.segmentation.labels == analysis.card.objects_phase
    objects = analysis.objects

    def clicked(event: ViewerEvent) -> None:
        number = int(objects[event.row, event.column])
        if number:
            link.change(particle=number)

    picture = mask_picture(shown.pixels, found, known)
    viewer(
        publish.color_image(picture, shown.name, shown.pixel_size.nm if shown.pixel_size else None),
        ViewerSettings(
            objects=_layer(objects),
            selected=chosen,
            bar_rows=shown.bar_rows,
            height=520,
        ),
        key="gold_found",
        on_click=clicked,
    )
    legend = "Yellow: found."
    if known is not None:
        legend = "Yellow: found, and it is gold. Vermilion: found, and it is carbon. Blue: missed."
    st.caption(legend)


def _layer(objects: Array) -> Overlay:
    from core.figures import encoding

    # Two networks may have one name, so the pixels name the picture.
    content = hashlib.blake2b(objects.tobytes(), digest_size=16).hexdigest()
    return publish.overlay("gold objects", content, lambda: encoding.encode_objects(objects))


def _numbers(analysis: Analysis, truth: Array | None) -> None:
    table = analysis.table
    whole = table[~table["touches_edge"]]
    size = next(name for name in table if name.startswith("equivalent_diameter_"))
    one, two, three = st.columns(3)
    one.metric("Particles, whole", f"{len(whole)}", help=f"{len(table)} with those that are cut.")
    if len(whole):
        from core.measurement.particle_size import mean_diameter

        mean, unit = mean_diameter(table), size.rpartition("_")[2]
        two.metric(
            "Mean diameter",
            f"{mean:.3g} {unit}",
            help="Of whole particles, each weighted by how often the edge spares one of its size "
            "(Miles-Lantuéjoul, ISO 13322-1).",
        )
    if truth is None:
        return
    from core.segmentation.classic import otsu
    from studies.gold.scoring import mask_dice

    found = analysis.segmentation.labels == analysis.card.objects_phase
    by_otsu = mask_dice(truth > 0, otsu(analysis.micrograph.pixels) > 0)
    three.metric(
        "Dice",
        f"{mask_dice(truth > 0, found):.3f}",
        help=f"Of this image, against its label. Otsu's threshold: {by_otsu:.3f}.",
    )


def _table(analysis: Analysis, truth: Array | None) -> None:
    table = analysis.table
    if truth is not None and analysis.micrograph.pixel_size is not None and len(table):
        from core.segmentation.objects.instances import separate_objects
        from studies.gold.scoring import sizes_beside_truth

        true_objects = separate_objects(truth, 1, analysis.object_settings)
        table = sizes_beside_truth(
            table, analysis.objects, true_objects, analysis.micrograph.pixel_size
        )
    shown = table[[name for name in NEW_COLUMNS if name in table]]
    st.dataframe(
        shown.rename(columns=NEW_COLUMNS),
        hide_index=True,
        height=300,
        column_config={
            name: st.column_config.NumberColumn(format="%.2f")
            for key, name in NEW_COLUMNS.items()
            if "diameter" in key or key == "circularity"
        },
    )
    if "true_diameter_nm" in table:
        st.caption("True: of the label's particle that shares most pixels with this one.")

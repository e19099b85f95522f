"""What a model learns from on the image itself: strokes, a mask, and the names of the phases."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import TYPE_CHECKING

import streamlit as st

from core.errors import DataError
from core.types.model_card import ModelCard
from core.types.segmentation import Phase
from core.workspace.drawings import Drawing
from pages.components.frame import keeping, session, stores
from pages.components.frame.memory import Opened
from pages.components.frame.serving import downloads, publish
from pages.components.frame.words import literal
from pages.components.frame.work import networks
from pages.components.viewer.brush import Brush
from pages.components.viewer.viewer import Overlay

if TYPE_CHECKING:
    from core.segmentation.forest.marks import Marks
    from core.segmentation.forest.strokes import Stroke

MOST_PHASES = 8
POINT_BYTES = 120
"""That a point of a stroke takes in memory: a tuple of two floats."""
DRAW = (
    "Draw a short stroke in each phase, near its boundary: pick the phase above the image, or "
    "press its number. The segmentation starts by itself."
)
DRAW_IN = "Now draw a stroke in {}; pick it above the image."
NOTHING = "Nothing annotated yet."
ANNOTATED = "Annotated: {}."


@dataclass(frozen=True, eq=False)
class Marking:
    """Marks on the image that is open. ``counts``: marked pixels above the info bar, by phase."""

    marks: Marks
    counts: dict[str, int]

    @property
    def is_ready(self) -> bool:
        """Whether there is enough to learn from."""
        return sum(count > 0 for count in self.counts.values()) > 1

    @property
    def next_step(self) -> str:
        """What to draw next, in one sentence."""
        missing = [name for name, count in self.counts.items() if not count]
        if len(missing) == len(self.counts):
            return DRAW
        return DRAW_IN.format(" or ".join(missing))


def choose(opened: Opened, card: ModelCard) -> tuple[ModelCard, Marking | None]:
    """Draw the controls of marks in the sidebar for a model that needs them.

    Returns the card with the user's phases, and the marks; None for any other model.
    """
    if not card.needs_marks:
        return card, None
    from core.segmentation.forest.marks import named_phases

    networks.warm_up(card.name)
    keeping.restore_drawing(session.memory(), opened.source, opened.micrograph.digest)
    phases = named_phases(session.memory().phase_names)
    found = _marking(opened, phases)
    with st.sidebar:
        st.subheader("Annotations")
        parts = [f"{count:,} px of {name}" for name, count in found.counts.items() if count]
        st.caption(ANNOTATED.format(", ".join(parts)) if parts else NOTHING)
        if found.is_ready:
            st.caption(
                "If a region is wrong, add a stroke there; the view Uncertainty shows where one "
                "helps most."
            )
        with st.container(horizontal=True):
            _example(opened, len(phases))
            if parts:
                _download(opened, phases)
        with st.expander("Phases and mask"):
            _names(opened, phases)
            _mask(opened)
        if session.memory().marks_notice:
            st.warning(literal(session.memory().marks_notice))
    return replace(card, phases=phases), found


def drawn_on(digest: str) -> Drawing:
    """Return what was marked on the image of this digest."""
    return session.memory().drawn.get(digest, Drawing())


def draw_on(digest: str, **values: object) -> None:
    """Change what is marked: fields of :class:`Drawing`."""
    mine = session.memory()
    mine.drawn[digest] = replace(drawn_on(digest), **values)
    keeping.save_drawing(mine, digest)


def brush(opened: Opened, marking: Marking | None) -> Brush | None:
    """Return the brush for the viewer; None for a model without marks."""
    if marking is None:
        return None
    digest = opened.micrograph.digest
    drawn = drawn_on(digest)

    def take(strokes: tuple[Stroke, ...], revision: int) -> None:
        # Strokes that began before an example or a mask came would take it away again.
        if revision >= drawn_on(digest).revision:
            draw_on(digest, strokes=strokes, revision=revision)
            session.memory().marks_notice = ""

    return Brush(marking.marks.phases, drawn.strokes, drawn.revision, take)


def mask_overlay(opened: Opened, marking: Marking | None) -> Overlay | None:
    """Return an uploaded mask as an overlay; None where there is none."""
    drawn = drawn_on(opened.micrograph.digest)
    if marking is None or not drawn.mask:
        return None
    from core.figures import encoding

    phases = (Phase("unlabelled", "#000000"), *marking.marks.phases)
    values = marking.marks.values
    return publish.overlay(
        "marks", marking.marks.digest, lambda: encoding.encode_labels(values, phases), "Annotations"
    )


def _marking(opened: Opened, phases: tuple[Phase, ...]) -> Marking:
    shown = opened.micrograph
    marks = _marks(shown.digest, shown.shape, drawn_on(shown.digest), phases)
    return Marking(marks, marks.pixels_of_phases(shown.image_rows))


def _marks(digest: str, shape: tuple[int, int], drawn: Drawing, phases: tuple[Phase, ...]) -> Marks:
    from core.segmentation.forest.marks import marks_of, read_marks
    from core.segmentation.forest.strokes import draw_strokes

    key = (digest, drawn.strokes, drawn.mask, *(phase.name for phase in phases))
    marks = stores.marks().get(key)
    if marks is None:
        below = read_marks(drawn.mask, "in memory", shape) if drawn.mask else None
        marks = marks_of(draw_strokes(drawn.strokes, shape, below), phases)
        stores.marks().put(key, marks, marks.values.nbytes)
    return marks


def _example(opened: Opened, phases: int) -> None:
    if opened.truth is None:
        return

    def show() -> None:
        from core.segmentation.forest.example_strokes import example_strokes

        drawn = drawn_on(opened.micrograph.digest)
        strokes = example_strokes(opened.truth, phases)
        draw_on(opened.micrograph.digest, strokes=strokes, mask=b"", revision=drawn.revision + 1)

    st.button(
        "Show example strokes",
        key="marks-example",
        on_click=show,
        help="Two strokes per phase, taken from the ground truth.",
    )


def _download(opened: Opened, phases: tuple[Phase, ...]) -> None:
    from core.export.archive import safe_stem
    from core.segmentation.forest.marks import mask_png

    digest, shape = opened.micrograph.digest, opened.micrograph.shape
    drawn = drawn_on(digest)
    downloads.button(
        "Download annotations",
        ("marks", digest),
        f"{safe_stem(PurePath(opened.micrograph.name).stem)}.marks.png",
        lambda: mask_png(_marks(digest, shape, drawn, phases).values),
        key="marks-download",
        held_bytes=len(drawn.mask) + POINT_BYTES * sum(len(one.points) for one in drawn.strokes),
        help="A mask to load again later, or for `lamella segment --marks`.",
    )


def _names(opened: Opened, phases: tuple[Phase, ...]) -> None:
    mine, digest = session.memory(), opened.micrograph.digest

    def put(names: tuple[str, ...]) -> None:
        from core.segmentation.forest.marks import named_phases

        try:
            mine.phase_names = tuple(phase.name for phase in named_phases(names))
            mine.marks_notice = ""
            if digest in mine.drawn:
                keeping.save_drawing(mine, digest)
        except DataError as error:
            mine.marks_notice = str(error)

    def rename(index: int, key: str) -> None:
        put((*mine.phase_names[:index], session.value_of(key), *mine.phase_names[index + 1 :]))

    def remove() -> None:
        put(mine.phase_names[:-1])
        for other, drawn in mine.drawn.items():
            kept = tuple(one for one in drawn.strokes if one.phase < len(mine.phase_names))
            draw_on(other, strokes=kept, revision=drawn.revision + 1)

    for index, phase in enumerate(phases):
        key = session.control(f"phase-name-{index}", phase.name)
        st.text_input(
            f"Phase {index + 1}", key=key, max_chars=40, on_change=rename, args=(index, key)
        )
    with st.container(horizontal=True):
        if len(phases) < MOST_PHASES:
            st.button(
                "Add a phase",
                key="phase-add",
                on_click=put,
                args=((*mine.phase_names, _unused(phases)),),
            )
        if len(phases) > 2 and not drawn_on(digest).mask:
            st.button("Remove the last phase", key="phase-remove", on_click=remove)


def _unused(phases: tuple[Phase, ...]) -> str:
    names = {phase.name for phase in phases}
    return next(name for n in range(len(phases) + 1, 99) if (name := f"phase {n}") not in names)


def _mask(opened: Opened) -> None:
    mine, digest = session.memory(), opened.micrograph.digest
    drawn = drawn_on(digest)
    key = f"mask-{digest[:16]}-{drawn.revision}"

    def take() -> None:
        from core.segmentation.forest.marks import read_marks

        file = session.value_of(key)
        if file is None:
            return
        try:
            values = read_marks(file.getvalue(), file.name, opened.micrograph.shape)
        except DataError as error:
            mine.marks_notice = str(error)
            return
        mine.marks_notice = ""
        missing = range(len(mine.phase_names) + 1, int(values.max()) + 1)
        mine.phase_names += tuple(f"phase {number}" for number in missing)
        draw_on(digest, mask=file.getvalue(), revision=drawn.revision + 1)

    def drop() -> None:
        draw_on(digest, mask=b"", revision=drawn.revision + 1)

    st.file_uploader(
        "Annotation mask, under the strokes",
        type=["png", "tif", "tiff"],
        key=key,
        on_change=take,
        help="Same size as the image; 0 = unlabelled, 1 = first phase, 2 = second.",
    )
    if drawn.mask:
        st.button("Remove the mask", key="mask-remove", on_click=drop)

"""Which network looks at which field of which micrograph, and what is kept of it."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import streamlit as st

# With pandas, and before any figure: plotly stumbles over a pandas that another session's job is
# importing at the same moment.
from core.analysis.analysis import Analysis
from core.errors import LamellaError
from core.image_size import width_x_height
from core.inspection.layers.layer import FeatureMaps
from core.palette import phase_color
from core.types.segmentation import Phase
from pages.components.frame import session, stores
from pages.components.frame.memory import Opened
from pages.components.frame.stores import Key
from pages.components.frame.work import networks
from pages.components.inspect import image_classifiers
from pages.components.inspect.link import LINK, Request

if TYPE_CHECKING:
    from core.inspection.layers.layers import LayerTable
    from core.inspection.subject import Subject
    from core.segmentation.preprocessing import ImageField
    from core.types.micrograph import Micrograph

Value = TypeVar("Value")
SIDE = 512
# The field moves in steps, so that a click nearby finds everything still there; its middle is at
# most half a step from the pixel.
STEP = 64
# A network for 32 px sees 256 px of the micrograph, shrunk: 32 px would hold no structure.
FIXED_SHRINK = 8
INSPECTED = "inspected-image"
SUBJECT_BYTES = 12_000_000
# The weights once more, with their normalizations folded in.
PREPARED_BYTES = 50_000_000
UNTRAINED = (
    "{} is untrained: its weights are random. It shows only the architecture and its receptive "
    "fields."
)


@dataclass(frozen=True, eq=False)
class Inspected:
    """A network before a field. ``pixel``: (row, column) of the micrograph, inside the field.

    ``phases``: with their colours. ``classes``: their names, then those of the network's further
    outputs. ``analysis``: of the micrograph by the chosen zoo model, where one is kept.
    ``frozen``: beginnings of the names of layers that its training left as they were.
    """

    title: str
    is_trained: bool
    phases: tuple[Phase, ...]
    classes: tuple[str, ...]
    subject: Subject
    opened: Opened
    request: Request
    pixel: tuple[int, int]
    analysis: Analysis | None
    frozen: tuple[str, ...] = ()

    @property
    def network_pixel(self) -> tuple[int, int]:
        """The pixel as the network sees it."""
        return self.subject.field.to_network(*self.pixel)

    @property
    def px_per_network_px(self) -> float:
        """Side of a pixel of the network in pixels of the micrograph."""
        return self.subject.field.box.size[0] / self.subject.field.shape[0]

    @property
    def cut(self) -> str:
        """What the network sees of the micrograph, in one sentence; empty when it is all."""
        field = self.subject.field
        if field.box.size == field.shape:
            return field.note
        box = field.box
        return (
            f"Inspecting rows {box.top} to {box.bottom - 1} and columns {box.left} to "
            f"{box.right - 1}: {width_x_height(box.size, '×')} px, resampled to the "
            f"{width_x_height(field.shape, '×')} px that the network takes."
        )

    def length(self, px: float) -> str:
        """Return a length in micrograph pixels in px and, when calibrated, in nm."""
        size = self.opened.micrograph.pixel_size
        text = f"{px:.0f} px" if px >= 100 or px == int(px) else f"{px:.1f} px"
        return text if size is None else f"{text} = {px * size.nm:.4g} nm"


def look(opened: Opened, name: str, request: Request, analysis: Analysis | None) -> Inspected:
    """Return the network before the field around the link's pixel.

    Raises:
        LamellaError: an image smaller than the network's stride, or weights that are damaged.
    """
    from models import zoo
    from models.architectures import ARCHITECTURES

    pixel, other = _inside(opened, request.pixel), image_classifiers.by_name().get(name)
    if other is not None:
        card, title, is_trained = None, other.title, True
    elif name in ARCHITECTURES:
        card, title, is_trained = None, ARCHITECTURES[name].title, False
    else:
        card = session.models()[name]
        title, is_trained = card.title, card.weights is not None
    scale = analysis.segmentation.execution.scale if analysis else None
    subject = _subject(opened, name, pixel, scale)
    phases = card.phases if card else other.phases if other else _unnamed(subject)
    return Inspected(
        title=title,
        is_trained=is_trained,
        phases=phases,
        classes=card.outputs if card else tuple(phase.name for phase in phases),
        subject=subject,
        opened=opened,
        request=request,
        pixel=pixel,
        analysis=analysis,
        frozen=zoo.recipe(name).frozen if card and is_trained and name in zoo.CARDS else (),
    )


def introduce(inspected: Inspected) -> None:
    """Say it where what is shown was never learned."""
    if not inspected.is_trained:
        st.warning(
            UNTRAINED.format(inspected.title),
            icon=":material/shuffle:",
        )


def kept(
    subject: Subject,
    *asked: Hashable,
    make: Callable[[], Value],
    words: str = "Running the network.",
    size_bytes: int = 2_000_000,
) -> Value:
    """Return what ``make`` finds out about a subject, from the store where it is there.

    ``asked``: names the question. ``words``: shown while a longer answer takes.
    """
    key = (subject.digest, subject.model, subject.field, *asked)
    found = held(key)
    if found is None:
        with st.spinner(words):
            found = hold(key, make(), size_bytes)
    return found


def held(key: Key) -> Any:
    """Return what is kept under a key, or None."""
    return stores.inspections().get(key)


def hold(key: Key, found: Value, size_bytes: int = 2_000_000) -> Value:
    """Keep and return ``found``."""
    stores.inspections().put(key, found, size_bytes)
    return found


def feature_maps(subject: Subject, layer: str) -> FeatureMaps:
    """Return a layer's activations; the network runs only when they are not kept."""
    with st.spinner("Running the network on the field."):
        return stores.activations().feature_maps(subject, layer)


def table(subject: Subject) -> LayerTable:
    """Return the layer table, without run times."""
    from core.inspection.layers.layers import layer_table

    # It depends on the network and the size of the field, not on where the field lies.
    key = ("table", subject.model, subject.shape)
    return held(key) or hold(key, layer_table(subject.trace))


def untrained_twin(subject: Subject) -> Subject:
    """Return the same field before the same network with random weights."""
    return kept(subject, "twin", make=subject.with_random_weights, size_bytes=60_000_000)


def _unnamed(subject: Subject) -> tuple[Phase, ...]:
    """Return a name and a colour for each class of a network that nobody trained."""
    count = max(2, subject.trace.values[subject.trace.output].shape[1])
    return tuple(Phase(f"class {index}", phase_color(index)) for index in range(count))


def _inside(opened: Opened, pixel: tuple[int, int] | None) -> tuple[int, int]:
    """Return the pixel, or the image's middle where there is none or it lies outside."""
    from core.inspection.receptive_field.receptive_field import check_inside

    before, shown = session.value_of(INSPECTED), opened.micrograph.digest
    session.remember(INSPECTED, shown)
    height, width = opened.micrograph.shape
    height -= opened.micrograph.info_bar_rows
    if pixel is not None:
        try:
            check_inside(*pixel, height, width)
        except LamellaError as error:
            if before in (None, shown):
                LINK.refuse(str(error), "row", "column")
            else:
                # A place in another image, that nobody asked for in this one.
                LINK.change(row=None, column=None)
        else:
            return pixel
    return height // 2, width // 2


def _subject(
    opened: Opened, name: str, pixel: tuple[int, int], scale: float | None = None
) -> Subject:
    from core.inspection.subject import Expected, open_subject
    from models.architectures import ARCHITECTURES

    shown = opened.micrograph
    # The info bar takes part in the contrast, so it takes part in the name.
    shown = replace(shown, digest=f"{shown.digest} {shown.bar_rows}")
    lock, centre = None, _centre(pixel, shown.shape, shown.bar_rows)
    with st.spinner("Loading the network."):
        card = session.models().get(name)
        if card is None:
            if name in ARCHITECTURES:
                network, model = networks.untrained(name), f"{name} untrained"
                expected = Expected(side=ARCHITECTURES[name].side)
            else:
                network, model = image_classifiers.network(name), name
                other = image_classifiers.by_name()[name]
                expected = Expected(other.mean, other.std, side=other.fixed_side)
            if (side := expected.side) is not None:
                bars = shown.top_bar_rows + shown.info_bar_rows
                covered = _covered(side, shown.shape, bars)
                # A hair more, so that rounding cannot leave it a pixel short.
                expected = replace(expected, tta_scale=side / covered * (1 + 1e-9))
        else:
            engine = networks.of_owner(name, session.owner())
            network, lock = engine.network, engine.lock
            model = f"{name} {card.weights.sha256 if card.weights else 'untrained'}"
            expected = Expected.of(card, scale)
    key = ("subject", shown.digest, shown.pixel_size, model, expected, centre)
    found: Subject | None = held(key)
    if found is None or found.network is not network:
        prepared = held(("prepared", model, expected))
        seen = _seen(shown, expected.pixel_size_nm)
        found = open_subject(shown, network, expected, model, centre, SIDE, lock, prepared, seen)
        hold(key, found, SUBJECT_BYTES)
        hold(("prepared", model, expected), found.prepared, PREPARED_BYTES)
    return found


def _seen(shown: Micrograph, expected_nm: float | None) -> ImageField:
    """Return the grey levels that a network sees of the whole image, found once for all fields."""
    from core.segmentation.preprocessing import image_field

    key = ("seen", shown.digest, shown.pixel_size, expected_nm)
    found = held(key)
    if found is None:
        found = image_field(shown, expected_nm)
        hold(key, found, found.grey.nbytes)
    return found


def _covered(side: int, shape: tuple[int, int], bar: int) -> int:
    """Return how many px of the micrograph a network of fixed ``side`` is shown at once."""
    return max(side, min(SIDE, FIXED_SHRINK * side, shape[0] - bar, shape[1]))


def _centre(
    pixel: tuple[int, int], shape: tuple[int, int], bars: tuple[int, int]
) -> tuple[int, int]:
    """Return the multiple of STEP nearest to ``pixel``, inside the image between its info bars."""
    lowest, highest = (bars[0], 0), (shape[0] - bars[1] - 1, shape[1] - 1)
    row, column = (
        max(low, min(round(at / STEP) * STEP, high))
        for at, low, high in zip(pixel, lowest, highest, strict=True)
    )
    return row, column

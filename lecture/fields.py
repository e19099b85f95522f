"""Parts 5 and 6 of the lecture: receptive fields, and features from edges to objects."""

from __future__ import annotations

from collections.abc import Callable

import plotly.graph_objects as go

from core.concepts.picture import busiest
from core.concepts.receptive_fields.receptive_cone import cone
from core.concepts.receptive_fields.stack_builder import (
    field_rows,
    parse_stack,
    trace_spatial,
    trace_stack,
)
from core.concepts.receptive_fields.structure_size import structure_size
from core.figures.inspection.feature_maps import hierarchy_figure
from core.figures.lecture.pictures import Frame, Shown, beside, pictures
from core.figures.networks.receptive_fields import cone_figure
from core.inspection.feature_maps import record_feature_maps
from core.inspection.layers.depths import first_middle_deepest, layers_with_maps
from core.inspection.layers.layers import layer_table
from core.inspection.receptive_field.receptive_field import field_sizes
from core.inspection.subject import Expected, open_subject
from core.palette import OKABE_ITO
from lecture import probes
from lecture.step import Part, Question, Step, Subject

CROP = 48
STACK = ("conv 3", "conv 3", "pool 2", "conv 3", "conv 3", "pool 2", "conv 3")
NETWORKS = ("lenet5", "alexnet", "resnet18", "unet-resnet18")
COLORS = (OKABE_ITO[6], OKABE_ITO[1], OKABE_ITO[4], OKABE_ITO[5])
WHOLE, TRACED = 1024, 1024
MODEL, CHANNELS = "particles", 6
DEPTHS = ("First layer", "Middle layer", "Deepest layer")


def _grown(layers: int, is_compared: bool = False) -> Callable[[Subject], go.Figure]:
    """Return what draws a stack's field; ``is_compared``: beside the size of a structure."""

    def draw(subject: Subject) -> go.Figure:
        whole = subject.middle()
        image = whole[busiest(whole, CROP)]
        trace = trace_stack(parse_stack(", ".join(STACK[:layers])), (CROP, CROP))
        rows = field_rows(trace)
        size = rows[-1].largest[0]
        top, left = ((length - size) / 2 for length in image.shape)
        title = f"Sees {size} × {size} px" + (
            f" = {size * subject.nm:.3g} × {size * subject.nm:.3g} nm" if subject.nm else ""
        )
        if is_compared:
            px = structure_size(subject.micrograph.pixels, subject.truth).px
            title = f"Sees {subject.length(size)}; a structure: {subject.length(round(px))}"
        levels = cone(trace, rows, rows[-1].units[1] // 2)
        figure = cone_figure(levels)
        figure.layout.xaxis.update(range=[CROP / 2 - 17, CROP / 2 + 17])
        figure.layout.margin.update(l=10, b=60)
        return beside(Shown(image, title, (Frame(top, left, size, size),)), figure)

    return draw


def _networks(subject: Subject) -> go.Figure:
    from models.architectures import ARCHITECTURES

    image = subject.middle(WHOLE)
    frames = []
    for name, color in zip(NETWORKS, COLORS, strict=True):
        card = ARCHITECTURES[name]
        trace = trace_spatial(card.build, card.channels, (TRACED, TRACED), card.multiple)
        size = max(row.largest[0] for row in field_rows(trace))
        top, left = ((length - size) / 2 for length in image.shape)
        frames.append(
            Frame(
                top,
                left,
                size,
                size,
                f"{card.title.partition(' (')[0]}: {subject.length(size)}",
                color,
            )
        )
    return pictures([Shown(image, "", tuple(sorted(frames, key=lambda one: -one.height)))])


def _hierarchy(subject: Subject) -> go.Figure:
    from models import zoo

    card = zoo.card(MODEL)
    engine = subject.engine(MODEL)
    height, width = subject.micrograph.shape
    seen = open_subject(
        subject.micrograph,
        engine.network,
        Expected.of(card),
        MODEL,
        (height // 2, width // 2),
        256,
        engine.lock,
    )
    names = first_middle_deepest(layers_with_maps(layer_table(seen.trace)))
    maps = record_feature_maps(seen, names)
    sizes = [field_sizes(seen.trace, name) for name in names]
    per_px = seen.field.box.size[0] / seen.field.shape[0]
    figure = hierarchy_figure(maps, sizes, subject.micrograph.pixel_size, CHANNELS, per_px)
    for name, title in zip(names, DEPTHS, strict=False):
        figure.for_each_annotation(
            lambda note, name=name, title=title: note.update(text=note.text.replace(name, title))
        )
    return figure


FIELDS = Part(
    "Receptive field",
    (
        Step(
            "field-1",
            "What can one unit see? With a 3 × 3 kernel, 3 pixels",
            "The receptive field is the part of the image that can affect a unit's value. After "
            "one convolution it is as large as the kernel.",
            _grown(1),
            "receptive-field",
            {"layers": "conv 3"},
        ),
        Step(
            "field-2",
            "A second convolution: 5 pixels",
            "Each further 3 × 3 convolution adds two pixels. Two of them see as much as one 5 × 5 "
            "convolution, with 18 weights instead of 25.",
            _grown(2),
            "receptive-field",
            {"layers": "conv 3, conv 3"},
        ),
        Step(
            "field-3",
            "Pooling doubles the step",
            "Pooling itself adds only one pixel, but from here on neighbouring units lie two "
            "pixels apart, so every later kernel reaches twice as far.",
            _grown(3),
            "receptive-field",
            {"layers": "conv 3, conv 3, pool 2"},
        ),
        Step(
            "field-5",
            "Two more convolutions: 14 pixels",
            "After pooling, each 3 × 3 convolution adds four pixels: 6, 10, 14. Depth and pooling "
            "together make the field grow fast.",
            _grown(5),
            "receptive-field",
            {"layers": "conv 3, conv 3, pool 2, conv 3, conv 3"},
        ),
        Step(
            "field-7",
            "Pool and convolve once more: 24 pixels",
            "A unit can only recognize what fits into its receptive field. Compare the box with "
            "the structures in the micrograph, not with the number of layers.",
            _grown(7, is_compared=True),
            "receptive-field",
            {"layers": "conv 3, conv 3, pool 2, conv 3, conv 3, pool 2, conv 3"},
        ),
        Step(
            "field-networks",
            "How much of this micrograph do the classic networks see?",
            "The largest receptive field of any unit, before dense layers or global pooling see "
            "everything. Most of the influence comes from near the centre.",
            _networks,
            "receptive-field",
            {"field_network": "resnet18"},
        ),
        Step(
            "predict-field",
            "Predict: small kernels in a row",
            "Each adds 2 pixels: 3, 5, 7. Together they have 27 weights instead of 49, and two "
            "more nonlinearities: the idea behind VGG.",
            None,
            "receptive-field",
            question=Question(
                "How many 3 × 3 convolutions in a row see as much as one 7 × 7 convolution?",
                ("2", "3", "4", "5"),
                1,
            ),
        ),
    ),
)
HIERARCHY = Part(
    "Hierarchy",
    (
        Step(
            "hierarchy",
            "From fine to coarse: three depths of a trained network",
            "Deeper maps are coarser, and each of their pixels sees more of the micrograph. A map "
            "shows where its channel responds.",
            _hierarchy,
            "inspect",
            {"view": "maps", "model": MODEL},
        ),
        probes.STEP,
    ),
)

"""Receptive field: what the unit over a pixel can see, and what it uses of it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from core.errors import LamellaError
from pages.components.frame import session
from pages.components.frame.work import background
from pages.components.frame.work.one_thread import in_turn
from pages.components.inspect import choices as inspect_choices
from pages.components.inspect import colors as inspect_colors
from pages.components.inspect import layers as inspect_layers
from pages.components.inspect import stage as inspect_stage
from pages.components.inspect import subject as inspect_subject
from pages.components.inspect.link import LINK
from pages.components.inspect.subject import Inspected

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.figures.encoding import IndexedImage
    from core.inspection.receptive_field.effective_field import EffectiveField
    from core.inspection.receptive_field.receptive_field import UnitField
    from core.inspection.subject import Subject
    from core.types.progress import ProgressCallback

HEATS = {"trained": "Trained", "random": "Random weights", "none": "None"}
THEORETICAL = "Theoretical field, side"
RADIUS = "Radius that holds 95 %, {}"
SHORT_SIGHTED = (
    "The mean {} is larger than this receptive field: the unit never sees a whole outline."
)
NO_OBJECT = "No whole {} counts on this image, so there is no diameter to compare the field with."
POSITIONS = {"1": "This pixel", "9": "9 positions", "25": "25 positions", "100": "100 positions"}
AVERAGE_BYTES = 9_000_000


def draw(inspected: Inspected) -> None:
    """Draw the view."""
    from core.inspection.receptive_field.receptive_field import receptive_field, unit_at_pixel

    with inspect_stage.beside() as place:
        layer = inspect_layers.choose_or_output(inspected)
        inspect_stage.pixel_inputs(inspected)
        trace = inspected.subject.trace
        unit = receptive_field(trace, layer, *unit_at_pixel(trace, layer, *inspected.network_pixel))
        heats = dict(HEATS) if inspected.is_trained else {"random": "Untrained", "none": "None"}
        st.markdown("**Effective field**")
        shown = LINK.choose(
            "Effective field", "show", heats, next(iter(heats)), label_visibility="collapsed"
        )
        many = _positions(inspected, layer)
        if many == 1:
            fields = _effective(inspected, layer, shown)
        else:
            fields = _average(inspected, layer, many)
        objects = mean_diameter(inspected)
        _sentence(inspected, unit, fields, objects)
        _numbers(inspected, unit, fields, objects)
        st.caption(_explanation(many))
        scale = inspect_colors.choose(is_signed=False) if shown in fields else None
    overlay = None
    if scale is not None:
        overlay = inspect_stage.overlay(
            inspected,
            lambda: _heat(fields[shown], scale.plotly),
            "Effective field",
            *("effective", layer, inspected.network_pixel, shown, many, scale.plotly),
        )
    label = inspected.length(unit.box.size[0] * inspected.px_per_network_px)
    box = inspect_stage.box_of(inspected, unit.box, label)
    inspect_stage.show(
        inspected, place, overlay, (box,), caption="Click a pixel to see its receptive field."
    )


def _positions(inspected: Inspected, layer: str | None) -> int:
    """Draw over how many positions the effective field is averaged, and return it."""
    trace = inspected.subject.trace
    shape = trace.values[trace.value_of(layer)].shape
    if len(shape) < 4 or max(shape[2:]) == 1:
        # One unit sees the whole field; there is nothing to average over.
        return 1
    return int(LINK.choose("Averaged over", "positions", POSITIONS, "1", in_list=True))


def _explanation(many: int) -> str:
    average = (
        f" It is averaged over {many} pixels in the central half of the field of view and centred "
        "on the chosen one."
    )
    return (
        "No pixel outside the theoretical field can change this unit. The effective field is the "
        "absolute gradient of its largest activation with respect to the input; the circle holds "
        f"95 % of it.{average if many > 1 else ''}"
    )


def _subjects(inspected: Inspected) -> dict[str, Callable[[], Subject]]:
    """Return what makes the network by kind of weights: as it is, and as before training."""
    subject = inspected.subject
    if not inspected.is_trained:
        return {"random": lambda: subject}
    return {
        "trained": lambda: subject,
        "random": lambda: inspect_subject.untrained_twin(subject),
    }


def _effective(inspected: Inspected, layer: str | None, shown: str) -> dict[str, EffectiveField]:
    """Return the effective fields by kind of weights; a sentence where a unit has none.

    A gradient takes a second or two, so random weights wait until they are asked for; from then on
    they stand beside the trained ones.
    """
    from core.inspection.receptive_field.effective_field import effective_field

    subject, pixel, found = inspected.subject, inspected.network_pixel, {}
    wanted = {"trained": ("trained",), "random": ("trained", "random")}.get(shown, ())
    for name, network in _subjects(inspected).items():
        asked = "effective", layer, pixel, name
        key = subject.digest, subject.model, subject.field, *asked
        if name not in wanted and inspect_subject.held(key) is None:
            continue
        try:
            found[name] = inspect_subject.kept(
                subject,
                *asked,
                make=lambda network=network: in_turn(
                    partial(effective_field, network(), [pixel], layer=layer)
                ),
                words="Computing the gradient.",
            )
        except LamellaError as error:
            st.caption(f"{HEATS[name]}: {error}")
    return found


def _average(inspected: Inspected, layer: str | None, many: int) -> dict[str, EffectiveField]:
    """Return the averages over many positions by kind of weights, none before they are made."""
    from core.inspection.receptive_field.effective_field import (
        effective_field,
        grid_of_pixels,
        laid_over,
    )

    subject, kinds = inspected.subject, list(_subjects(inspected))
    pixels = grid_of_pixels(subject.shape, round(many**0.5))

    def work(progress: ProgressCallback) -> dict[str, EffectiveField]:
        found = {}
        for turn, name in enumerate(kinds):
            # Not the twin that is kept: work in the background may not draw its spinner.
            is_twin = name == "random" and inspected.is_trained
            found[name] = effective_field(
                subject.with_random_weights() if is_twin else subject,
                pixels,
                layer=layer,
                on_progress=lambda done, total, turn=turn: progress(
                    turn * total + done, len(kinds) * total
                ),
            )
        return found

    key = (subject.digest, subject.model, subject.field, layer, many)
    found = background.run(
        "positions",
        f"Average over {many} positions",
        key,
        work,
        size_bytes=len(kinds) * AVERAGE_BYTES,
        step="Gradient",
    )
    row, column = inspected.network_pixel
    return {
        name: laid_over(average, row, column, subject.shape)
        for name, average in (found or {}).items()
    }


def _heat(field: EffectiveField, scale: str) -> IndexedImage:
    from core.figures.inspection.overlays import heat_overlay
    from core.figures.inspection.rings import with_ring

    # A few pixels outweigh the rest by thousands; the root lets the tails be seen.
    heat = heat_overlay(field.heat**0.5, 0.9, scale)
    return with_ring(heat, field.centre, field.radius_95_px)


def mean_diameter(inspected: Inspected) -> tuple[float, str] | None:
    """Return the mean diameter in px, corrected for objects that the edge cuts, and their name."""
    analysis = inspected.analysis
    if analysis is None or analysis.card.objects_phase is None:
        return None
    from core.measurement.particle_size import mean_diameter as edge_corrected

    if analysis.table["touches_edge"].all():
        return None
    size = analysis.segmentation.pixel_size
    name = analysis.card.phases[analysis.card.objects_phase].name
    return edge_corrected(analysis.table) / (size.nm if size else 1.0), name


def _sentence(
    inspected: Inspected,
    unit: UnitField,
    fields: dict[str, EffectiveField],
    objects: tuple[float, str] | None,
) -> None:
    """Say how many objects lie across the field, or why that cannot be said."""
    if objects is None:
        _no_objects(inspected)
        return
    diameter, name = objects
    side = max(unit.box.size) * inspected.px_per_network_px
    who = (
        "The network"
        if unit.layer is None
        else f"A unit of {inspect_layers.title(inspected, unit.layer)}"
    )
    text = f"{who} sees {side / diameter:.1f} {name} diameters"
    used = fields.get("trained")
    if used is not None:
        across = 2 * used.radius_95_px * inspected.px_per_network_px
        text += f" and uses {across / diameter:.1f} of them"
    st.markdown(f"#### {text}.")
    if side < diameter:
        st.markdown(SHORT_SIGHTED.format(name))


def _no_objects(inspected: Inspected) -> None:
    card = session.network_model()
    if card.objects_phase is None or not inspect_choices.has_phases(inspected.opened):
        return
    name = card.phases[card.objects_phase].name
    if inspected.analysis is None:
        if card.weights is not None:
            st.caption(f"Segment the image to express the field in {name} diameters.")
        return
    st.caption(NO_OBJECT.format(name))


def _numbers(
    inspected: Inspected,
    unit: UnitField,
    fields: dict[str, EffectiveField],
    objects: tuple[float, str] | None,
) -> None:
    scale = inspected.px_per_network_px
    rows, columns = (length * scale for length in unit.box.size)
    size = inspected.length(rows)
    if rows != columns:
        size = f"{inspected.length(rows)} high, {inspected.length(columns)} wide"
    numbers = {THEORETICAL: size}
    if unit.sees_everything:
        numbers["Covers"] = "the whole field of view"
    for name, field in fields.items():
        words = {"trained": "trained", "random": "random weights"}[name]
        radius = inspected.length(field.radius_95_px * scale)
        numbers[RADIUS.format(words)] = radius
    if objects is not None:
        numbers[f"Mean {objects[1]} diameter"] = inspected.length(objects[0])
    st.table(numbers, border="horizontal", alt="Sizes of the receptive field")

"""Receptive field: what the unit over a pixel can see, and what it uses of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from core.errors import LamellaError
from pages.components import inspect_layers, inspect_link, inspect_stage, inspect_subject
from pages.components.inspect_subject import Inspected

if TYPE_CHECKING:
    from core.inspection.effective_field import EffectiveField
    from core.inspection.subject import Subject

HEATS = {"trained": "Trained", "random": "Random weights", "none": "None"}


def draw(inspected: Inspected) -> None:
    """Draw the view."""
    from core.inspection.receptive_field import receptive_field, unit_at_pixel

    with inspect_stage.beside() as place:
        layer = inspect_layers.choose_or_output(inspected)
        inspect_stage.pixel_inputs(inspected)
        trace = inspected.subject.trace
        unit = receptive_field(trace, layer, *unit_at_pixel(trace, layer, *inspected.network_pixel))
        heats = dict(HEATS) if inspected.is_trained else {"random": "Untrained", "none": "None"}
        st.markdown("**Effective field**")
        shown = inspect_link.chooser("Effective field", "show", heats, next(iter(heats)))
        fields = _effective(inspected, layer)
        _sentence(inspected, unit, fields)
        _numbers(inspected, unit, fields)
        st.caption(
            "The theoretical field is the box outside of which no pixel can change this unit by a "
            "single bit. The effective field is the absolute gradient of its strongest value; the "
            "circle holds 95 % of it."
        )
    overlay = None
    if shown in fields:
        overlay = inspect_stage.overlay(
            inspected,
            lambda: _heat(fields[shown]),
            "Effective field",
            "effective",
            layer,
            inspected.network_pixel,
            shown,
        )
    label = inspected.length(unit.box.size[0] * inspected.px_per_network_px)
    box = inspect_stage.box_of(inspected, unit.box, label)
    inspect_stage.show(
        inspected, place, overlay, (box,), caption="Click any pixel to see what decides about it."
    )


def _effective(inspected: Inspected, layer: str | None) -> dict[str, EffectiveField]:
    """Return the effective fields by kind of weights; a sentence where a unit has none."""
    subjects: dict[str, Subject] = {}
    if inspected.is_trained:
        subjects["trained"] = inspected.subject
        subjects["random"] = inspect_subject.untrained_twin(inspected.subject)
    else:
        subjects["random"] = inspected.subject
    found = {}
    for name, subject in subjects.items():
        try:
            found[name] = _one(subject, inspected.network_pixel, layer)
        except LamellaError as error:
            st.caption(f"{HEATS[name]}: {error}")
    return found


def _one(subject: Subject, pixel: tuple[int, int], layer: str | None) -> EffectiveField:
    from core.inspection.effective_field import effective_field

    return inspect_subject.kept(
        subject,
        "effective",
        layer,
        pixel,
        make=lambda: effective_field(subject, [pixel], layer=layer),
        words="Following the gradient back to the image.",
    )


def _heat(field: EffectiveField) -> Any:
    from core.figures.inspection_overlays import heat_overlay
    from core.figures.inspection_rings import with_ring

    # A few pixels outweigh the rest by thousands; the root lets the tails be seen.
    return with_ring(heat_overlay(field.heat**0.5, opacity=0.9), field.centre, field.radius_95_px)


def mean_diameter(inspected: Inspected) -> tuple[float, str] | None:
    """Return the mean diameter in px of the objects that are not cut, and what they are called."""
    analysis = inspected.analysis
    if analysis is None or analysis.card.objects_phase is None:
        return None
    whole = analysis.table[~analysis.table["touches_edge"]]
    if whole.empty:
        return None
    size = analysis.segmentation.pixel_size
    column = "equivalent_diameter_px" if size is None else "equivalent_diameter_nm"
    name = analysis.card.phases[analysis.card.objects_phase].name
    return float(whole[column].mean()) / (size.nm if size else 1.0), name


def _sentence(inspected: Inspected, unit: Any, fields: dict[str, EffectiveField]) -> None:
    objects = mean_diameter(inspected)
    side = max(unit.box.size) * inspected.px_per_network_px
    if objects is None:
        return
    diameter, name = objects
    text = f"The network sees {side / diameter:.1f} {name} diameters"
    used = fields.get("trained")
    if used is not None:
        across = 2 * used.radius_95_px * inspected.px_per_network_px
        text += f" and uses {across / diameter:.1f} of them"
    st.markdown(f"#### {text}.")


def _numbers(inspected: Inspected, unit: Any, fields: dict[str, EffectiveField]) -> None:
    scale = inspected.px_per_network_px
    rows, columns = (length * scale for length in unit.box.size)
    size = inspected.length(rows)
    if rows != columns:
        size = f"{inspected.length(rows)} high, {inspected.length(columns)} wide"
    numbers = {"Theoretical field, side": size}
    if unit.sees_everything:
        numbers["Sees"] = "the whole field in view"
    for name, field in fields.items():
        words = {"trained": "trained", "random": "random weights"}[name]
        radius = inspected.length(field.radius_95_px * scale)
        numbers[f"95 % within a radius of, {words}"] = radius
    objects = mean_diameter(inspected)
    if objects is not None:
        numbers[f"Mean {objects[1]} diameter"] = inspected.length(objects[0])
    st.table(numbers, border="horizontal", alt="Sizes of the receptive field")

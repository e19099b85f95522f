"""Feature maps: what each channel of a layer answers, and to what it answers most."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.errors import LamellaError
from core.inspection.layers.layer import FeatureMaps
from core.types.arrays import Array
from pages.components.frame import session
from pages.components.frame.words import literal
from pages.components.inspect import colors as inspect_colors
from pages.components.inspect import gallery as inspect_gallery
from pages.components.inspect import hierarchy as inspect_hierarchy
from pages.components.inspect import layers as inspect_layers
from pages.components.inspect import stage as inspect_stage
from pages.components.inspect import subject as inspect_subject
from pages.components.inspect.link import LINK
from pages.components.inspect.subject import Inspected

if TYPE_CHECKING:
    from core.inspection.feature_maps import Measure, Patch, Ranking
    from pages.components.inspect.colors import Scale
    from pages.components.viewer.viewer import Overlay, Rectangle

SHOWS = {"channels": "Channels", "patches": "Top-activating patches", "hierarchy": "Hierarchy"}
MEASURES = {"variance": "Variance", "mean": "Mean activation", "auc": "AUC for a phase"}
PATCHES = (
    "The patches that activate channel {} most, each as large as the receptive field of one unit. "
    "Click one to go there."
)
SEPARATES = "How well one channel alone separates {}: 1 is perfect, 0.5 is chance."
FEW = 24
GALLERY_HEIGHT = 450
ORIGINS = ("segmentation", "truth")


def draw(inspected: Inspected) -> None:
    """Draw the view."""
    shown = LINK.choose("Show", "show", SHOWS, "channels", label_visibility="collapsed")
    if shown == "hierarchy":
        inspect_hierarchy.draw(inspected)
        return
    names = inspect_layers.with_maps(inspected)
    with inspect_stage.beside() as place:
        layer = inspect_layers.choose(inspected, names, names[0])
        maps = inspect_subject.feature_maps(inspected.subject, layer)
        ranking, value = _ranking(inspected, maps)
        scale = inspect_colors.choose() if shown == "channels" else None
        channel = inspect_layers.channel(
            inspected, layer, len(maps.activations), int(ranking.channels[0])
        )
        boxes = ()
        if shown == "patches":
            boxes = _patches(inspected, maps, channel)
        else:
            _channels(inspected, maps, ranking, value, channel, scale)
    if scale is None:
        highest = maps.activations[channel].max()
        name = inspect_layers.title(inspected, layer)
        caption = f"Channel {channel} of {name}; its highest value is {highest:.3g}."
        inspect_stage.show(inspected, place, None, boxes, caption=caption)
    else:
        overlay, caption = _overlay(inspected, maps, channel, scale)
        inspect_stage.show(inspected, place, overlay, caption=caption)


def _overlay(
    inspected: Inspected, maps: FeatureMaps, channel: int, scale: Scale
) -> tuple[Overlay, str]:
    """Return a channel as an overlay, and what its colours mean."""
    from core.figures.inspection.overlays import channel_overlay, limits_of

    shape, layer = inspected.subject.shape, maps.layer.name
    low, high = limits_of(maps.activations[channel], scale.plotly)
    overlay = inspect_stage.overlay(
        inspected,
        lambda: channel_overlay(maps.activations[channel], shape, 1, scale.plotly),
        f"Channel {channel}",
        *("channel", layer, channel, scale.plotly),
    )
    words = f"{low:.3g} in {scale.low} to {high:.3g} in {scale.high}"
    return overlay, f"Channel {channel} of {inspect_layers.title(inspected, layer)}: {words}."


def _ranking(inspected: Inspected, maps: FeatureMaps) -> tuple[Ranking, str]:
    """Draw the choice of the measure; return the ranking and what its values are."""
    from core.inspection.feature_maps import Measure, rank_channels

    asked = LINK.choose(
        "Rank channels by", "measure", MEASURES, "variance", drops=("channel",), in_list=True
    )
    measure, mask, named = Measure.VARIANCE, None, ""
    if asked == "mean":
        measure = Measure.MEAN
    elif asked == "auc":
        mask, named = _mask(inspected)
        measure = Measure.AUC if mask is not None else measure
    try:
        ranking = _ranked(inspected, maps, measure, mask, named)
    except LamellaError as error:
        st.caption(literal(str(error)))
        ranking = rank_channels(maps, Measure.VARIANCE)
    if measure is Measure.AUC and mask is not None:
        st.caption(SEPARATES.format(named))
    return ranking, named


def _ranked(
    inspected: Inspected, maps: FeatureMaps, measure: Measure, mask: Array | None, named: str
) -> Ranking:
    from core.inspection.feature_maps import rank_channels

    return inspect_subject.kept(
        inspected.subject,
        "ranking",
        maps.layer.name,
        measure,
        named,
        None if inspected.analysis is None else inspected.analysis.segmentation.digest,
        make=lambda: rank_channels(maps, measure, mask),
        words="Ranking the channels.",
        size_bytes=20_000,
    )


def _mask(inspected: Inspected) -> tuple[Array | None, str]:
    """Return the pixels of the phase to find, in the field, and what they are."""
    from core.inspection.region import labels_in_field

    analysis, model = inspected.analysis, session.network_model()
    origins = {"segmentation": "segmentation"} if analysis is not None else {}
    if inspected.opened.truth is not None:
        origins["truth"] = "ground truth of this sample"
    if not origins:
        st.caption("No segmentation yet: press Segment first. Ranked by variance.")
        return None, ""
    names = {str(index): phase.name for index, phase in enumerate(model.phases)}
    first = str(model.objects_phase or len(names) - 1)
    phase_place, origin_place = st.columns(2)
    with phase_place:
        phase = LINK.choose("Phase", "phase", names, first, drops=("channel",), in_list=True)
    with origin_place:
        origin = LINK.choose(
            "Reference",
            "against",
            origins,
            next(iter(origins)),
            known=ORIGINS,
            drops=("channel",),
            in_list=True,
        )
    labels = analysis.segmentation.labels if origin == "segmentation" else inspected.opened.truth
    mask = labels_in_field(labels, inspected.subject.field) == int(phase)
    return mask, f"the {names[phase]} pixels in the {origins[origin]}"


def _channels(
    inspected: Inspected,
    maps: FeatureMaps,
    ranking: Ranking,
    named: str,
    channel: int,
    scale: Scale,
) -> None:
    from core.figures.inspection.feature_maps import channel_thumbnails

    total, layer = len(maps.activations), maps.layer.name
    every = total <= FEW or LINK.switch(f"All {total} channels", "all")
    count = total if every else FEW
    made = inspect_subject.kept(
        inspected.subject,
        "thumbnails",
        layer,
        ranking.measure,
        named,
        count,
        tuple(ranking.channels[:3].tolist()),
        scale.plotly,
        make=lambda: channel_thumbnails(maps, ranking, count, 96, scale.plotly),
        words="Drawing the channels.",
        size_bytes=count * 27_648,
    )
    subject = inspected.subject
    content = subject.digest, subject.model, subject.field, layer, scale.plotly
    with st.container(height=GALLERY_HEIGHT if count > 12 else "content", border=False):
        inspect_gallery.gallery(
            [
                inspect_gallery.picture(one.channel, one.caption, one.pixels, content, one.channel)
                for one in made
            ],
            key="inspect-channels",
            label=f"Channels of {inspect_layers.title(inspected, layer)}",
            chosen=channel,
            on_choose=lambda number: LINK.change(channel=number, layer=layer),
        )


def _patches(inspected: Inspected, maps: FeatureMaps, channel: int) -> tuple[Rectangle, ...]:
    """Draw the strongest patches; return their boxes."""
    from core.figures.inspection.feature_maps import patch_thumbnails
    from core.inspection.feature_maps import strongest_patches

    subject, layer = inspected.subject, maps.layer.name
    scale = inspected.px_per_network_px
    patches: tuple[Patch, ...] = inspect_subject.kept(
        subject,
        "patches",
        layer,
        channel,
        make=lambda: strongest_patches(subject, maps, channel),
        words="Finding the top-activating patches.",
    )
    st.caption(PATCHES.format(channel))
    content = subject.digest, subject.model, subject.field, layer, channel
    inspect_gallery.gallery(
        [
            inspect_gallery.picture(
                index, f"{index + 1}: {one.caption}", one.pixels, content, index
            )
            for index, one in enumerate(patch_thumbnails(patches, 128, scale))
        ],
        key="inspect-patches",
        label=f"Top-activating patches of channel {channel}",
        chosen=None,
        on_choose=lambda index: _go_to(inspected, patches[index], layer, channel),
    )
    return tuple(
        inspect_stage.box_of(inspected, patch.box, str(index + 1))
        for index, patch in enumerate(patches)
    )


def _go_to(inspected: Inspected, patch: Patch, layer: str, channel: int) -> None:
    box = inspected.subject.field.to_micrograph(patch.box)
    LINK.change(
        row=(box.top + box.bottom) // 2,
        column=(box.left + box.right) // 2,
        layer=layer,
        channel=channel,
    )

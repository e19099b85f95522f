"""Feature maps: what each channel of a layer answers, and to what it answers most."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from core.errors import LamellaError
from core.types import FeatureMaps
from pages.components import (
    inspect_gallery,
    inspect_layers,
    inspect_link,
    inspect_stage,
    inspect_subject,
    session,
)
from pages.components.inspect_subject import Inspected

if TYPE_CHECKING:
    from core.inspection.feature_maps import Patch, Ranking

SHOWS = {"channels": "Channels", "patches": "Strongest patches", "hierarchy": "Hierarchy"}
MEASURES = {"variance": "Variance", "mean": "Mean activation", "auc": "Finds a phase (AUC)"}
FEW = 24
GALLERY_HEIGHT = 450


def draw(inspected: Inspected) -> None:
    """Draw the view."""
    shown = inspect_link.chooser("Show", "show", SHOWS, "channels")
    if shown == "hierarchy":
        _hierarchy(inspected)
        return
    names = _with_maps(inspected)
    with inspect_stage.beside() as place:
        layer = inspect_layers.choose(inspected, names, names[0])
        maps = inspect_subject.feature_maps(inspected.subject, layer)
        ranking, value = _ranking(inspected, maps)
        channel = inspect_layers.channel(
            inspected, layer, len(maps.activations), int(ranking.channels[0])
        )
        boxes = ()
        if shown == "patches":
            boxes = _patches(inspected, maps, channel)
        else:
            _channels(inspected, maps, ranking, value, channel)
    low, high = maps.activations[channel].min(), maps.activations[channel].max()
    caption = f"Channel {channel} of {layer}: {low:.3g} in dark violet to {high:.3g} in yellow."
    if shown == "patches":
        caption = f"Channel {channel} of {layer}; its highest value is {high:.3g}."
    inspect_stage.show(
        inspected,
        place,
        _overlay(inspected, maps, channel) if shown == "channels" else None,
        boxes,
        caption=caption,
    )


def _with_maps(inspected: Inspected) -> list[str]:
    """Return the layers that have rows and columns."""
    rows = inspect_layers.layers(inspected)
    return [name for name, row in rows.items() if len(row.layer.shape) == 3]


def _overlay(inspected: Inspected, maps: FeatureMaps, channel: int) -> Any:
    from core.figures.inspection_overlays import channel_overlay

    shape = inspected.subject.shape
    return inspect_stage.overlay(
        inspected,
        lambda: channel_overlay(maps.activations[channel], shape, opacity=1),
        f"Channel {channel}",
        "channel",
        maps.layer.name,
        channel,
    )


def _ranking(inspected: Inspected, maps: FeatureMaps) -> tuple[Ranking, str]:
    """Draw the choice of the measure; return the ranking and what its values are."""
    from core.inspection.feature_maps import Measure, rank_channels

    asked = inspect_link.one_of("measure", MEASURES) or "variance"
    key = session.control("inspect-measure", asked)
    st.selectbox(
        "Strongest first, by",
        list(MEASURES),
        format_func=MEASURES.__getitem__,
        key=key,
        on_change=lambda: inspect_link.change(measure=session.value_of(key), channel=None),
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
        st.caption(str(error))
        ranking = rank_channels(maps, Measure.VARIANCE)
    if measure is Measure.AUC and mask is not None:
        st.caption(f"How well one channel alone finds {named}: 1 always, 0.5 like a coin.")
    return ranking, named


def _ranked(
    inspected: Inspected, maps: FeatureMaps, measure: Any, mask: Any, named: str
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


def _mask(inspected: Inspected) -> tuple[Any, str]:
    """Return the pixels of the phase to find, in the field, and what they are."""
    from core.inspection.region import labels_in_field

    analysis, truth = inspected.analysis, inspected.opened.truth
    model = session.model()
    phase = model.objects_phase or len(model.phases) - 1
    name = model.phases[phase].name
    if analysis is not None:
        labels, origin = analysis.segmentation.labels, "in the segmentation"
    elif truth is not None:
        labels, origin = truth, "in the known truth of this sample"
    else:
        st.caption("There is no segmentation yet: press Segment first. Ranked by variance.")
        return None, ""
    return labels_in_field(labels, inspected.subject.field) == phase, f"the {name} pixels {origin}"


def _channels(
    inspected: Inspected, maps: FeatureMaps, ranking: Ranking, named: str, channel: int
) -> None:
    from core.figures.inspection_feature_maps import channel_thumbnails

    total, layer = len(maps.activations), maps.layer.name
    every = total <= FEW or st.toggle(f"All {total} channels", key="inspect-all-channels")
    count = total if every else FEW
    made = inspect_subject.kept(
        inspected.subject,
        "thumbnails",
        layer,
        ranking.measure,
        named,
        count,
        tuple(ranking.channels[:3].tolist()),
        make=lambda: channel_thumbnails(maps, ranking, count, side=96),
        words="Drawing the channels.",
        size_bytes=count * 27_648,
    )
    subject = inspected.subject
    content = subject.digest, subject.model, subject.field, layer
    with st.container(height=GALLERY_HEIGHT if count > 12 else "content", border=False):
        inspect_gallery.gallery(
            [
                inspect_gallery.picture(one.channel, one.caption, one.pixels, content, one.channel)
                for one in made
            ],
            key="inspect-channels",
            label=f"Channels of {layer}",
            chosen=channel,
            on_choose=lambda number: inspect_link.change(channel=number, layer=layer),
        )


def _patches(inspected: Inspected, maps: FeatureMaps, channel: int) -> tuple[Any, ...]:
    """Draw the strongest patches; return their boxes."""
    from core.figures.inspection_feature_maps import patch_thumbnails
    from core.inspection.feature_maps import strongest_patches

    subject, layer = inspected.subject, maps.layer.name
    patches: tuple[Patch, ...] = inspect_subject.kept(
        subject,
        "patches",
        layer,
        channel,
        make=lambda: strongest_patches(subject, maps, channel),
        words="Finding what excites the channel most.",
    )
    st.caption(
        f"The pieces of the field to which channel {channel} answers most, each as large as what "
        "one unit sees. Click one to go there."
    )
    content = subject.digest, subject.model, subject.field, layer, channel
    inspect_gallery.gallery(
        [
            inspect_gallery.picture(
                index, f"{index + 1}: {one.caption}", one.pixels, content, index
            )
            for index, one in enumerate(patch_thumbnails(patches))
        ],
        key="inspect-patches",
        label=f"Strongest patches of channel {channel}",
        chosen=None,
        on_choose=lambda index: _go_to(inspected, patches[index], layer, channel),
    )
    return tuple(
        inspect_stage.box_of(inspected, patch.box, str(index + 1))
        for index, patch in enumerate(patches)
    )


def _go_to(inspected: Inspected, patch: Patch, layer: str, channel: int) -> None:
    box = inspected.subject.field.to_micrograph(patch.box)
    inspect_link.change(
        row=(box.top + box.bottom) // 2,
        column=(box.left + box.right) // 2,
        layer=layer,
        channel=channel,
    )


def _hierarchy(inspected: Inspected) -> None:
    from core.figures.inspection_feature_maps import hierarchy_figure
    from core.inspection.feature_maps import record_feature_maps
    from core.inspection.receptive_field import field_sizes

    subject, size = inspected.subject, inspected.opened.micrograph.pixel_size
    names = _levels(inspected)

    def make() -> Any:
        sizes = [field_sizes(subject.trace, name) for name in names]
        return hierarchy_figure(record_feature_maps(subject, names), sizes, size)

    figure = inspect_subject.kept(
        subject, "hierarchy", size and size.nm, make=make, words="Running the network on the field."
    )
    st.markdown(
        "From the first layer to the deepest: a unit sees ever more of the micrograph, and answers "
        "to edges first, then to motifs, at last to whole structures. Point at them."
    )
    st.plotly_chart(
        figure,
        key="inspect-hierarchy",
        config={"displayModeBar": False},
        alt="Channels of a first, a middle and a deep layer",
    )
    if inspected.cut:
        st.caption(inspected.cut)


def _levels(inspected: Inspected) -> list[str]:
    """Return the first layer, a middle and the deepest one on the way down."""
    rows = inspect_layers.layers(inspected)
    heights = {name: rows[name].layer.shape[1] for name in _with_maps(inspected)}
    heights = {name: height for name, height in heights.items() if height > 1}
    names = list(heights)
    lowest = min(heights.values())
    deepest = next(
        index for index, name in reversed(list(enumerate(names))) if heights[name] == lowest
    )
    way = names[: deepest + 1]
    wanted = (heights[way[0]] * lowest) ** 0.5
    nearest = min((heights[name] for name in way), key=lambda height: abs(height - wanted))
    middle = next(name for name in reversed(way) if heights[name] == nearest)
    return list(dict.fromkeys([way[0], middle, way[-1]]))

"""An analysis measured anew without its network: other object settings, another pixel size."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from core.analysis.analysis import Analysis
from core.analysis.image_warnings import unlike_training, warnings_of
from core.segmentation.grains.intercepts import intercepts_of
from core.segmentation.objects.measured import lengths_of, measured_objects, table_of
from core.segmentation.settings import ObjectSettings
from core.types.micrograph import Micrograph
from core.types.model_card import ModelCard
from core.types.pixel_size import PixelSize
from core.types.segmentation import Segmentation

if TYPE_CHECKING:
    import pandas as pd


def regroup(analysis: Analysis, object_settings: ObjectSettings) -> Analysis:
    """Return ``analysis`` with objects found anew under other settings; no network runs. Objects
    that were corrected by hand stay as they are."""
    if analysis.by_hand is not None:
        return analysis
    objects, table, selection = measured_objects(
        analysis.micrograph, analysis.card, analysis.segmentation, object_settings
    )
    intercepts = analysis.intercepts
    if object_settings.keep_second_phase or analysis.object_settings.keep_second_phase:
        intercepts = intercepts_of(
            analysis.micrograph, analysis.card, analysis.segmentation, object_settings
        )
    return replace(
        analysis,
        objects=objects,
        table=table,
        object_settings=object_settings,
        intercepts=intercepts,
        selection=selection,
    )


def remeasure(analysis: Analysis) -> Analysis:
    """Return ``analysis`` with the table that its objects give."""
    micrograph, size = analysis.micrograph, analysis.micrograph.pixel_size
    if size is not None and not size.is_square:
        # Such objects are measured in square pixels, not in those that the labels have.
        return regroup(analysis, analysis.object_settings)
    table = _table(analysis, micrograph, analysis.segmentation)
    return replace(analysis, table=table)


def recalibrate(analysis: Analysis, micrograph: Micrograph) -> Analysis:
    """Return ``analysis`` of the same pixels under the name and pixel size of ``micrograph``, all
    lengths measured anew; no network runs.

    Only where :func:`scale_is_free` holds: else the labels would not be those of the new size.
    """
    if micrograph.pixel_size == analysis.micrograph.pixel_size:
        return replace(analysis, micrograph=micrograph)
    segmentation = replace(analysis.segmentation, pixel_size=micrograph.pixel_size)
    table = analysis.table
    if analysis.card.objects_phase is not None:
        table = _table(analysis, micrograph, segmentation)
    return replace(
        analysis,
        micrograph=micrograph,
        segmentation=segmentation,
        table=table,
        warnings=warnings_of(
            analysis.card,
            micrograph,
            segmentation,
            len(table),
            unlike_training(analysis.card, micrograph),
        ),
    )


def scale_is_free(card: ModelCard, size: PixelSize | None) -> bool:
    """Return whether ``card`` labels an image of this pixel size alike under any other: it looks
    at images as they are, and the pixels are square."""
    return card.pixel_size_nm is None and not card.needs_marks and (size is None or size.is_square)


def _table(analysis: Analysis, micrograph: Micrograph, segmentation: Segmentation) -> pd.DataFrame:
    """Return the table of ``analysis`` measured anew; what was said by hand is kept."""
    if analysis.by_hand is None:
        return table_of(
            micrograph, analysis.card, segmentation, analysis.objects, analysis.object_settings
        )
    table, known = lengths_of(micrograph, analysis.objects), analysis.table
    others = ("confidence", "phase", "made_by", "confirmed")
    return table.assign(**{one: known[one] for one in others if one in known})

"""What was measured: the number that comes first, the distribution, every quantity, the method."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from core.fields.explained import explained
from core.fields.words import counted_in_words, interval_in_words, value_in_words
from core.palette import ACCENT
from pages.components.frame import screen
from pages.components.frame.words import capital
from pages.components.segment.objects import label_of

if TYPE_CHECKING:
    from core.analysis.analysis import Analysis
    from core.fields.quantity import Quantity
    from core.fields.result import FieldMeasurement

CHART_HEIGHT, HEIGHT = 360, 560
# Five columns in a window of 1440 px; Streamlit breaks sentences into lines in rows above 64 px.
QUANTITY_PX, VALUE_PX, INTERVAL_PX, WORDS_PX, ROW_PX = 180, 85, 150, 280, 66
POINT = "Point at D10, D50 or D90 to read what it means."
STANDARDS = ("ASTM", "ISO")
SURENESS_PX = 620


def headline(first: Quantity, warnings: Sequence[str], over: str = "") -> None:
    """Draw the one number, how well it is known, and after which standard; ``over``: as in
    :func:`interval`."""
    # An index such as that of A_A has no letter of its own.
    in_name = first.symbol in first.name or "_" in first.symbol
    name = first.name if in_name else f"{first.name} ({first.symbol})"
    number, sureness = screen.parts(screen.THIRD, SURENESS_PX)
    number.metric(name, value_in_words(first), help=explained(first) or None)
    with sureness:
        st.markdown(interval(first, over))
        st.caption(_basis(first))
    for warning in warnings:
        st.warning(warning)


def interval(first: Quantity, over: str = "") -> str:
    """Return the interval in words, or why there is none; ``over``: " over fields"."""
    if first.interval is None:
        return f"No 95 % interval{over}. {first.reason}"
    return f"95 % interval: **{interval_in_words(first)}** {first.cut_at}".rstrip()


def _basis(first: Quantity) -> str:
    count = counted_in_words(first.n, first.counted) if first.counted else ""
    parts = first.method.split("; ")
    standards = [part for part in parts if part.startswith(STANDARDS)]
    how = ", ".join(filter(None, (count, *(part for part in parts if part not in standards))))
    return f"{how} after {', '.join(standards)}." if standards else f"{how}."


def body(analysis: Analysis, found: FieldMeasurement) -> None:
    """Draw the distributions, all quantities, then the method and the table."""
    _distributions(analysis, found)
    quantities(found.quantities)
    _parts(found.headline)
    st.subheader("Method")
    st.markdown(found.method)
    for note in found.notes:
        st.markdown(note)
    st.caption(f"Pixel size: {found.scale}")
    with st.expander("References"):
        st.markdown("\n".join(f"- {one}" for one in found.references))
    _table(found)


def _distributions(analysis: Analysis, found: FieldMeasurement) -> None:
    from core.figures.size_distribution import has_quantiles, size_distribution_figure

    phase = analysis.card.objects_phase
    color = ACCENT if phase is None else analysis.segmentation.phases[phase].color
    every = filter(None, (found.distribution, *found.further))
    shown = [one for one in every if len(one.values)]
    places = screen.parts(*[screen.HALF] * len(shown)) if shown else []
    for place, distribution in zip(places, shown, strict=True):
        with place:
            st.subheader(f"Distribution: {distribution.name.lower()}")
            st.plotly_chart(
                size_distribution_figure(distribution, color),
                height=CHART_HEIGHT,
                key=f"measured-{distribution.key}",
                config={"displayModeBar": False},
                alt=f"Histogram: {distribution.name}",
            )
            hint = POINT if has_quantiles(distribution) else ""
            fit = (
                f"Line: {distribution.fit.in_words(distribution.unit)}." if distribution.fit else ""
            )
            if hint or fit:
                st.caption(f"{hint} {fit}".strip())


def quantities(found: Sequence[Quantity]) -> None:
    """Draw every quantity as a row."""
    st.subheader("All quantities")
    rows = [
        {
            "Quantity": one.name,
            "Value": value_in_words(one),
            "95 % interval": interval_in_words(one),
            "Meaning": explained(one),
            "Note": " ".join(filter(None, (one.method, one.cut_at)))
            if one.interval
            else one.reason,
        }
        for one in found
    ]
    st.dataframe(
        rows,
        height=HEIGHT if len(rows) * ROW_PX > HEIGHT else "auto",
        row_height=ROW_PX,
        hide_index=True,
        column_config={
            "Quantity": st.column_config.TextColumn(width=QUANTITY_PX, pinned=True),
            "Value": st.column_config.TextColumn(width=VALUE_PX),
            "95 % interval": st.column_config.TextColumn(width=INTERVAL_PX),
            **{name: st.column_config.TextColumn(width=WORDS_PX) for name in ("Meaning", "Note")},
        },
        alt="One row per quantity",
    )


def _parts(first: Quantity) -> None:
    """Draw what the interval of the first number is made of."""
    if first.interval is None or not first.parts:
        return
    rows = [
        {
            "Source": capital(part.source),
            "Below": f"{part.below:.3g} {first.unit}",
            "Above": f"{part.above:.3g} {first.unit}",
            "From": part.note,
        }
        for part in first.parts
    ]
    with st.expander("What the interval is made of"):
        st.table(rows, border="horizontal")
        st.caption("Half-widths at 95 %, which add as the root of their sum of squares (GUM).")


def _table(found: FieldMeasurement) -> None:
    if found.table.empty:
        return
    with st.expander(f"Table: {len(found.table):,} {found.counted}"):
        st.dataframe(
            found.table,
            height=HEIGHT,
            hide_index=True,
            column_config={name: label_of(str(name)) for name in found.table},
            alt=f"One row for each of the {found.counted}",
        )

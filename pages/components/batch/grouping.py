"""Groups of fields, from a table that the user has: specimen, heat treatment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.errors import LamellaError
from core.fields.many.group_table import read_groupings
from core.fields.many.groups import compare_groups
from core.workspace import batches
from pages.components.batch.link import LINK
from pages.components.frame import keeping, session
from pages.components.frame.words import literal

if TYPE_CHECKING:
    from core.fields.many.groups import Comparison
    from core.fields.many.pooled import PooledMeasurement
    from core.workspace.batches import Batch

HEIGHT = 380
TURN, REFUSED = "groups_turn", "groups_refused"
TABLE = (
    "A CSV file: file names in the first column, with or without folder and extension, and a "
    "column for each way to group them."
)


def draw(batch: Batch, pooled: PooledMeasurement) -> Comparison | None:
    """Draw the uploader and the choice of the column in the sidebar; return the comparison."""
    with st.sidebar:
        st.subheader("Groups")
        _uploader(batch)
        if not batch.groups:
            return None
        try:
            groupings = read_groupings(batch.groups, batch.groups_name)
            columns = {one.column: one.column for one in groupings}
            column = LINK.choose("Column", "column", columns, in_list=True)
            chosen = next(one for one in groupings if one.column == column)
            return compare_groups(pooled.fields, chosen)
        except LamellaError as error:
            st.warning(literal(str(error)))
            return None


def _uploader(batch: Batch) -> None:
    turn = session.value_of(TURN) or 0
    key = f"groups-{batch.id}-{turn}"

    def take() -> None:
        given = session.value_of(key)
        session.remember(TURN, turn + 1)
        if given is None:
            return
        try:
            read_groupings(given.getvalue(), given.name)
            _keep(batch, given.getvalue(), given.name)
        except LamellaError as error:
            session.remember(REFUSED, (batch.id, str(error)))
        else:
            session.remember(REFUSED, None)

    st.file_uploader("Table of groups (CSV)", type=["csv"], key=key, help=TABLE, on_change=take)
    refused = session.value_of(REFUSED)
    if refused and refused[0] == batch.id:
        st.warning(literal(refused[1]))
    if batch.groups:
        st.caption(f"Grouped by {literal(batch.groups_name)}.")
        st.button("Remove the groups", on_click=_keep, args=(batch, b"", ""), type="tertiary")


def _keep(batch: Batch, table: bytes, name: str) -> None:
    place = keeping.workspace()
    if place is not None:
        batches.group(place, batch.owner, batch.id, table, name)


def shown(comparison: Comparison | None) -> None:
    """Draw the groups side by side, and the test."""
    from core.figures.fields import groups_figure

    if comparison is None:
        return
    st.subheader(f"By {literal(comparison.column)}")
    st.markdown(literal(comparison.in_words))
    st.plotly_chart(
        groups_figure(comparison),
        height=HEIGHT,
        key="batch-groups",
        config={"displayModeBar": False},
        alt="The fields of each group",
    )
    if comparison.left_out:
        st.caption(literal(comparison.left_out))

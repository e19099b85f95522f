"""One batch: where it stands, what all fields say together, each field, groups of fields."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from core.errors import LamellaError
from core.export.field_notes import fields_by_note, notes_of_field
from core.fields.words import (
    beside_the_sample,
    interval_in_words,
    value_in_words,
    what_is_held,
)
from core.jobs import batch as jobs
from core.workspace import batches
from pages.components.batch import export, grouping
from pages.components.batch.link import LINK
from pages.components.frame import screen, session
from pages.components.frame.words import literal, moment
from pages.components.frame.work import worker
from pages.components.measure import shown

if TYPE_CHECKING:
    from core.fields.many.pooled import PooledMeasurement
    from core.jobs.batch import Progress
    from core.workspace.batches import Batch, BatchField
    from core.workspace.workspace import Workspace

SEGMENT = Path(__file__).resolve().parents[2] / "segment.py"
POLL_SECONDS = 2.0
REDRAWN, MOST_NAMED = 20, 5
"""How often the results are drawn anew while a batch runs; outliers that are named."""
HEIGHT, FEW_ROWS, MOST_WRITTEN = 380, 8, 12
# All in half of a window of 1440 px.
OPEN_PX, FIELD_PX, VALUE_PX, INTERVAL_PX = 58, 150, 112, 130
OUT = "\N{BLACK DIAMOND}"
"""Before the name of a field that stands out."""
OUTLIERS = (
    f"Fields that stand out ({OUT}): {{}}. They count nevertheless; look at them, and leave out "
    "only what you can give a reason for."
)


def chosen(workspace: Workspace) -> Batch | None:
    """Return the batch that the link names; None, with a sentence where it is not the owner's."""
    asked = st.query_params.get("batch")
    if asked is None:
        return None
    found = batches.find(workspace, session.owner(), asked)
    if found is None:
        LINK.refuse(batches.GONE, "batch", "column")
    return found


def draw(workspace: Workspace, batch: Batch) -> None:
    """Draw a batch; while it runs, this part of the page follows it."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "All batches",
            icon=":material/arrow_back:",
            on_click=LINK.change,
            kwargs={"batch": None, "column": None},
        )
        _delete(workspace, batch)
    st.subheader(literal(batch.title), anchor=False)
    standing = jobs.progress(workspace, batch)
    if standing.is_open:
        worker.start()
        _follow(workspace, batch.id)
    else:
        _ended(workspace, batch, standing)
    found = batches.fields(workspace, batch.owner, batch.id)
    done = [one for one in found if one.measured is not None]
    if done:
        _results(batch, done, standing)
    _failures(found, standing)


def _delete(workspace: Workspace, batch: Batch) -> None:
    def delete() -> None:
        jobs.cancel(workspace, batch)
        batches.delete(workspace, batch.owner, batch.id)
        LINK.change(batch=None, column=None)

    with st.popover("Delete", icon=":material/delete:"):
        st.markdown("The batch goes; its images and their results stay in the library.")
        st.button("Delete this batch", type="primary", on_click=delete)


@st.fragment(run_every=POLL_SECONDS)
def _follow(workspace: Workspace, batch_id: str) -> None:
    """Draw the progress of a batch that runs; the page is drawn anew with each twentieth of it."""
    batch = batches.find(workspace, session.owner(), batch_id)
    standing = jobs.progress(workspace, batch) if batch else None
    if batch is None or standing is None or not standing.is_open:
        st.rerun()
        return
    seen = session.value_of("batch_seen")
    if seen is None or seen[0] != batch_id:
        session.remember("batch_seen", (batch_id, batch.measured))
    elif batch.measured - seen[1] >= max(1, batch.fields // REDRAWN):
        session.remember("batch_seen", (batch_id, batch.measured))
        st.rerun()
    failed = len(standing.errors)
    said = f"{batch.measured:,} of {batch.fields:,} measured"
    said += f", {failed:,} failed" if failed else ""
    st.progress((batch.measured + failed) / batch.fields, f"{said}.{_left(standing)}")
    st.caption("It goes on when you close this tab; this address leads back to it.")
    st.button("Cancel", on_click=jobs.cancel, args=(workspace, batch), key="batch-cancel")


def _left(standing: Progress) -> str:
    seconds = standing.seconds_left
    if seconds is None:
        return " Loading the network." if "running" in standing.states.values() else " Waiting."
    if seconds < 90:
        return f" About {max(1, round(seconds))} s left."
    return f" About {round(seconds / 60)} min left."


def _ended(workspace: Workspace, batch: Batch, standing: Progress) -> None:
    st.caption(
        f"{batch.measured:,} of {batch.fields:,} images measured; begun {moment(batch.created)}."
    )
    missing = batch.fields - batch.measured - len(standing.errors)
    if missing:
        st.button(
            f"Go on with {missing:,} {'image' if missing == 1 else 'images'}",
            type="primary",
            on_click=jobs.enqueue,
            args=(workspace, batch),
        )


def _results(batch: Batch, done: Sequence[BatchField], standing: Progress) -> None:
    from core.fields.many.pooled import pool

    try:
        pooled = pool([one.measured for one in done if one.measured is not None])
    except LamellaError as error:
        st.warning(literal(str(error)))
        return
    shown.headline(pooled.headline, pooled.warnings, " over fields")
    comparisons = grouping.draw(batch, pooled)
    chart, table = screen.parts(screen.HALF, screen.HALF)
    with chart:
        _chart(pooled)
    with table:
        _table(batch, done, pooled)
    _notes(done, pooled)
    grouping.shown(comparisons)
    shown.quantities(pooled.quantities)
    st.subheader("Method")
    st.markdown(literal(" ".join((pooled.method, *pooled.notes))))
    with st.sidebar:
        export.draw(batch, standing)


def _chart(pooled: PooledMeasurement) -> None:
    from core.figures.fields import fields_figure

    st.subheader("Fields")
    st.plotly_chart(
        fields_figure(pooled),
        height=HEIGHT,
        key="batch-fields",
        config={"displayModeBar": False},
        alt="The headline of each field",
    )
    st.caption(what_is_drawn(pooled))
    if pooled.outliers:
        odd = pooled.outliers
        told = "; ".join(f"{literal(one.name)} ({one.reason})" for one in odd[:MOST_NAMED])
        told += f"; and {len(odd) - MOST_NAMED:,} more" if len(odd) > MOST_NAMED else ""
        st.warning(OUTLIERS.format(told))


def what_is_drawn(pooled: PooledMeasurement) -> str:
    """Return what the chart of fields shows, and how many it cannot."""
    from core.figures.fields import places

    drawn, count = set(places(pooled)), len(pooled.fields)
    told = [_dashed(pooled, len(drawn))] if drawn else []
    if any(pooled.fields[index].headline.interval for index in drawn):
        told.append("Upright lines: each field's own 95 % interval.")
    if drawn & {one.index for one in pooled.outliers}:
        told.append("Orange diamonds: fields that stand out.")
    if missing := count - len(drawn):
        told.append(f"{missing:,} of {count:,} fields have no value here and are not drawn.")
    return " ".join(told)


def _dashed(pooled: PooledMeasurement, drawn: int) -> str:
    if pooled.headline.interval is not None:
        return "Dashed: all fields together, the 95 % interval in grey."
    return f"Dashed: {'the one field that has a value' if drawn == 1 else 'all fields together'}."


def own_intervals(pooled: PooledMeasurement) -> str:
    """Return what the fields' own intervals hold; "" where no field has one."""
    own = [one.headline for one in pooled.fields if one.headline.interval is not None]
    if not own:
        return ""
    most = max(own, key=lambda one: len(beside_the_sample(one)))
    held = what_is_held(most, f"its {most.counted}")
    return f"A field's own interval holds {held}, not how fields differ."


def _table(batch: Batch, done: Sequence[BatchField], pooled: PooledMeasurement) -> None:
    st.subheader(f"{len(done):,} measured")
    out = {one.index for one in pooled.outliers}
    headline, interval = pooled.headline.name, "Own 95 % interval"
    rows = [
        {
            "Open": f"segment?image={one.micrograph}&model={batch.model}",
            "Field": f"{OUT} {one.name}" if index in out else one.name,
            headline: value_in_words(field.headline),
            interval: interval_in_words(field.headline),
        }
        for index, (one, field) in enumerate(zip(done, pooled.fields, strict=True))
    ]
    st.dataframe(
        rows,
        height=HEIGHT if len(rows) > FEW_ROWS else "auto",
        hide_index=True,
        column_config={
            "Open": st.column_config.LinkColumn("", display_text="Open", width=OPEN_PX),
            "Field": st.column_config.TextColumn(width=FIELD_PX),
            headline: st.column_config.TextColumn(width=VALUE_PX),
            interval: st.column_config.TextColumn(width=INTERVAL_PX),
        },
        alt="One row per field",
    )
    if said := own_intervals(pooled):
        st.caption(said)


def _notes(done: Sequence[BatchField], pooled: PooledMeasurement) -> None:
    """Draw what is to be known of single fields, each note once with the fields that have it."""
    noted = fields_by_note(
        (one.name, notes_of_field(field.warnings, one.run))
        for one, field in zip(done, pooled.fields, strict=True)
    )
    if noted:
        st.subheader("Notes on fields")
        rows = {note: _named(names, len(done)) for note, names in noted.items()}
        _told([{"Note": note, "Fields": names} for note, names in rows.items()], "notes on fields")


def _named(names: Sequence[str], count: int) -> str:
    if len(names) == count > 1:
        return f"all {count:,}"
    more = len(names) - MOST_WRITTEN
    return ", ".join(names[:MOST_WRITTEN]) + (f" and {more:,} more" if more > 0 else "")


def _failures(found: Sequence[BatchField], standing: Progress) -> None:
    failed = [one for one in found if one.micrograph in standing.errors and one.measured is None]
    if not failed:
        return
    st.subheader("Not measured")
    rows = [{"File": one.name, "Reason": standing.errors[one.micrograph]} for one in failed]
    _told(rows, "files that failed")


def _told(rows: Sequence[dict[str, str]], of_what: str) -> None:
    """Draw a table of sentences, ``of_what``; scrolled where there are many."""
    if len(rows) > MOST_WRITTEN:
        st.dataframe(rows, hide_index=True, alt=f"A row for each of the {of_what}")
        return
    # A table breaks its lines, so that a sentence can be read to its end.
    st.table(
        [{key: literal(text) for key, text in row.items()} for row in rows],
        border="horizontal",
        hide_index=True,
    )

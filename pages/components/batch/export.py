"""What leaves a batch: tables, summary and report in one zip."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.errors import LamellaError
from core.workspace import batches
from pages.components.frame import keeping
from pages.components.frame.serving import downloads

if TYPE_CHECKING:
    from core.jobs.batch import Progress
    from core.workspace.batches import Batch
    from core.workspace.workspace import Workspace

FILES = {
    "report.pdf": "Report (PDF)",
    "report.html": "Report (HTML)",
    "fields.csv": "Fields (CSV)",
    "objects.csv": "Objects (CSV)",
}


def draw(batch: Batch, standing: Progress) -> None:
    """Draw the downloads; a file is made when it is asked for."""
    from core.export.archive import safe_stem

    place = keeping.workspace()
    assert place is not None
    stem, owner, errors = safe_stem(batch.title), batch.owner, dict(standing.errors)
    st.subheader("Export")
    downloads.button(
        "All files (ZIP)",
        ("batch", batch.id),
        f"{stem}.zip",
        lambda: _zip(place, owner, batch.id, errors),
        key="batch-zip",
        icon=":material/download:",
        width="stretch",
    )
    with st.expander("Individual files"):
        for name, title in FILES.items():
            downloads.button(
                title,
                ("batch", batch.id, name),
                f"{stem}.{name}",
                lambda name=name: _files(place, owner, batch.id, errors)[name],
                key=f"batch-{name}",
                kind="tertiary",
            )


def _zip(place: Workspace, owner: str, batch: str, errors: dict[str, str]) -> bytes:
    from core.export.zip_file import zip_bytes

    return zip_bytes(_files(place, owner, batch, errors))


def _files(place: Workspace, owner: str, batch: str, errors: dict[str, str]) -> dict[str, bytes]:
    from core.export.batch import Batch as Exported
    from core.export.batch import Failure, MeasuredField
    from core.export.batch_files import batch_files
    from core.fields.many.group_table import read_groupings
    from core.fields.many.groups import Comparison, comparisons
    from core.fields.many.pooled import pool

    kept = batches.find(place, owner, batch)
    if kept is None:
        raise LamellaError(batches.GONE)
    found = batches.fields(place, owner, batch)
    done = [(one.measured, one.run, one.overlay) for one in found if one.measured is not None]
    pooled = pool([measured for measured, *_ in done])
    groupings = read_groupings(kept.groups, kept.groups_name) if kept.groups else ()
    return batch_files(
        Exported(
            pooled,
            tuple(MeasuredField(*one) for one in done),
            tuple(
                Failure(one.name, errors[one.micrograph])
                for one in found
                if one.measured is None and one.micrograph in errors
            ),
            groupings,
            tuple(
                one for one in comparisons(pooled.fields, groupings) if isinstance(one, Comparison)
            ),
        )
    )

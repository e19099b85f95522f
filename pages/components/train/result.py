"""What a training gave: before and after on the same images, what was forgotten, and keeping it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from core.errors import LamellaError
from core.jobs import training as jobs
from pages.components.frame import screen, session
from pages.components.frame.words import literal
from pages.components.train import again, following

if TYPE_CHECKING:
    from core.measurement.bootstrap import Estimate
    from core.training.fine_tuning.summary import Group, Row
    from core.workspace.lab.lab_models import LabModel
    from core.workspace.lab.training import Result, Training
    from core.workspace.workspace import Workspace

REFUSED = "train_keep_refused"
PAGES = Path(__file__).resolve().parents[2]
ARROW = ":material/arrow_forward:"
LEAST_CHANGE = 0.005
TABLE_PX = 620
FIGURE_PX, ROW_PX = 120, 34
TESTS = {
    "left out": (
        "Each specimen was left out once, in a run of its own, and tested by it "
        "(cross-validation); the model that is kept learned from all of them."
    ),
    "third": "A third of the specimens was kept apart; the model that is kept was tested on it.",
}
NO_BEFORE = (
    "The model it started from knows other phases, so there is no score before on these images."
)
TOO_SHORT = (
    "There was time for {steps} of about {wanted} steps in the last run; with more time the model "
    "may be better."
)
FEW = "Fewer than eight specimens: points, and no interval that would mean 95 %."


def draw(workspace: Workspace, training: Training) -> None:
    """Draw the scores, then the form that keeps the model."""
    from core.training.fine_tuning.summary import groups

    result, settings = training.result, training.settings
    assert result is not None and settings is not None
    for group in groups(result.tested, [phase.name for phase in settings.phases]):
        _group(group, result)
    _notes(training, result)
    _keep(workspace, training)
    following.draw(workspace, training, kept_as(workspace, training))
    again.draw(workspace, training)


def _group(group: Group, result: Result) -> None:
    from core.figures.teaching import before_after_figure

    st.subheader(group.title, anchor=False)
    first = group.rows[0]
    with st.container(horizontal=True):
        if first.before is not None:
            st.metric(f"{first.name}, before", _said(first.before))
        change = None if first.change is None else first.change.value
        is_told = change is not None and abs(change) >= LEAST_CHANGE
        st.metric(f"{first.name}, after", _said(first.after), f"{change:+.2f}" if is_told else None)
    left, right = screen.parts(screen.HALF, TABLE_PX)
    with left:
        st.plotly_chart(
            before_after_figure(group.images),
            height=FIGURE_PX + ROW_PX * len(group.images),
            key=f"train-{group.title}",
            config={"displayModeBar": False},
            alt="Mean IoU of each image before and after",
        )
        if group.worse:
            count = f"{group.worse} of {len(group.images)}"
            st.caption(f"{count} became worse; they stand at the top.")
    with right:
        st.table(
            [_table_row(row) for row in group.rows],
            border="horizontal",
            alt="Scores before and after",
        )
    if first.after.low != first.after.low:
        st.caption(FEW)
    st.caption(TESTS.get(result.test, ""))


def _table_row(row: Row) -> dict[str, str]:
    said = {"On images that it had not seen": row.name}
    if row.before is not None:
        said["Before"] = _said(row.before)
    said["After"] = _said(row.after)
    if row.change is not None:
        said["Change"] = _said(row.change, signed=True)
    return said


def _said(estimate: Estimate, signed: bool = False) -> str:
    if estimate.value != estimate.value:
        return "not in these images"
    is_told = signed and abs(estimate.value) >= LEAST_CHANGE
    value = f"{estimate.value:+.2f}" if is_told else f"{abs(estimate.value):.2f}"
    if estimate.low != estimate.low:
        return value
    return f"{value} ({estimate.low:.2f} to {estimate.high:.2f})"


def _notes(training: Training, result: Result) -> None:
    from models.lab import taught

    if result.tested and all(one.before is None for one in result.tested):
        st.caption(NO_BEFORE)
    doubts = taught.doubts(training)
    for sentence in taught.limits(training):
        if sentence not in doubts:
            st.caption(literal(sentence))
    st.caption(
        f"{100 * result.mix:.0f} % of the change of the weights is kept, from step {result.step}; "
        f"images are seen at {result.scale:g} times their size; {result.seconds / 60:.1f} min for "
        "the last run."
    )
    steps, wanted = jobs.steps_in_time(training), jobs.usual_steps(training)
    if steps is not None and steps < wanted:
        st.caption(TOO_SHORT.format(steps=steps, wanted=wanted))


def kept_as(workspace: Workspace, training: Training) -> LabModel | None:
    """Return the model of this lab that a training was kept as; None where there is none."""
    from core.workspace.lab import lab_models

    found = lab_models.listed(workspace, training.owner)
    return next((one for one in found if one.weights == training.weights), None)


def _keep(workspace: Workspace, training: Training) -> None:
    from core.workspace.lab import lab_models
    from models.lab import taught

    st.subheader("Keep the model", anchor=False)
    for reason in session.value_of(REFUSED) or ():
        st.warning(literal(reason))
    for doubt in taught.doubts(training):
        st.warning(literal(doubt))
    kept = kept_as(workspace, training)
    if kept is not None:
        whose = "everybody" if kept.everyone else "you"
        st.success(
            f"Kept for {whose} as {literal(kept.card.title)}: choose it under Model on every page."
        )
        _ways_on(kept.name)
        return
    with st.form("train-keep", border=False):
        title = st.text_input(
            "Name",
            taught.usual_title(workspace, training),
            max_chars=taught.LONGEST_TITLE,
            key=f"train_name-{training.id}",
        )
        st.toggle("For everybody in this lab", key="train_everyone")
        st.form_submit_button("Keep", type="primary", on_click=_kept, args=(workspace, training))
    name = lab_models.slug(str(title))
    st.caption(f"In links and on the terminal: {name}" if name else "")


def _ways_on(name: str) -> None:
    """Draw what can be done with a model that was kept."""
    with st.container(horizontal=True):
        for page, label, query in (
            ("segment.py", "Segment with it", {"model": name}),
            ("inspect.py", "Inspect it", {"model": name}),
            ("models.py", "Its card", {"card": name}),
        ):
            st.page_link(PAGES / page, label=label, query_params=query, icon=ARROW)


def _kept(workspace: Workspace, training: Training) -> None:
    from core.workspace.lab import lab_models
    from models.lab import taught

    title = str(session.value_of(f"train_name-{training.id}") or "").strip()
    everyone = bool(session.value_of("train_everyone"))
    try:
        taught.keep(workspace, training, lab_models.slug(title), title, everyone)
    except LamellaError as error:
        session.remember(REFUSED, (str(error),))
        return
    session.remember(REFUSED, ())

"""What a training is to learn, from what it starts, and for how long; the button that begins it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from core.errors import LamellaError
from core.jobs import training as jobs
from core.workspace.lab import trainings
from core.workspace.lab.lab_card import plain_title
from core.workspace.lab.training import Settings
from pages.components.frame import session
from pages.components.frame.words import literal
from pages.components.frame.work import worker
from pages.components.train import images

if TYPE_CHECKING:
    from core.types.segmentation import Phase
    from core.workspace.lab.training import Training
    from core.workspace.workspace import Workspace

MINUTES, USUAL_MINUTES = (2, 5, 10, 15, 30, 60, 120), 15
TESTS = {
    "left out": "Each left out once ({runs} runs)",
    "third": "A third kept apart",
    "none": "No test",
}
TESTS_HELP = (
    "By specimen. Each left out once: a run for each, and one that learns from all, share the "
    "time. A third kept apart: one run, tested on them. No test: one run that learns from all, and "
    "no score."
)
ONE_SPECIMEN = (
    "These images are of one specimen, so there will be no score on images that the model has not "
    "seen: how good it is on others stays unknown. Name the specimens below, or add images of "
    "another one."
)
OWN_MODEL = (
    "These labels were made by correcting results of {base}. They agree with that model more than "
    "they should, so its score before training will be flattered; images labelled from blank are "
    "counted apart."
)


def draw(workspace: Workspace, training: Training) -> Settings:
    """Draw the choices in the sidebar and the button; return what is chosen.

    With the choices of a training that was stopped there is no button: to go on is the same.
    """
    facts = training.facts
    with st.sidebar:
        phases = _phases(training)
        start, same = _start(workspace, training)
        objects = _objects(training, phases)
        minutes = _minutes(training)
        test = _test(training)
    settings = Settings(start, phases, same, objects, float(minutes), test)
    if facts.specimens < 2:
        st.info(ONE_SPECIMEN)
    if facts.base:
        known = session.models().get(facts.base)
        st.caption(literal(OWN_MODEL.format(base=known.title if known else facts.base)))
    problem = _problem(phases)
    for reason in (problem,) if problem else map(literal, session.value_of(images.REFUSED) or ()):
        st.warning(reason)

    def begin() -> None:
        # A name that was typed just before may reach the server together with the press.
        asked = replace(settings, phases=_named(training))
        try:
            if late := _problem(asked.phases):
                raise LamellaError(late)
            jobs.enqueue(workspace, training, asked)
        except LamellaError as error:
            session.remember(images.REFUSED, (str(error),))
            return
        session.remember(images.REFUSED, ())
        worker.start()

    if training.settings != settings:
        label = "Train" if training.settings is None else "Begin anew with these choices"
        st.button(label, type="primary", on_click=begin, key="train-begin")
    return settings


def specimens(workspace: Workspace, training: Training) -> None:
    """Draw which specimen each image is of; images of one never lie on both sides of a test."""
    facts = training.facts
    st.markdown("**Specimens**")
    st.caption("Images of one specimen are never both learned from and tested on.")
    rows = [
        {
            "Image": one.name,
            "Specimen": one.specimen,
            "Labels": _labels(one.model, one.from_blank),
            "Objects": one.objects,
        }
        for one in facts.origins
    ]
    key = f"train_specimens-{training.id}"

    def note() -> None:
        edited = session.component_state(key).get("edited_rows", {})
        names = {int(row): str(values.get("Specimen") or "") for row, values in edited.items()}
        origins = tuple(
            replace(one, specimen=names.get(number) or one.specimen)
            for number, one in enumerate(facts.origins)
        )
        trainings.set_facts(workspace, training, replace(facts, origins=origins))

    st.data_editor(
        rows,
        key=key,
        hide_index=True,
        disabled=["Image", "Labels", "Objects"],
        on_change=note,
    )


def _labels(model: str, from_blank: bool) -> str:
    if from_blank:
        return "made without a model"
    return f"corrected from {model}" if model else "from a mask"


def _phases(training: Training) -> tuple[Phase, ...]:
    """Draw the names of the phases, in their colours' order."""
    st.markdown("**Phases**")
    before = training.settings.phases if training.settings else training.facts.phases
    for index, phase in enumerate(training.facts.phases):
        shown = before[index] if index < len(before) else phase
        st.text_input(
            f"Phase {index + 1}",
            shown.name,
            max_chars=60,
            key=_name_key(training, index),
            label_visibility="collapsed",
        )
    return _named(training)


def _name_key(training: Training, index: int) -> str:
    return f"train_phase-{training.id}-{index}"


def _named(training: Training) -> tuple[Phase, ...]:
    """Return the phases as they are named on the page now."""
    names = [
        str(session.value_of(_name_key(training, index)) or "")
        for index in range(len(training.facts.phases))
    ]
    return tuple(
        replace(phase, name=" ".join(name.split()))
        for phase, name in zip(training.facts.phases, names, strict=True)
    )


def _problem(phases: tuple[Phase, ...]) -> str:
    names = [phase.name for phase in phases]
    if not all(names) or len(set(names)) < len(names):
        return "Give each phase a name of its own; then the training can begin."
    for name in names:
        if plain_title(name) != name:
            return (
                f"The name {literal(name)} has signs that no phase can have, such as brackets or a "
                "backslash; call it otherwise, and the training can begin."
            )
    return ""


def _start(workspace: Workspace, training: Training) -> tuple[str, bool]:
    """Draw what the training starts from, and whether its phases are those of that model."""
    from models import teaching

    titles = teaching.titles(workspace, training.owner)
    asked = training.settings.start if training.settings else training.facts.base
    names = list(titles)
    start = st.selectbox(
        "Start from",
        names,
        index=names.index(asked if asked in names else teaching.USUAL),
        format_func=titles.__getitem__,
        key=f"train_start-{training.id}",
    )
    known = teaching.phases(workspace, training.owner, start)
    if len(known) != len(training.facts.phases):
        return start, False
    same = st.toggle(
        "Its phases are these",
        value=_same_before(training, start),
        key=f"train_same-{training.id}-{start}",
        help=f"{', '.join(known)}, in this order: then its own answer is the score before.",
    )
    return start, same


def _same_before(training: Training, start: str) -> bool:
    asked = training.settings
    if asked is not None and asked.start == start:
        return asked.same_phases
    return training.facts.base == start


def _minutes(training: Training) -> int:
    asked = int(training.settings.minutes) if training.settings else USUAL_MINUTES
    return st.select_slider(
        "Time (min)",
        sorted({*MINUTES, asked}),
        asked,
        key=f"train_minutes-{training.id}",
    )


def _objects(training: Training, phases: tuple[Phase, ...]) -> int | None:
    facts = training.facts
    names = {-1: "none", **{index: phase.name for index, phase in enumerate(phases)}}
    before = training.settings.objects_phase if training.settings else facts.objects_phase
    usual = -1 if before is None else before
    chosen = st.selectbox(
        "Count as objects",
        list(names),
        index=list(names).index(usual),
        format_func=names.__getitem__,
        key=f"train_objects-{training.id}",
    )
    return None if chosen == -1 else chosen


def _test(training: Training) -> str | None:
    from core.training.fine_tuning.lesson import usual_test

    count = training.facts.specimens
    usual = usual_test(count)
    if usual == "none":
        return "none"
    asked = training.settings.test if training.settings else None
    kinds = [usual, *(kind for kind in TESTS if kind != usual)]
    return st.selectbox(
        "Test",
        kinds,
        index=kinds.index(asked) if asked in kinds else 0,
        format_func=lambda kind: TESTS[kind].format(runs=count + 1),
        key=f"train_test-{training.id}-{count}",
        help=TESTS_HELP,
    )

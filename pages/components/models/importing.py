"""A model that somebody else made, opened, looked at, and kept in this lab if the user wants it."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

import streamlit as st

from core.errors import LamellaError
from core.exchange import opening
from core.exchange.description import Description
from core.workspace.lab.lab_models import NewModel
from pages.components.frame import keeping, session, stores
from pages.components.frame.words import literal
from pages.components.frame.work import background
from pages.components.models.foreign import NOT_TESTED
from pages.components.models.overview import LINK

if TYPE_CHECKING:
    from core.exchange.opening import Opened
    from core.types.progress import ProgressCallback

Key: TypeAlias = tuple[Hashable, ...]
PLACE, REFUSED = "import", "import-refused"
OPENING = "Opening it in a process of its own, and trying it on a made-up image."
ME, EVERYBODY = "Only for me", "For everybody"
WHAT = (
    "A safetensors file that Lamella exported, a network as ONNX in one file, or a BioImage.IO "
    "package with ONNX weights. It is opened in a process of its own; nothing in it is run but "
    "the network, no address in it is fetched, and what could run code is refused."
)
OUTPUTS = {"auto": "as they look", "probabilities": "probabilities", "logits": "logits"}


def draw() -> None:
    """Draw the importer, closed until it is wanted."""
    with st.expander("Import a model", icon=":material/upload:", key="import-model"):
        try:
            opening.check_allowed()
        except LamellaError as error:
            st.info(literal(str(error)))
            return
        if keeping.workspace() is None:
            st.info("Nothing can be kept here without a workspace.")
            return
        file = st.file_uploader(WHAT, list(opening.EXTENSIONS), key="import-file")
        if file is not None:
            _opened(file.name, file.getvalue())


def _opened(name: str, data: bytes) -> None:
    digest = hashlib.sha256(data).hexdigest()
    description = session.value_of(f"import-description-{digest}") or Description()

    key = ("import", digest, name, description)
    found = _finished(key, data, name, description)
    if found is None:
        return
    _facts(found)
    if not found.has_card:
        _describe(found, digest, description)
    _keep(found)


def _finished(key: Key, data: bytes, name: str, description: Description) -> Opened | None:
    """Return what is in a file; None while it is being opened, and where it is refused."""
    ended = background.take_finished(PLACE)
    if ended is not None:
        try:
            ended.check()
        except LamellaError as error:
            session.remember(REFUSED, (ended.key, str(error)))
    store = stores.results()
    if (found := store.get(key)) is not None:
        return found
    refused = session.value_of(REFUSED)
    if refused is not None and refused[0] == key:
        st.error(literal(refused[1]), icon=":material/block:")
        return None

    def work(progress: ProgressCallback) -> Opened:
        from models.lab import exchange

        progress(0, 0)
        return exchange.opened(data, name, description)

    job = background.running(PLACE)
    if job is None or job.key != key:
        background.begin(PLACE, key, work, lambda made: store.put(key, made, len(made.weights)))
    background.show(PLACE, background.Display("Model", OPENING))
    return None


def _facts(found: Opened) -> None:
    """Draw what was found in a file, in its makers' words where they are theirs."""
    card = found.card
    st.subheader(literal(card.title))
    st.write(literal(card.purpose))
    st.warning(NOT_TESTED)
    rows = {
        "Phases": ", ".join(phase.name for phase in card.phases),
        "Network": card.architecture,
        "Trained on, by its own account": card.data,
        "Licence": card.licence,
        "Reference": card.reference,
    }
    if found.difference is not None:
        rows["Its own test"] = (
            f"passed: its test image gives its test output, to {found.difference:.1e}"
        )
    if found.seconds is not None:
        rows["Speed"] = f"{found.seconds:.1f} s per megapixel on one core"
    st.table(
        {key: literal(text) for key, text in rows.items() if text},
        border="horizontal",
        alt="What was found in the file",
    )
    for note in found.notes:
        st.caption(literal(note))


def _describe(found: Opened, digest: str, said: Description) -> None:
    """Draw what the file does not say, to be put right, and open it again with that."""
    st.markdown("**What the file does not say**")
    with st.form("import-describe", border=False):
        names = st.text_input(
            "Names of the phases, in the order of its outputs",
            ", ".join(phase.name for phase in found.card.phases),
            key=f"import-phases-{digest}",
        )
        middle, spread, kind = said.mean, said.std, said.outputs
        if found.kind == "onnx":
            mean, std, outputs = st.columns(3)
            middle = mean.number_input(
                "Mean of the grey levels (0 to 1)", -10.0, 10.0, said.mean, format="%.3f"
            )
            spread = std.number_input(
                "Their standard deviation", 0.001, 10.0, said.std, format="%.3f"
            )
            kind = outputs.selectbox(
                "Its outputs are",
                list(OUTPUTS),
                list(OUTPUTS).index(said.outputs),
                format_func=lambda one: OUTPUTS[one],
            )
        if st.form_submit_button("Try it with this"):
            phases = tuple(name.strip() for name in names.split(",") if name.strip())
            session.remember(
                f"import-description-{digest}", Description(phases, middle, spread, kind)
            )
            st.rerun()


def _keep(found: Opened) -> None:
    left, right = st.columns([2, 1], vertical_alignment="bottom")
    from models.lab import exchange

    free = exchange.free_name(found.card.name, session.models())
    with left:
        name = st.text_input("Name in commands", free, key=f"import-name-{free}")
    with right:
        who = st.segmented_control(
            "Who finds it", [ME, EVERYBODY], default=ME, required=True, key="import-who"
        )
    if not st.button("Import", type="primary", key="import-keep", icon=":material/add:"):
        return
    from models import lab

    workspace = keeping.workspace()
    assert workspace is not None
    card = replace(found.card, name=name.strip())
    try:
        new = NewModel("foreign", who == EVERYBODY, card, found.weights)
        lab.keep(workspace, session.owner(), new)
    except LamellaError as error:
        st.error(literal(str(error)))
        return
    LINK.change(card=card.name)
    st.rerun()

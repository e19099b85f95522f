"""What a session remembers, and the one file with ``st.session_state``.

One micrograph and one model are chosen once and stay chosen from page to page, and in the link:
``?sample=NAME&model=NAME``. Links carry names of samples, never uploads.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import streamlit as st

from core.errors import LamellaError
from core.types import Array, Micrograph, ModelCard
from pages.components.frame import link, samples, stores, uploads
from pages.components.frame.memory import Changes, Memory, Opened

DEFAULT_MODEL = "particles"
LONGEST_LOOK_S = 3.0


def memory() -> Memory:
    """Return what this session remembers."""
    return st.session_state.setdefault("lamella", Memory())


def owner() -> str:
    """Return whose the session is, under whom its images are kept."""
    return memory().owner


def component_state(key: str) -> Mapping[str, Any]:
    """Return the state of a widget or component with this key, empty before it has one."""
    return st.session_state.get(key) or {}


def control(key: str, value: object) -> str:
    """Make the widget with this key show ``value``; call it before the widget, and use the key."""
    st.session_state[key] = value
    return key


def remember(name: str, value: object) -> None:
    """Keep a value of a page that no widget shows; :func:`value_of` returns it."""
    st.session_state[name] = value


def value_of(key: str) -> Any:
    """Return the value of the widget with this key, or what was remembered; None without either."""
    return st.session_state.get(key)


# ---- the link


def follow_link(page: str) -> None:
    """Take sample and model from the link where it brings them, else write them into it.

    ``page``: the address of the page that is about to run.
    """
    link.follow(memory(), page)


# ---- the micrograph


def choose(source: str | None, run: bool = False) -> None:
    """Choose a micrograph by id, "sample:NAME" or "upload:ID"; ``run``: segment it at once.

    A sample comes with the model that it is for.
    """
    mine = memory()
    # What a sample brought along is no choice of the user's for the next image.
    kept = None if mine.model == _model_for(mine.source) else mine.model
    mine.model = _model_for(source) or kept
    mine.source, mine.run_requested, mine.notice, mine.refused = source, run, "", ()
    mine.turn += 1
    link.write(mine)


def add_uploads(files: Iterable[tuple[str, bytes]]) -> None:
    """Keep uploaded files, sidecars with their image, and choose the first that can be read.

    Why another one cannot be read is said beside it; where none can, the first is chosen, and the
    page says why. Of a large drop only as many are tried as a user waits for.
    """
    found = [source for batch in uploads.batches(files) for source in _keep(batch)]
    found = [source for source in found if source in memory().uploads]
    good: list[str] = []
    refusals: list[str] = []
    until = time.monotonic() + LONGEST_LOOK_S
    for source in found:
        if good and time.monotonic() > until:
            break
        if reason := _refusal(source):
            refusals.append(reason)
        else:
            good.append(source)
    if found:
        choose((good or found)[0])
    if good:
        memory().refused = tuple(refusals)


def _keep(files: Mapping[str, bytes]) -> list[str]:
    """Keep files that came together; return the ids of their images."""
    mine, kept = memory(), stores.uploads()
    earlier = {source: kept.get((mine.owner, source)) for source in mine.uploads}
    held = {source: upload for source, upload in earlier.items() if upload is not None}
    found = uploads.arrivals(files, held)
    for one in found:
        size = len(one.upload.data) + sum(map(len, one.upload.sidecars.values()))
        kept.put((mine.owner, one.source), one.upload, size)
        for source in one.replaced:
            mine.uploads.pop(source, None)
        others = {title for source, title in mine.uploads.items() if source != one.source}
        mine.uploads[one.source] = uploads.title_of(one.upload, others)
    return [one.source for one in found]


def _refusal(source: str) -> str:
    """Return why an upload cannot be read, "" where it can."""
    try:
        _read(source, 0)
    except LamellaError as error:
        return str(error)
    return ""


def change(source: str, **values: object) -> None:
    """Note what the user changed about a micrograph: fields of :class:`Changes`."""
    changes = memory().changes
    changes[source] = replace(changes.get(source, Changes()), **values)


def opened() -> Opened | None:
    """Return the chosen micrograph with the user's changes, or None where none is chosen.

    Raises:
        LamellaError: it cannot be read, or is no longer kept.
    """
    mine = memory()
    if mine.source is None:
        return None
    changes = mine.changes.get(mine.source, Changes())
    as_read, truth = _read(mine.source, changes.page)
    size = as_read.pixel_size
    if changes.pixel_size is not None:
        size = None if changes.pixel_size == "px" else changes.pixel_size
    bottom = as_read.info_bar_rows if changes.info_bar_rows is None else changes.info_bar_rows
    top = as_read.top_bar_rows if changes.top_bar_rows is None else changes.top_bar_rows
    shown = replace(as_read, pixel_size=size, info_bar_rows=bottom, top_bar_rows=top)
    return Opened(mine.source, shown, as_read, truth)


def _read(source: str, page: int) -> tuple[Micrograph, Array | None]:
    """Return one page of a source as its file says, and its truth when it is synthetic."""
    mine = memory()
    private = mine.owner if source.startswith("upload:") else ""
    kept = stores.micrographs()
    found = kept.get((private, source, page))
    if found is None:
        found = _read_anew(source, page)
        kept.put((private, source, page), found, found[0].pixels.nbytes)
    return found


def sample(offer: samples.Offer) -> Micrograph:
    """Return the first page of a micrograph on offer, read once for all sessions."""
    return _read(f"sample:{offer.name}", 0)[0]


def _read_anew(source: str, page: int) -> tuple[Micrograph, Array | None]:
    sample = link.sample_of(source)
    if sample is not None:
        offer = samples.offer_of(sample)
        if offer is None:
            raise LamellaError(
                f"The sample {sample!r} is no longer available; choose another image."
            )
        return offer.open_page(page)
    upload = stores.uploads().get((memory().owner, source))
    if upload is None:
        name = memory().uploads.pop(source, "The image")
        raise LamellaError(f"{name} was dropped from memory for newer images; upload it again.")
    from core.formats import read_isolated

    return read_isolated(upload.data, upload.name, sidecars=upload.sidecars, page=page), None


# ---- the model


def choose_model(name: str) -> None:
    """Choose a model by its name in the zoo."""
    mine = memory()
    mine.model, mine.model_notice = name, ""
    link.write(mine)


def model() -> ModelCard:
    """Return the chosen model, or the one to begin with."""
    from models import zoo

    mine = memory()
    name = mine.model or _model_for(mine.source) or mine.suggested.get(mine.source or "")
    if name not in zoo.CARDS:
        name = DEFAULT_MODEL if DEFAULT_MODEL in zoo.CARDS else next(iter(zoo.CARDS))
    return zoo.CARDS[name]


def suggest_model(source: str, name: str) -> bool:
    """Take a model for an image where the user has chosen none; return whether that is news."""
    mine = memory()
    is_news = mine.suggested.get(source) != name
    mine.suggested[source] = name
    return is_news and is_suggested(source) and model().name == name


def is_suggested(source: str) -> bool:
    """Return whether the model of an image was suggested for it, and not chosen."""
    mine = memory()
    return mine.source == source and not mine.model and _model_for(source) is None


def _model_for(source: str | None) -> str | None:
    """Return the name of the model that a sample is for; None of any other image."""
    from models import zoo

    offer = samples.offer_of(link.sample_of(source) or "")
    return offer.model if offer and offer.model in zoo.CARDS else None


def truth_is_for(card: ModelCard) -> bool:
    """Return whether the true phases of the sample that is open can be compared with those of
    ``card``: as many, and the same one consists of objects."""
    from models import zoo

    known = zoo.CARDS.get(_model_for(memory().source) or "")
    if known is None or len(known.phases) != len(card.phases):
        return False
    return known.objects_phase == card.objects_phase


def network_model() -> ModelCard:
    """Return the chosen model where it is a network, else the one to begin with: a classic method
    has nothing to look into."""
    chosen = model()
    if chosen.build is not None:
        return chosen
    from models import zoo

    return zoo.CARDS[DEFAULT_MODEL]


def show_notice() -> None:
    """Draw what is to be said about the link or the last run, where there is something."""
    if memory().notice:
        st.warning(memory().notice)


def take_run_request() -> bool:
    """Return once whether the choice of an image asked for a run."""
    mine = memory()
    requested, mine.run_requested = mine.run_requested, False
    return requested

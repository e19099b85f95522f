"""What a session remembers, and the one file with ``st.session_state``.

One micrograph and one model are chosen once and stay chosen from page to page, and in the link:
``?sample=NAME&model=NAME``, or ``?image=ID&model=NAME`` for an upload, which only its owner can
open.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.types.model_card import ModelCard
from core.workspace.micrographs import Kept
from pages.components.frame import keeping, lab, link, stores
from pages.components.frame.images import samples
from pages.components.frame.memory import Memory
from pages.components.frame.words import literal

DEFAULT_MODEL = "particles"


def memory() -> Memory:
    """Return what this session remembers."""
    # Not setdefault: it would find out who asks anew at each of fifty calls a run.
    if "lamella" not in st.session_state:
        st.session_state["lamella"] = Memory()
    return st.session_state["lamella"]


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


def begin_with_a_sample(run: bool = False) -> None:
    """Open the first sample where no image is chosen; what the link asked for besides stays.

    ``run``: segment it at once. The link's model is kept, and what is to be said about the link.
    """
    mine = memory()
    if mine.source is not None:
        return
    asked, said = mine.model, mine.notice
    choose(f"sample:{samples.offers()[0].name}", run)
    mine.model, mine.notice = asked or mine.model, said
    link.write(mine)


def choose_kept(kept: Kept, model: str | None = None) -> None:
    """Choose an image of the library, with the ``model`` of one of its results if one is meant."""
    mine = memory()
    keeping.remember(mine, kept)
    choose(kept.source)
    if (name := model or kept.model) and name in models():
        mine.model = name
    link.write(mine)


def everywhere() -> dict[str, str]:
    """Return the part of the link that every page has."""
    return dict(memory().links.get(link.EVERY_PAGE, {}))


def retitle(source: str, title: str) -> None:
    """Note another name of an image."""
    if source in memory().uploads:
        memory().uploads[source] = title


def forget(source: str) -> None:
    """Forget an image that was deleted, and choose none where it was open."""
    mine = memory()
    for known in (mine.uploads, mine.ids, mine.changes, mine.models, mine.settings, mine.unkept):
        known.pop(source, None)
    for digest in [one for one, other in mine.sources.items() if other == source]:
        mine.sources.pop(digest)
        mine.drawn.pop(digest, None)
        mine.from_marks.pop(digest, None)
    mine.saved.clear()
    mine.restored.discard(source)
    if mine.source == source:
        choose(None)


def forget_result(stored: str) -> None:
    """Forget a result that was deleted, by its id in the workspace: it is not saved again."""
    for key in [one for one, other in memory().saved.items() if other == stored]:
        stores.results().discard(key.__eq__)
        del memory().saved[key]


def forget_model(name: str) -> None:
    """Forget a model of this lab that was removed, where it was chosen."""
    mine = memory()
    if mine.model == name:
        mine.model = None
        link.write(mine)


# ---- the model


def models() -> Mapping[str, ModelCard]:
    """Return the models that this session may choose, by name: the zoo's, then this lab's."""
    return lab.cards(memory())


def choose_model(name: str) -> None:
    """Choose one of :func:`models` by its name."""
    mine = memory()
    mine.model, mine.model_notice = name, ""
    if mine.source is not None and mine.source in mine.ids:
        keeping.save_changes(mine, mine.source, model=name)
    link.write(mine)


def model() -> ModelCard:
    """Return the chosen model, or the one to begin with."""
    mine, known = memory(), models()
    source = mine.source or ""
    name = mine.model or _model_for(mine.source) or mine.models.get(source)
    name = name or mine.suggested.get(source)
    if name is None or name not in known:
        name = DEFAULT_MODEL if DEFAULT_MODEL in known else next(iter(known))
    return known[name]


def suggest_model(source: str, name: str) -> bool:
    """Take a model for an image where the user has chosen none; return whether that is news."""
    mine = memory()
    is_news = mine.suggested.get(source) != name
    mine.suggested[source] = name
    return is_news and is_suggested(source) and model().name == name


def is_suggested(source: str) -> bool:
    """Return whether the model of an image was suggested for it, and not chosen."""
    mine = memory()
    is_chosen = mine.model or _model_for(source) or source in mine.models
    return mine.source == source and not is_chosen


def _model_for(source: str | None) -> str | None:
    """Return the name of the model that a sample is for; None of any other image."""
    from models import zoo

    offer = samples.offer_of(keeping.sample_name(source) or "")
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
        st.warning(literal(memory().notice))


def request_run() -> None:
    """Ask for a run, which the page begins when it is drawn next."""
    memory().run_requested = True


def take_run_request() -> bool:
    """Return once whether the choice of an image asked for a run."""
    mine = memory()
    requested, mine.run_requested = mine.run_requested, False
    return requested

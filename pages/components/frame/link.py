"""The state that is in the link, so that it opens again: image, model, and each page's own part.

With every rerun the browser sends the address that it had when the user acted. What that same user
chose a moment before may not have reached it yet, so an address can be late. On a page that stays
open, a value that was replaced here since is therefore no choice; only the menu, a link and the
browser's back and forward can bring it back.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import streamlit as st
from streamlit.errors import StreamlitAPIException
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages.components.frame import keeping, lab
from pages.components.frame.images import samples
from pages.components.frame.memory import Memory

EVERY_PAGE = ""
PLACE = ("row", "column")
UNKNOWN = "The link asks for a {kind} '{name}', which does not exist; choose another."
NO_MODEL = (
    "The link asks for a model '{}', which does not exist: the name is mistyped, or the model was "
    "removed from this lab or is kept for its owner alone. Choose another."
)
REPLACED = "The link asks for the model {name!r}, which is no longer there; {other} replaces it."


def follow(mine: Memory, page: str) -> None:
    """Take image and model from the link where it asks for others, else write them into it."""
    by_history = _is_back_or_forward()
    if mine.page != page or by_history:
        # Kept until the page has read its own part: a run may be cut off before that. What the
        # browser's history leads to says all, also where it names no parameter.
        mine.page, mine.link_unread = page, not by_history
        mine.replaced, mine.link_refusals = {}, {}
    asked = {name: st.query_params.get(name) for name in ("sample", "image", "model")}
    _take(mine, {name: text for name, text in asked.items() if not _is_late(mine, name, text)})
    write(mine)


def _take(mine: Memory, asked: Mapping[str, str | None]) -> None:
    sample, image, model = (asked.get(name) for name in ("sample", "image", "model"))
    if sample and sample != keeping.sample_name(mine.source):
        if any(offer.name == sample for offer in samples.offers()):
            mine.source, mine.run_requested = f"sample:{sample}", True
        else:
            mine.notice = UNKNOWN.format(kind="sample", name=sample)
    elif image and image != mine.ids.get(mine.source or ""):
        found = keeping.find(mine, image)
        if found is not None:
            mine.source = found.source
        else:
            mine.notice = keeping.NOT_YOURS
            # A place in that image is none in the one that is shown instead.
            for name in PLACE:
                st.query_params.pop(name, None)
    if model and model != mine.model:
        from models import zoo

        if model in lab.cards(mine):
            mine.model = model
        elif model in zoo.REPLACED:
            mine.model = zoo.REPLACED[model]
            mine.model_notice = REPLACED.format(name=model, other=zoo.card(mine.model).title)
        elif model in lab.too_new(mine):
            from models.lab import TOO_NEW

            mine.model_notice = TOO_NEW.format(f'The model "{model}" that the link asks for')
        else:
            mine.model_notice = NO_MODEL.format(model)


def write(mine: Memory) -> None:
    """Write image and model into the link: a sample by name, an upload by its id."""
    sample = keeping.sample_name(mine.source)
    image = None if sample else mine.ids.get(mine.source or "")
    _put(mine, EVERY_PAGE, {"sample": sample, "image": image, "model": mine.model})


def return_to(mine: Memory, page: str, names: Iterable[str]) -> None:
    """Read a page's own part of the link, or put back what it was when the page was left."""
    asked = {name: st.query_params.get(name) for name in names}
    is_empty = not any(text is not None for text in asked.values())
    kept = dict.fromkeys(asked) | mine.links.get(page, {})
    if not (mine.link_unread and is_empty):
        kept |= {name: text for name, text in asked.items() if not _is_late(mine, name, text)}
    mine.link_unread = False
    _forget_refusals(mine, {name for name, text in kept.items() if text is not None})
    _put(mine, page, kept)


def change(mine: Memory, page: str, by: str | None, values: Mapping[str, object]) -> None:
    """Set parameters of a page's own part; None takes one out.

    ``by``: the parameter whose own widget was used, if one was.
    """
    texts = {name: None if value is None else str(value) for name, value in values.items()}
    _forget_refusals(mine, texts.keys())
    _put(mine, page, texts, by)


def _forget_refusals(mine: Memory, names: Collection[str]) -> None:
    kept = mine.link_refusals.items()
    mine.link_refusals = {said: of for said, of in kept if not set(of) & set(names)}


def _is_late(mine: Memory, name: str, text: str | None) -> bool:
    return text in mine.replaced.get(name, ())


def _put(mine: Memory, part: str, values: Mapping[str, str | None], by: str | None = None) -> None:
    kept = mine.links.setdefault(part, {})
    for name, text in values.items():
        before = kept.pop(name, None)
        if text is not None:
            kept[name] = text
        if before != text:
            mine.replaced.setdefault(name, set()).add(before)
            mine.replaced[name].discard(text)
            mine.turns[name] = mine.turns.get(name, 0) + (name != by)
    now = st.query_params.to_dict()
    wanted = {name: text for name, text in now.items() if name not in values}
    if part != EVERY_PAGE:
        wanted = {name: text for name, text in wanted.items() if not _is_late(mine, name, text)}
        wanted |= mine.links.get(EVERY_PAGE, {})
    wanted |= kept
    if wanted != now:
        _write(now, wanted)


def _write(now: Mapping[str, str], wanted: Mapping[str, str]) -> None:
    try:
        # All at once: each change is one step of the browser's back and forward.
        st.query_params.from_dict(wanted)
    except StreamlitAPIException:
        # What a widget on this page is bound to may only be written by that widget.
        for name in now.keys() - wanted.keys():
            del st.query_params[name]
        st.query_params.update(
            {name: text for name, text in wanted.items() if now.get(name) != text}
        )


def _is_back_or_forward() -> bool:
    context = get_script_run_ctx()
    return context is not None and context.is_history_navigation

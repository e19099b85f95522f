"""A browser fetches the scripts that a result needs while its user looks at samples or an image.

Otherwise it asks for sixty of them, one after the other, while the network runs and when the result
comes: each place on the page is a grey skeleton until its script is there.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import streamlit as st

from pages.components.frame import publish, session
from pages.components.frame.bundle import FOLDER
from pages.components.frame.scripts import script

SCRIPTS = FOLDER / "js"
AT_ONCE = (
    "BidiComponent",
    "Selectbox",
    "TextInput",
    "NumberInput",
    "Slider",
    "ButtonGroup",
    "Progress",
    "Table",
    "PageLink",
    "LinkButton",
)
"""Of the controls and the numbers, by Streamlit's names of its elements: fetched and compiled."""
LATER = ("PlotlyChart", "DataFrame")
"""Of charts and tables, which are megabytes: fetched, so that nothing else waits for them."""
TOLD = "ahead-told"
_IMPORT = re.compile(r'(?:from|import)"\./([\w.-]+\.js)"')
_component = st.components.v2.component(
    "lamella_ahead", js=script(Path(__file__).parent, "ahead.js")
)


def fetch() -> None:
    """Draw nothing; let the browser fetch what it does not have yet, once a session. Call it last:
    the browser is busy with what was drawn before."""
    if session.value_of(TOLD):
        return
    session.remember(TOLD, True)
    at_once, later = needed()
    _component(key="ahead", data={"atOnce": _addresses(at_once), "later": _addresses(later)})


@cache
def needed() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names of the files of :data:`AT_ONCE` and of :data:`LATER`, with all that they
    import, without those that every first paint brings."""
    first = (FOLDER.parent / "index.html").read_text("utf-8")
    at_once = _with_imports(AT_ONCE, lambda name: name in first)
    return at_once, _with_imports(LATER, lambda name: name in first or name in at_once)


def _with_imports(elements: tuple[str, ...], is_there: Callable[[str], bool]) -> tuple[str, ...]:
    """Return the names of the files of elements, each before what it imports and the browser does
    not have yet."""
    left = [path.name for one in elements for path in sorted(SCRIPTS.glob(f"{one}.*.js"))]
    found: dict[str, None] = {}
    while left:
        name = left.pop(0)
        if name not in found and not is_there(name):
            found[name] = None
            left += _IMPORT.findall((SCRIPTS / name).read_text("utf-8"))
    return tuple(found)


def _addresses(names: tuple[str, ...]) -> list[str]:
    return [publish.below_base_path(f"/static/js/{name}") for name in names]
